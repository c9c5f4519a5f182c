// simdjson On-Demand over any frame. The only file that includes simdjson.h.
#include "decode/general.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/canonical/fields.hpp"
#include "decode/json_error.hpp"

static_assert(simdjson::SIMDJSON_VERSION_MAJOR == 3,
              "written against the On-Demand API of simdjson 3");

namespace fastpoly {

namespace od = simdjson::ondemand;

namespace {

// What a field of an event turned out to be.
enum class Held { kPlain, kPlainInteger, kForeign };

std::string_view trimmed(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                            token.back() == '\t'))
    token.remove_suffix(1);
  return token;
}

bool is_integer(std::string_view token) {
  return token.find_first_of(".eE") == std::string_view::npos;
}

bool to_int64(std::string_view token, int64_t& value) {
  const auto result = std::from_chars(token.data(), token.data() + token.size(), value);
  return result.ec == std::errc() && result.ptr == token.data() + token.size();
}

// The power of ten of a number's first digit that is not zero, plus one.
int64_t magnitude(std::string_view token) {
  int64_t power = 0;
  const size_t exponent = token.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    std::string_view digits = token.substr(exponent + 1);
    if (digits.front() == '+') digits.remove_prefix(1);
    // Only one too long for 64 bits is not read, and then its sign says enough.
    if (!to_int64(digits, power)) power = digits.front() == '-' ? INT32_MIN : INT32_MAX;
  }
  const std::string_view mantissa = token.substr(0, exponent);
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  const size_t first = mantissa.find_first_of("123456789");
  const auto place = static_cast<int64_t>(point) - static_cast<int64_t>(first);
  return power + (first < point ? place : place + 1);
}

// A JSON number to the nearest double; infinite when it is too large.
double to_double(std::string_view token) {
  double value = 0;
  const auto result = std::from_chars(token.data(), token.data() + token.size(), value);
  if (result.ec != std::errc::result_out_of_range) return value;
  const double limit = magnitude(token) > 0 ? INFINITY : 0.0;
  return token.front() == '-' ? -limit : limit;
}

// Unescapes one string at a time, into memory of its own: the parser's string buffer has room for
// each string of a frame once, and objects are gone through twice here.
class Strings {
 public:
  Strings(od::parser& parser, size_t frame_size)
      : parser_(parser), buffer_(frame_size + kPadding) {}

  simdjson::error_code get(od::raw_json_string raw, std::string_view& text) {
    uint8_t* to = buffer_.data();
    return parser_.unescape(raw, to, true).get(text);
  }

  simdjson::error_code key(od::field& field, std::string_view& text) {
    return get(field.key(), text);
  }

  simdjson::error_code value(od::value& value, std::string_view& text) {
    od::raw_json_string raw;
    SIMDJSON_TRY(value.get_raw_json_string().get(raw));
    return get(raw, text);
  }

 private:
  od::parser& parser_;
  std::vector<uint8_t> buffer_;
};

// Goes through a value to its end, so that every byte of the frame has been looked at. The parser
// checks only what it is asked for. `depth` is how many containers enclose the value.
simdjson::error_code check(od::value value, int depth, Strings& strings) {
  od::json_type type;
  SIMDJSON_TRY(value.type().get(type));
  const bool container = type == od::json_type::object || type == od::json_type::array;
  if (container && depth >= kMaxDepth) return simdjson::DEPTH_ERROR;
  switch (type) {
    case od::json_type::object: {
      od::object object;
      SIMDJSON_TRY(value.get_object().get(object));
      for (auto each : object) {
        od::field field;
        SIMDJSON_TRY(std::move(each).get(field));
        std::string_view key;
        SIMDJSON_TRY(strings.key(field, key));
        SIMDJSON_TRY(check(field.value(), depth + 1, strings));
      }
      return simdjson::SUCCESS;
    }
    case od::json_type::array: {
      od::array array;
      SIMDJSON_TRY(value.get_array().get(array));
      for (auto each : array) {
        od::value element;
        SIMDJSON_TRY(each.get(element));
        SIMDJSON_TRY(check(element, depth + 1, strings));
      }
      return simdjson::SUCCESS;
    }
    case od::json_type::string: {
      std::string_view text;
      return strings.value(value, text);
    }
    case od::json_type::boolean: {
      bool flag;
      return value.get_bool().get(flag);
    }
    case od::json_type::null: {
      bool null;
      SIMDJSON_TRY(value.is_null().get(null));
      return null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
    }
    case od::json_type::number: {
      // Not get_number: it refuses numbers that JSON allows, for their size.
      const std::string_view token = trimmed(value.raw_json_token());
      DecodeFailure failure;
      if (find_json_error(token.data(), token.size(), failure)) return simdjson::NUMBER_ERROR;
      double skipped;
      const auto error = value.get_double().get(skipped);
      return error == simdjson::NUMBER_ERROR ? simdjson::SUCCESS : error;
    }
    default:
      return simdjson::TAPE_ERROR;
  }
}

