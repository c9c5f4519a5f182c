// Rows -> dicts and attribute values.
#include "objects/values.hpp"

#include <cstring>

#include "objects/dict_entries.hpp"

namespace fastpoly {

namespace {

PyObject* g_keys[kEventSpecCount][kMaxFields];
PyObject* g_channels[kMarketCount][kColumns];
PyObject* g_ev;

PyObject* intern(const char* text) { return PyUnicode_InternFromString(text); }

// Strings that come again and again (sizes such as "100.0"): the newest of each place is kept.
// Sharing strings cannot be seen from outside, because they cannot be changed.
class StringCache {
 public:
  PyObject* get(const Text<23>& text) {
    uint64_t words[3];
    std::memcpy(words, &text, sizeof words);
    const uint64_t mixed =
        (words[0] ^ words[1] * 0x9e3779b97f4a7c15ull ^ words[2]) * 0xd6e8feb86659fd93ull;
    Entry& entry = entries_[mixed >> (64 - kBits)];
    if (std::memcmp(entry.words, words, sizeof words) != 0 || entry.string == nullptr) {
      PyObject* string = ascii_string(text.data, text.size);
      if (string == nullptr) return nullptr;
      std::memcpy(entry.words, words, sizeof words);
      Py_XSETREF(entry.string, string);
    }
    Py_INCREF(entry.string);
    return entry.string;
  }

 private:
  static constexpr int kBits = 8;
  struct Entry {
    uint64_t words[3];
    PyObject* string;
  };
  Entry entries_[1 << kBits] = {};
};

// Whole numbers that come again: event times within a millisecond, round sizes. Python itself has
// those from -5 to 256.
template <int kBits>
class IntCache {
 public:
  PyObject* get(int64_t value) {
    const uint64_t mixed = static_cast<uint64_t>(value) * 0x9e3779b97f4a7c15ull;
    Entry& entry = entries_[mixed >> (64 - kBits)];
    if (FASTPOLY_UNLIKELY(entry.value != value || entry.number == nullptr)) {
      PyObject* number = PyLong_FromLongLong(value);
      if (number == nullptr) return nullptr;
      entry.value = value;
      Py_XSETREF(entry.number, number);
    }
    Py_INCREF(entry.number);
    return entry.number;
  }

 private:
  struct Entry {
    int64_t value;
    PyObject* number;
  };
  Entry entries_[1 << kBits] = {};
};

StringCache g_strings;
IntCache<8> g_sizes;
IntCache<4> g_times;

// Sequence numbers and the like hardly come again.
constexpr int64_t kLargestSize = 1'000'000;

PyObject* any_int(int64_t value) {
  const bool cached = value > 256 && value < kLargestSize;
  return cached ? g_sizes.get(value) : PyLong_FromLongLong(value);
}

template <class T>
const T& at(const char* row, const FieldSpec& field) {
  return *reinterpret_cast<const T*>(row + field.offset);
}

PyObject* text_string(const char* row, const FieldSpec& field) {
  const char* text = row + field.offset;
  return ascii_string(text, static_cast<unsigned char>(text[field.width]));
}

FASTPOLY_INLINE PyObject* plain_value(const char* row, const FieldSpec& field) {
  switch (field.kind) {
    case Kind::kSymbol:
      return symbol_string(at<const Symbol*>(row, field));
    case Kind::kText:
      return text_string(row, field);
    case Kind::kDecimal:
      return g_strings.get(at<Text<23>>(row, field));
    case Kind::kInt:
      return any_int(at<int64_t>(row, field));
    case Kind::kMs:
    case Kind::kNs:
    case Kind::kEpoch:
      return g_times.get(at<int64_t>(row, field));
    case Kind::kFloat:
      return PyFloat_FromDouble(at<double>(row, field));
    case Kind::kFlag:
      return PyBool_FromLong(at<uint8_t>(row, field));
    case Kind::kCodes:
      return codes_list(at<Codes>(row, field));
    case Kind::kLevels:
      break;
  }
  Py_RETURN_NONE;
}

FASTPOLY_INLINE PyObject* plain_wire_value(const char* row, const FieldSpec& field, bool integer) {
  if (integer && field.kind == Kind::kFloat)
    return any_int(static_cast<int64_t>(at<double>(row, field)));
  return plain_value(row, field);
}

// Dicts that have the keys of an event in their order and its "ev", to be copied: keys need not be
// put in one by one then. Events of one kind mostly have the keys that one of few before them had.
class DictTemplates {
 public:
  // A new dict with the given fields of a channel's events, all None.
  PyObject* copy(const RowHead& head, const EventSpec& event) {
    const uint32_t channel = head.market * uint32_t{kColumns} + head.channel + 1;
    Entry& entry = entries_[(head.plain * 0x9e3779b1u + channel * 0x85ebca6bu) >> (32 - kBits)];
    if (FASTPOLY_UNLIKELY(entry.channel != channel || entry.fields != head.plain)) {
      PyObject* const dict = make(head, event);
      if (dict == nullptr) return nullptr;
      Py_XSETREF(entry.dict, dict);
      entry.channel = channel;
      entry.fields = head.plain;
    }
    return PyDict_Copy(entry.dict);
  }

