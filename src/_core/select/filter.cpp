// Runs the programs of conditions over rows.
#include "select/filter.hpp"

#include <cstring>

#include "rows/decimal.hpp"
#include "rows/row.hpp"
#include "rows/symbols.hpp"

namespace fastpoly {

namespace {

using Test = FilterStep::Test;

// Not an end of a program: the value that decides is only in the event's bytes.
constexpr int32_t kDoubt = -3;

template <class T>
T value_at(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

bool has_bit(const std::vector<uint64_t>& bits, uint32_t bit) {
  return bit / 64 < bits.size() && (bits[bit / 64] >> bit % 64 & 1) != 0;
}

void set_bit(std::vector<uint64_t>& bits, uint32_t bit) {
  if (bit / 64 >= bits.size()) bits.resize(bit / 64 + 1);
  bits[bit / 64] |= uint64_t{1} << bit % 64;
}

bool in_bounds(const FilterStep& step, double value) {
  return step.number.low <= value && value <= step.number.high;
}

// The rarer tests are calls, so that the others have the registers.
#define FASTPOLY_RARE __attribute__((noinline))

FASTPOLY_RARE bool has_code(const FilterStep& step, const Codes& codes) {
  for (int i = 0; i < codes.size; ++i)
    if (has_bit(step.bits, static_cast<uint16_t>(codes.data[i]))) return true;
  return false;
}

FASTPOLY_RARE bool has_text(const FilterStep& step, const char* text) {
  const size_t size = step.width + size_t{1};
  for (size_t i = 0; i < step.texts.size(); i += size)
    if (std::memcmp(step.texts.data() + i, text, size) == 0) return true;
  return false;
}

FASTPOLY_RARE int32_t go_on_from_decimal(const FilterStep& step, const Text<23>& text) {
  const double value = decimal_value(text);
  if (value != value) return step.next.absent;  // text that is no number
  return in_bounds(step, value) ? step.next.match : step.next.mismatch;
}

// Where to go on from a test of a value that is in the row.
FASTPOLY_INLINE int32_t go_on(const FilterStep& step, const char* at) {
  bool match = false;
  switch (step.test) {
    case Test::kPresent:
      match = true;
      break;
    case Test::kWhole: {
      const auto value = value_at<int64_t>(at);
      match = step.whole.low <= value && value <= step.whole.high;
      break;
    }
    case Test::kNumber:
      match = in_bounds(step, value_at<double>(at));
      break;
    case Test::kDecimal:
      return go_on_from_decimal(step, *reinterpret_cast<const Text<23>*>(at));
    case Test::kFlag:
      match = *at != 0;
      break;
    case Test::kCodes:
      match = has_code(step, *reinterpret_cast<const Codes*>(at));
      break;
    case Test::kSymbol:
      match = has_bit(step.bits, value_at<const Symbol*>(at)->id);
      break;
    case Test::kText:
      match = has_text(step, at);
      break;
  }
  return match ? step.next.match : step.next.mismatch;
}

}  // namespace

RowFilter::RowFilter(const MarketSpec& market) : market_(market) {}

FilterStep& RowFilter::add(int channel, int field, Test test, FilterTargets next) {
  const FieldSpec& spec = market_.channels[channel].event->fields[field];
  FilterStep step{};
  step.test = test;
  step.field = static_cast<uint8_t>(field);
  step.spills = spec.kind == Kind::kSymbol || spec.kind == Kind::kText ||
                spec.kind == Kind::kDecimal || spec.kind == Kind::kCodes ||
                spec.kind == Kind::kLevels;
  step.width = spec.width;
  step.offset = spec.offset;
  step.next = next;
  programs_[channel].steps.push_back(step);
  return programs_[channel].steps.back();
}

int32_t RowFilter::last(int channel) const {
  return static_cast<int32_t>(programs_[channel].steps.size()) - 1;
}

int32_t RowFilter::add_present(int channel, int field, FilterTargets next) {
  add(channel, field, Test::kPresent, next);
  return last(channel);
}

int32_t RowFilter::add_whole(int channel, int field, FilterTargets next, int64_t low,
                             int64_t high) {
  add(channel, field, Test::kWhole, next).whole = {low, high};
  return last(channel);
}

int32_t RowFilter::add_flag(int channel, int field, FilterTargets next) {
  add(channel, field, Test::kFlag, next);
  return last(channel);
}

int32_t RowFilter::add_number(int channel, int field, FilterTargets next, double low, double high) {
  const bool text = market_.channels[channel].event->fields[field].kind == Kind::kDecimal;
  add(channel, field, text ? Test::kDecimal : Test::kNumber, next).number = {low, high};
  return last(channel);
}

int32_t RowFilter::add_codes(int channel, int field, FilterTargets next,
                             const std::vector<int16_t>& codes) {
  FilterStep& step = add(channel, field, Test::kCodes, next);
  for (const int16_t code : codes) set_bit(step.bits, static_cast<uint16_t>(code));
  return last(channel);
}

int32_t RowFilter::add_texts(int channel, int field, FilterTargets next,
                             const std::vector<std::string>& texts) {
  const bool symbols = market_.channels[channel].event->fields[field].kind == Kind::kSymbol;
  FilterStep& step = add(channel, field, symbols ? Test::kSymbol : Test::kText, next);
  const size_t most = symbols ? size_t{Symbol::kMaxSize} : step.width;
  for (const std::string& text : texts) {
    // Never in a row; nor may it be a symbol, which is not told from one with zeros at its end.
    if (text.size() > most || !is_plain_ascii(text)) continue;
    std::string padded = text;
    padded.resize(most);
    if (symbols) {
      const Symbol* const symbol =
          SymbolTable::instance().intern(padded.data(), static_cast<uint32_t>(text.size()));
      if (symbol != nullptr) set_bit(step.bits, symbol->id);
    } else {
      step.texts += padded;
      step.texts += static_cast<char>(text.size());
    }
  }
  return last(channel);
}

// Runs a program from a step of it to its end.
int32_t RowFilter::run(const FilterStep* steps, int32_t at, const char* row) {
  const RowHead& head = *reinterpret_cast<const RowHead*>(row);
  do {
    const FilterStep& step = steps[at];
    if (FASTPOLY_LIKELY(head.plain >> step.field & 1))
      at = go_on(step, row + step.offset);
    else if (FASTPOLY_UNLIKELY(step.spills && (head.foreign >> step.field & 1)))
      at = kDoubt;
    else
      at = step.next.absent;
  } while (at >= 0);
  return at;
}

uint32_t RowFilter::keep(const RowStore& store, RowRef* refs, uint32_t size,
                         std::vector<uint32_t>& doubtful) const {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < size; ++i) {
    const RowRef ref = refs[i];
    const Program& program = programs_[ref.column()];
    int32_t at = program.start;
    if (at >= 0) {
      at = run(program.steps.data(), at, store.columns[ref.column()].row(ref.index()));
      if (FASTPOLY_UNLIKELY(at == kDoubt)) doubtful.push_back(kept);
    }
    refs[kept] = ref;
    kept += at != kFail;
  }
  return kept;
}

}  // namespace fastpoly