template <int W>
Held hold_text(std::string_view text, char* at) {
  if (text.size() > W || !is_plain_ascii(text)) return Held::kForeign;
  char padded[W + 1 + kPadding] = {};
  std::memcpy(padded, text.data(), text.size());
  set_text(*reinterpret_cast<Text<W>*>(at), padded, static_cast<int>(text.size()));
  return Held::kPlain;
}

Held hold_text(const FieldSpec& field, std::string_view text, char* at) {
  if (field.width == 7) return hold_text<7>(text, at);
  if (field.width == 39) return hold_text<39>(text, at);
  return hold_text<23>(text, at);
}

Held hold_symbol(std::string_view text, char* at) {
  if (text.size() > Symbol::kMaxSize || !is_plain_ascii(text)) return Held::kForeign;
  char padded[Symbol::kMaxSize] = {};
  std::memcpy(padded, text.data(), text.size());
  const Symbol* symbol = SymbolTable::instance().intern(padded, static_cast<uint32_t>(text.size()));
  std::memcpy(at, &symbol, sizeof symbol);
  return symbol != nullptr ? Held::kPlain : Held::kForeign;
}

// A count or a time, which servers have also been seen to write as 8.65e+06.
Held hold_int(std::string_view token, char* at) {
  int64_t value;
  if (is_integer(token)) {
    if (!to_int64(token, value)) return Held::kForeign;
  } else {
    const double number = to_double(token);
    if (std::fabs(number) > static_cast<double>(kExactDouble) || number != std::floor(number))
      return Held::kForeign;
    value = static_cast<int64_t>(number);
  }
  std::memcpy(at, &value, sizeof value);
  return Held::kPlainInteger;
}

Held hold_int_text(std::string_view text, char* at) {
  if (text.empty()) return Held::kForeign;
  for (const char byte : text)
    if (byte < '0' || byte > '9') return Held::kForeign;
  int64_t value;
  if (!to_int64(text, value)) return Held::kForeign;
  std::memcpy(at, &value, sizeof value);
  return Held::kPlainInteger;
}

Held hold_codes(od::value value, char* at) {
  od::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return Held::kForeign;
  Codes codes;
  clear_codes(codes);
  for (auto each : array) {
    od::value element;
    if (each.get(element) != simdjson::SUCCESS) return Held::kForeign;
    const std::string_view token = trimmed(element.raw_json_token());
    int64_t code;
    if (codes.size == Codes::kMax || !is_integer(token) || !to_int64(token, code) ||
        code < INT16_MIN || code > INT16_MAX)
      return Held::kForeign;
    codes.data[codes.size++] = static_cast<int16_t>(code);
  }
  std::memcpy(at, &codes, sizeof codes);
  return Held::kPlain;
}

