// JSON text that has been checked before -> Python objects, as json.loads makes them.
#include <charconv>
#include <cstring>
#include <string>

#include "base/compiler.hpp"
#include "base/tokens.hpp"
#include "objects/values.hpp"

namespace fastpoly {

namespace {

// Keys come again and again; the newest of each place is kept.
PyObject* g_short_keys[256];

// Of so many different ones: some interpreters never let go of an interned string, and a server may
// invent keys without end.
int g_interned_keys_left = 4096;

class Builder {
 public:
  Builder(const char* text, size_t size, Numbers numbers)
      : p_(text), end_(text + size), numbers_(numbers) {}

  PyObject* value() {
    skip_space();
    switch (*p_) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return string();
      case 't':
        p_ += 4;
        Py_RETURN_TRUE;
      case 'f':
        p_ += 5;
        Py_RETURN_FALSE;
      case 'n':
        p_ += 4;
        Py_RETURN_NONE;
      default:
        return number();
    }
  }

 private:
  void skip_space() {
    while (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t') ++p_;
  }

  PyObject* object() {
    PyObject* dict = PyDict_New();
    if (dict == nullptr) return nullptr;
    ++p_;
    skip_space();
    while (*p_ != '}') {
      if (*p_ == ',') ++p_;
      skip_space();
      PyObject* key = string_key();
      if (key == nullptr) return drop(dict);
      skip_space();
      ++p_;  // the colon
      PyObject* item = value();
      if (item == nullptr) {
        Py_DECREF(key);
        return drop(dict);
      }
      const int failed = PyDict_SetItem(dict, key, item);
      Py_DECREF(key);
      Py_DECREF(item);
      if (failed) return drop(dict);
      skip_space();
    }
    ++p_;
    return dict;
  }

  PyObject* array() {
    PyObject* list = PyList_New(0);
    if (list == nullptr) return nullptr;
    ++p_;
    skip_space();
    while (*p_ != ']') {
      if (*p_ == ',') ++p_;
      PyObject* item = value();
      if (item == nullptr) return drop(list);
      const int failed = PyList_Append(list, item);
      Py_DECREF(item);
      if (failed) return drop(list);
      skip_space();
    }
    ++p_;
    return list;
  }

  static PyObject* drop(PyObject* object) {
    Py_DECREF(object);
    return nullptr;
  }

  PyObject* string_key() {
    const char* const text = p_ + 1;
    size_t size = 0;
    while (size < 8 && text[size] > 0x20 && text[size] != '"' && text[size] != '\\') ++size;
    if (text[size] != '"' || size == 0) return string();
    PyObject*& known = g_short_keys[(static_cast<unsigned char>(text[0]) * 31u +
                                     static_cast<unsigned char>(text[size - 1]) * 7u + size) &
                                    255];
    p_ = text + size + 1;
    if (known == nullptr || PyUnicode_GET_LENGTH(known) != static_cast<Py_ssize_t>(size) ||
        std::memcmp(PyUnicode_1BYTE_DATA(known), text, size) != 0) {
      PyObject* made = ascii_string(text, size);
      if (made == nullptr) return nullptr;
      if (g_interned_keys_left > 0) {
        --g_interned_keys_left;
        PyUnicode_InternInPlace(&made);
      }
      Py_XSETREF(known, made);
    }
    Py_INCREF(known);
    return known;
  }

  PyObject* string() {
    const char* const text = ++p_;
    bool plain = true;
    bool ascii = true;
    for (; *p_ != '"'; ++p_) {
      ascii = ascii && (*p_ & 0x80) == 0;
      if (*p_ == '\\') {
        plain = false;
        ++p_;
      }
    }
    const auto size = static_cast<size_t>(p_ - text);
    ++p_;
    if (!plain) return escaped(text, size);
    if (ascii) return ascii_string(text, size);
    return PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(size), nullptr);
  }

  static uint32_t hex4(const char* p) {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char byte = p[i];
      value =
          value << 4 | static_cast<uint32_t>(byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10);
    }
    return value;
  }

  static void append_utf8(std::string& out, uint32_t code) {
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xc0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      out += static_cast<char>(0xe0 | code >> 12);
      out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
      out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
      out += static_cast<char>(0xf0 | code >> 18);
      out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
      out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
      out += static_cast<char>(0x80 | (code & 0x3f));
    }
  }

  static PyObject* escaped(const char* text, size_t size) {
    std::string out;
    out.reserve(size);
    for (const char* const end = text + size; text != end; ++text) {
      if (*text != '\\') {
        out += *text;
        continue;
      }
      ++text;
      static constexpr char kNames[] = "bfnrt";
      static constexpr char kBytes[] = "\b\f\n\r\t";
      if (*text != 'u') {
        const char* name = std::strchr(kNames, *text);
        out += name != nullptr ? kBytes[name - kNames] : *text;
        continue;
      }
      uint32_t code = hex4(text + 1);
      text += 4;
      if ((code & 0xfc00) == 0xd800 && end - text > 6 && text[1] == '\\' && text[2] == 'u') {
        const uint32_t low = hex4(text + 3);
        if ((low & 0xfc00) == 0xdc00) {
          code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
          text += 6;
        }
      }
      append_utf8(out, code);
    }
    // A surrogate alone is kept, as the standard library keeps it.
    return PyUnicode_DecodeUTF8(out.data(), static_cast<Py_ssize_t>(out.size()), "surrogatepass");
  }

  PyObject* number() {
    const char* const token = p_;
    bool integer = true;
    for (; p_ != end_; ++p_) {
      const bool digit = (*p_ >= '0' && *p_ <= '9') || *p_ == '-';
      const bool fraction = *p_ == '.' || *p_ == '+' || (*p_ | 0x20) == 'e';
      if (!digit && !fraction) break;
      integer = integer && !fraction;
    }
    if (FASTPOLY_UNLIKELY(numbers_ == Numbers::kTexts))
      return ascii_string(token, static_cast<size_t>(p_ - token));
    if (integer && numbers_ == Numbers::kAsWritten) {
      if (p_ - token <= 18) {
        int64_t whole = 0;
        std::from_chars(token, p_, whole);
        return PyLong_FromLongLong(whole);
      }
      const std::string copy(token, p_);
      PyObject* const whole = PyLong_FromString(copy.c_str(), nullptr, 10);
      if (whole != nullptr || !PyErr_ExceptionMatches(PyExc_ValueError)) return whole;
      // More digits than the interpreter is willing to convert; as a float it is infinite.
      PyErr_Clear();
    }
    double real = 0;
    if (std::from_chars(token, p_, real).ec == std::errc()) return PyFloat_FromDouble(real);
    const std::string copy(token, p_);
    real = PyOS_string_to_double(copy.c_str(), nullptr, nullptr);  // gives infinity on overflow
    return PyErr_Occurred() ? nullptr : PyFloat_FromDouble(real);
  }

  const char* p_;
  const char* const end_;
  const Numbers numbers_;
};

}  // namespace

PyObject* json_value(const char* text, size_t size, Numbers numbers) {
  return Builder(text, size, numbers).value();
}

}  // namespace fastpoly