 private:
  static PyObject* make(const RowHead& head, const EventSpec& event) {
    PyObject* const dict = PyDict_New();
    bool good =
        dict != nullptr && PyDict_SetItem(dict, g_ev, g_channels[head.market][head.channel]) == 0;
    for (uint32_t left = head.plain; good && left != 0; left &= left - 1)
      good = PyDict_SetItem(dict, g_keys[event.index][__builtin_ctz(left)], Py_None) == 0;
    if (good) return dict;
    Py_XDECREF(dict);
    return nullptr;
  }

  static constexpr int kBits = 6;
  struct Entry {
    uint32_t channel;  // and its market, plus one
    uint32_t fields;
    PyObject* dict;
  };
  Entry entries_[1 << kBits] = {};
};

DictTemplates g_templates;
bool g_fills_entries;

}  // namespace

bool init_values() {
  RowStore::release_object = [](void* object) { Py_DECREF(static_cast<PyObject*>(object)); };
  g_fills_entries = DictEntries::supported();
  g_ev = intern("ev");
  if (g_ev == nullptr) return false;
  for (int i = 0; i < kEventSpecCount; ++i)
    for (int j = 0; j < kEventSpecs[i]->field_count; ++j)
      if ((g_keys[i][j] = intern(kEventSpecs[i]->fields[j].key)) == nullptr) return false;
  for (int i = 0; i < kMarketCount; ++i) {
    for (int j = 0; j < kMarkets[i].channel_count; ++j)
      if ((g_channels[i][j] = intern(kMarkets[i].channels[j].name)) == nullptr) return false;
    if ((g_channels[i][kStatusColumn] = intern("status")) == nullptr ||
        (g_channels[i][kUnknownColumn] = intern("unknown")) == nullptr ||
        (g_channels[i][kObjectColumn] = intern("notice")) == nullptr)
      return false;
  }
  return true;
}

PyObject* channel_name(int market, int column) { return g_channels[market][column]; }

PyObject* attribute_value(const char* row, const FieldSpec& field) {
  return plain_value(row, field);
}

namespace {

FASTPOLY_INLINE PyObject* field_value(const char* row, const EventSpec& event, int field) {
  const auto& head = *reinterpret_cast<const RowHead*>(row);
  return plain_wire_value(row, event.fields[field], (head.integer >> field & 1) != 0);
}

// The keys in the schema's order, as the server sends them.
PyObject* schema_order_dict(const char* row, const EventSpec& event) {
  const auto& head = *reinterpret_cast<const RowHead*>(row);
  PyObject* const dict = g_templates.copy(head, event);
  if (FASTPOLY_UNLIKELY(dict == nullptr)) return nullptr;
  const DictEntries entries = DictEntries::of(dict);
  bool lists = false;
  int place = 1;
  for (uint32_t left = head.plain; left != 0; left &= left - 1) {
    const int field = __builtin_ctz(left);
    PyObject* const value = field_value(row, event, field);
    if (FASTPOLY_UNLIKELY(value == nullptr)) {
      Py_DECREF(dict);
      return nullptr;
    }
    lists |= event.fields[field].kind == Kind::kCodes;
    entries.replace_none(place++, value);
  }
  // As PyDict_SetItem does it; the copy of a dict without them is not tracked yet.
  if (lists && !PyObject_GC_IsTracked(dict)) PyObject_GC_Track(dict);
  return dict;
}

// The keys in any order, put in one by one.
PyObject* any_order_dict(const char* row, const EventSpec& event) {
  const auto& head = *reinterpret_cast<const RowHead*>(row);
  PyObject* const dict = PyDict_New();
  if (dict == nullptr) return nullptr;
  const auto add = [&](int field) {
    PyObject* const value = field_value(row, event, field);
    if (value == nullptr) return false;
    const bool added = PyDict_SetItem(dict, g_keys[event.index][field], value) == 0;
    Py_DECREF(value);
    return added;
  };
  bool good = PyDict_SetItem(dict, g_ev, g_channels[head.market][head.channel]) == 0;
  if (head.ordered == 0) {
    for (uint32_t left = head.plain; good && left != 0; left &= left - 1)
      good = add(__builtin_ctz(left));
  }
  for (int i = head.ordered - 1; good && i >= 0; --i)
    good = add(static_cast<int>(head.order >> (i * 4) & 15));
  if (good) return dict;
  Py_DECREF(dict);
  return nullptr;
}

}  // namespace

PyObject* wire_value(const char* row, const EventSpec& event, int field) {
  return field_value(row, event, field);
}

PyObject* row_dict(const char* row, const EventSpec& event) {
  const bool schema_order = reinterpret_cast<const RowHead*>(row)->ordered == 0;
  return schema_order && g_fills_entries ? schema_order_dict(row, event)
                                         : any_order_dict(row, event);
}

int find_key(const EventSpec& event, PyObject* key) {
  PyObject* const* keys = g_keys[event.index];
  for (int i = 0; i < event.field_count; ++i)
    if (keys[i] == key) return i;
  if (!PyUnicode_Check(key)) return -1;
  for (int i = 0; i < event.field_count; ++i)
    if (PyUnicode_CompareWithASCIIString(key, event.fields[i].key) == 0) return i;
  return -1;
}

}  // namespace fastpoly