// Puts a value that has been checked before into its field of the row, where it fits. Of a symbol,
// also one that does not fit, it finds the shard.
Held hold(const FieldSpec& field, od::value value, char* row, Strings& strings, uint32_t& shard) {
  char* const at = row + field.offset;
  od::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return Held::kForeign;
  if (type == od::json_type::number) {
    const std::string_view token = trimmed(value.raw_json_token());
    switch (field.kind) {
      case Kind::kInt:
      case Kind::kMs:
      case Kind::kNs:
      case Kind::kEpoch:
        return hold_int(token, at);
      case Kind::kFloat: {
        const double number = to_double(token);
        std::memcpy(at, &number, sizeof number);
        return is_integer(token) ? Held::kPlainInteger : Held::kPlain;
      }
      case Kind::kText:
        return is_integer(token) ? hold_text(field, token, at) : Held::kForeign;
      case Kind::kDecimal:
        return hold_text(field, token, at);
      default:
        return Held::kForeign;
    }
  }
  if (type == od::json_type::string) {
    std::string_view text;
    if (strings.value(value, text) != simdjson::SUCCESS) return Held::kForeign;
    switch (field.kind) {
      case Kind::kSymbol:
        shard = shard_of(text.data(), text.size());
        return hold_symbol(text, at);
      case Kind::kText:
      case Kind::kDecimal:
        return hold_text(field, text, at);
      case Kind::kInt:
        return hold_int_text(text, at);
      default:
        return Held::kForeign;
    }
  }
  if (type == od::json_type::boolean && field.kind == Kind::kFlag) {
    bool flag = false;
    if (value.get_bool().get(flag) != simdjson::SUCCESS) return Held::kForeign;
    *at = flag;
    return Held::kPlain;
  }
  if (type == od::json_type::array && field.kind == Kind::kCodes) return hold_codes(value, at);
  return Held::kForeign;
}

const FieldSpec* find_field(const EventSpec& event, std::string_view key) {
  for (int i = 0; i < event.field_count; ++i)
    if (event.fields[i].key_size == key.size() &&
        std::memcmp(event.fields[i].key, key.data(), key.size()) == 0)
      return &event.fields[i];
  return nullptr;
}

int find_channel(const MarketSpec& market, std::string_view name) {
  for (int i = 0; i < market.channel_count; ++i)
    if (name == market.channels[i].name) return i;
  return -1;
}

// Where events without a symbol go.
constexpr uint32_t kNoSymbol = 0;

RowHead& start_row(RowStore& store, int column, size_t row_size) {
  char* const row = store.reserve(column, static_cast<uint32_t>(row_size));
  RowHead& head = *reinterpret_cast<RowHead*>(row);
  head = RowHead{};
  head.channel = static_cast<uint8_t>(column);
  head.market = store.market.index;
  return head;
}

void add_raw(RowStore& store, int column, std::string_view bytes) {
  RowHead& head = start_row(store, column, sizeof(RawRow));
  store.keep_raw(head, bytes.data(), bytes.size());
  if (column == kStatusColumn)
    store.commit(column);
  else
    store.commit_event(column, kNoSymbol);
}

void add_event(RowStore& store, int column, od::object& object, std::string_view bytes,
               Strings& strings) {
  const EventSpec& event = *store.market.channels[column].event;
  RowHead& head = start_row(store, column, event.row_size);
  char* const row = reinterpret_cast<char*>(&head);
  uint32_t shard = kNoSymbol;
  for (int i = 0; i < event.field_count; ++i) clear_field(event.fields[i], row);
  for (auto each : object) {
    od::field pair;
    std::string_view key;
    if (std::move(each).get(pair) != simdjson::SUCCESS ||
        strings.key(pair, key) != simdjson::SUCCESS)
      break;
    const FieldSpec* const field = find_field(event, key);
    if (field == nullptr) continue;
    const uint32_t bit = uint32_t{1} << (field - event.fields);
    if (field->kind == Kind::kSymbol) shard = kNoSymbol;
    const Held held = hold(*field, pair.value(), row, strings, shard);
    head.plain &= ~bit;
    head.foreign &= ~bit;
    head.integer &= ~bit;
    if (held == Held::kForeign) {
      clear_field(*field, row);
      head.foreign |= bit;
    } else {
      head.plain |= bit;
      if (held == Held::kPlainInteger) head.integer |= bit;
    }
  }
  store.keep_raw(head, bytes.data(), bytes.size());
  store.commit_event(column, shard);
}

// Checks the members of an object and finds the column of its events by its last "ev".
simdjson::error_code check_members(const MarketSpec& market, od::object& object, int depth,
                                   int& column, Strings& strings) {
  column = kUnknownColumn;
  for (auto each : object) {
    od::field field;
    SIMDJSON_TRY(std::move(each).get(field));
    std::string_view text;
    SIMDJSON_TRY(strings.key(field, text));
    const bool is_ev = text == "ev";
    od::value value = field.value();
    if (is_ev) {
      od::json_type type;
      SIMDJSON_TRY(value.type().get(type));
      column = kUnknownColumn;
      if (type == od::json_type::string) {
        SIMDJSON_TRY(strings.value(value, text));
        const int channel = find_channel(market, text);
        if (channel >= 0) column = channel;
        if (text == "status") column = kStatusColumn;
        continue;
      }
    }
    SIMDJSON_TRY(check(value, depth + 1, strings));
  }
  return simdjson::SUCCESS;
}

