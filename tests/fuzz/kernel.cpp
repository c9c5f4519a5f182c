// A libFuzzer target: the fast path against the general decoder on the same bytes, row by row.
//
// The first four bytes of an input say how to read it: the market; whether other events come before
// it, so that it meets the end of a window of the kernel's search, and how many bytes short of that
// they end; what lies around it in memory. The rest is a frame. Every frame lies in a heap buffer
// of just its size, so that a sanitizer sees a step beyond. See `make fuzz-kernel`.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/tokens.hpp"
#include "decode/kernel.hpp"
#include "rows/symbols.hpp"

using namespace fastpoly;

namespace {

constexpr size_t kHeader = 4;
constexpr size_t kBefore = 33 << 10;  // a little more than the kernel's window
constexpr uint8_t kWithBefore = 248;  // rarely: these inputs take long

[[noreturn]] void fail(const char* what, std::string_view frame) {
  std::fprintf(stderr, "the decoders disagree: %s\n%.*s\n", what,
               static_cast<int>(std::min<size_t>(frame.size(), 4000)), frame.data());
  std::abort();
}

struct Result {
  RowStore* store;
  bool decoded;
  DecodeFailure failure;
};

// What is left of a decoder that is kept from frame to frame, as a stream keeps its own.
Kernel& kernel(bool fast) {
  static Kernel kernels[2];
  kernels[fast].fast = fast;
  return kernels[fast];
}

Result decode_copy(const std::string& frame, const MarketSpec& market, bool fast) {
  Result result{RowStore::acquire(market), false, {}};
  const std::unique_ptr<char[]> exact(new char[frame.size()]);
  std::memcpy(exact.get(), frame.data(), frame.size());
  result.decoded =
      kernel(fast).decode_copy(exact.get(), frame.size(), *result.store, result.failure);
  return result;
}

// As in a socket's buffer: two bytes of header before the frame, kPadding of anything after it.
Result decode_in_place(const std::string& frame, const MarketSpec& market, char rubbish) {
  Result result{RowStore::acquire(market), false, {}};
  const size_t capacity = frame.size() + kPadding;
  const std::unique_ptr<char[]> exact(new char[2 + capacity]);
  std::memset(exact.get(), rubbish, 2 + capacity);
  char* const at = exact.get() + 2;
  std::memcpy(at, frame.data(), frame.size());
  result.decoded = kernel(true).decode(at, frame.size(), capacity, *result.store, result.failure);
  if (std::memcmp(at, frame.data(), frame.size()) != 0 || at[frame.size()] != rubbish)
    fail("the frame was changed", frame);
  return result;
}

size_t field_size(const FieldSpec& field) {
  switch (field.kind) {
    case Kind::kText:
    case Kind::kDecimal:
      return field.width + size_t{1};
    case Kind::kFlag:
      return 1;
    case Kind::kCodes:
      return sizeof(Codes);
    case Kind::kLevels:
      return 0;
    default:
      return 8;
  }
}

// The keys of an object as they stand there, in order; it is JSON, for it was decoded.
std::vector<std::string_view> keys_of(std::string_view object) {
  std::vector<std::string_view> keys;
  int depth = 0;
  for (size_t at = 0; at < object.size(); ++at) {
    const char byte = object[at];
    depth += byte == '{' || byte == '[';
    depth -= byte == '}' || byte == ']';
    if (byte != '"') continue;
    const size_t first = ++at;
    while (object[at] != '"') at += object[at] == '\\' ? 2 : 1;
    const size_t colon = object.find_first_not_of(" \t\r\n", at + 1);
    const std::string_view key = object.substr(first, at - first);
    // A key that comes again keeps the place in which it came first.
    if (depth == 1 && colon != std::string_view::npos && object[colon] == ':' &&
        std::find(keys.begin(), keys.end(), key) == keys.end())
      keys.push_back(key);
  }
  return keys;
}

// A complete row says which keys there were and in what order: held against the bytes.
void compare_order(const RowHead& head, const EventSpec& event, std::string_view raw,
                   std::string_view frame) {
  std::vector<std::string_view> keys = keys_of(raw);
  if (keys.empty() || keys[0] != "ev") fail("a complete row without ev first", frame);
  keys.erase(keys.begin());
  std::vector<std::string_view> told;
  if (head.ordered == 0) {
    for (int i = 0; i < event.field_count; ++i)
      if (head.plain >> i & 1) told.push_back(event.fields[i].key);
  } else {
    for (int i = head.ordered; i-- > 0;)
      told.push_back(event.fields[head.order >> (i * 4) & 15].key);
  }
  if (told != keys) fail("the order of the keys", frame);
}

void compare_rows(const RowStore& one, const RowStore& other, RowRef ref, std::string_view frame) {
  const int column = ref.column();
  const char* const row = one.columns[column].row(ref.index());
  const char* const twin = other.columns[column].row(ref.index());
  const RowHead& head = *reinterpret_cast<const RowHead*>(row);
  const RowHead& general = *reinterpret_cast<const RowHead*>(twin);
  if (head.channel != general.channel || head.market != general.market) fail("channel", frame);
  const std::string_view bytes(one.raw(head), head.raw_size);
  const std::string_view all_bytes(other.raw(general), general.raw_size);
  if (head.raw_size != 0 && bytes != all_bytes) fail("the event's own bytes", frame);
  if (column >= one.market.channel_count) {
    if (bytes != all_bytes) fail("the bytes of an event without fields", frame);
    return;
  }
  const EventSpec& event = *one.market.channels[column].event;
  if (head.plain != general.plain) fail("which fields are plain", frame);
  if (head.foreign != general.foreign) fail("which fields are foreign", frame);
  for (int i = 0; i < event.field_count; ++i) {
    const FieldSpec& field = event.fields[i];
    // It says something of floats only.
    if (field.kind == Kind::kFloat && ((head.integer ^ general.integer) >> i & 1))
      fail("which numbers are whole", frame);
    if (std::memcmp(row + field.offset, twin + field.offset, field_size(field)) != 0) {
      // NaN stands for none, whatever its bits.
      if (field.kind == Kind::kFloat && !(head.plain >> i & 1)) continue;
      fail(field.key, frame);
    }
  }
  if (head.raw_size == 0 && general.raw_size != 0) compare_order(head, event, all_bytes, frame);
}

void compare(const Result& one, const Result& general, std::string_view frame) {
  if (one.decoded != general.decoded) fail("whether it is JSON", frame);
  if (!one.decoded) {
    if (one.failure.offset != general.failure.offset) fail("where it is wrong", frame);
    if (std::strcmp(one.failure.reason, general.failure.reason) != 0) fail("what is wrong", frame);
    if (!one.store->order.empty()) fail("a frame that is not JSON left events", frame);
    return;
  }
  const RowStore& store = *one.store;
  if (store.order.size() != general.store->order.size()) fail("how many events", frame);
  for (size_t i = 0; i < store.order.size(); ++i) {
    if (store.order[i].code != general.store->order[i].code) fail("what kind of event", frame);
    compare_rows(store, *general.store, store.order[i], frame);
  }
}

std::string make_frame(const uint8_t* data, size_t size, const MarketSpec& market) {
  std::string frame(reinterpret_cast<const char*>(data + kHeader), size - kHeader);
  if (data[1] < kWithBefore || frame.empty() || frame[0] != '[') return frame;
  const size_t shift = static_cast<size_t>(data[1] - kWithBefore) << 8 | data[3];
  std::string before = "[";
  const std::string filler = std::string("{\"ev\":\"") + market.channels[0].name + "\"},";
  while (before.size() + filler.size() + shift < kBefore) before += filler;
  return before + frame.substr(1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kHeader) return 0;
  const MarketSpec& market = kMarkets[data[0] % kMarketCount];
  const std::string frame = make_frame(data, size, market);
  const Result general = decode_copy(frame, market, false);
  const Result fast = decode_copy(frame, market, true);
  const Result in_place = decode_in_place(frame, market, static_cast<char>(data[2]));
  compare(fast, general, frame);
  compare(in_place, general, frame);
  for (const Result& result : {general, fast, in_place}) result.store->release();
  return 0;
}