simdjson::error_code add_object(RowStore& store, od::object object, int depth, Strings& strings) {
  int column;
  SIMDJSON_TRY(check_members(store.market, object, depth, column, strings));
  SIMDJSON_TRY(object.reset().error());
  std::string_view bytes;
  SIMDJSON_TRY(object.raw_json().get(bytes));
  bytes = trimmed(bytes);
  if (column >= kStatusColumn) {
    add_raw(store, column, bytes);
    return simdjson::SUCCESS;
  }
  SIMDJSON_TRY(object.reset().error());
  add_event(store, column, object, bytes, strings);
  return simdjson::SUCCESS;
}

// One element of the frame's array.
simdjson::error_code add_element(RowStore& store, od::value element, bool fast, Strings& strings) {
  od::json_type type;
  SIMDJSON_TRY(element.type().get(type));
  if (type == od::json_type::object) {
    if (fast) {
      const char* at;
      SIMDJSON_TRY(element.current_location().get(at));
      // The array's iterator passes over the element by itself.
      if (decode_plain(at, store) != nullptr) return simdjson::SUCCESS;
    }
    od::object object;
    SIMDJSON_TRY(element.get_object().get(object));
    return add_object(store, object, 1, strings);
  }
  std::string_view bytes = element.raw_json_token();
  if (type == od::json_type::array) {
    od::array array;
    SIMDJSON_TRY(element.get_array().get(array));
    for (auto each : array) {
      od::value inner;
      SIMDJSON_TRY(each.get(inner));
      SIMDJSON_TRY(check(inner, 2, strings));
    }
    SIMDJSON_TRY(array.reset().error());
    SIMDJSON_TRY(array.raw_json().get(bytes));
  } else {
    SIMDJSON_TRY(check(element, 1, strings));
  }
  add_raw(store, kUnknownColumn, trimmed(bytes));
  return simdjson::SUCCESS;
}

simdjson::error_code add_frame(od::document& document, size_t skip, bool fast, RowStore& store,
                               Strings& strings) {
  od::json_type type;
  SIMDJSON_TRY(document.type().get(type));
  if (type == od::json_type::object) {
    od::object object;
    SIMDJSON_TRY(document.get_object().get(object));
    SIMDJSON_TRY(add_object(store, object, 0, strings));
  } else if (type == od::json_type::array) {
    od::array array;
    SIMDJSON_TRY(document.get_array().get(array));
    for (auto each : array) {
      od::value element;
      SIMDJSON_TRY(each.get(element));
      if (skip > 0) {
        --skip;
        continue;
      }
      SIMDJSON_TRY(add_element(store, element, fast, strings));
    }
  } else {
    return simdjson::INCORRECT_TYPE;
  }
  return document.at_end() ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

}  // namespace

struct SlowDecoder::Parser {
  od::parser parser;
};

SlowDecoder::SlowDecoder() : parser_(new Parser) {}
SlowDecoder::~SlowDecoder() = default;

bool SlowDecoder::decode(const char* frame, size_t size, size_t skip, bool fast, RowStore& store,
                         DecodeFailure& failure) {
  od::document document;
  simdjson::error_code error =
      size >= 3 && std::memcmp(frame, "\xef\xbb\xbf", 3) == 0
          ? simdjson::TAPE_ERROR  // simdjson would pass over a byte order mark
          : parser_->parser.iterate(simdjson::padded_string_view(frame, size, size + kPadding))
                .get(document);
  Strings strings(parser_->parser, size);
  if (error == simdjson::SUCCESS) error = add_frame(document, skip, fast, store, strings);
  if (error == simdjson::SUCCESS) return true;
  if (find_json_error(frame, size, failure)) return false;
  failure.offset = 0;
  failure.reason = error == simdjson::INCORRECT_TYPE ? "a frame is an array of events, or one event"
                                                     : simdjson::error_message(error);
  return false;
}

}  // namespace fastpoly
