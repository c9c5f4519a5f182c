// Which rows pass a condition: for each channel a program of tests. No Python in here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rows/market.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// Where a program goes on: a place among its steps, or its end.
constexpr int32_t kPass = -1;
constexpr int32_t kFail = -2;

// What follows from a test: the value matches, it does not, there is none.
struct FilterTargets {
  int32_t match, mismatch, absent;
};

// One test of one field.
struct FilterStep {
  enum class Test : uint8_t { kPresent, kWhole, kNumber, kDecimal, kFlag, kCodes, kSymbol, kText };

  Test test;
  uint8_t field;  // its bit in the masks of a row
  bool spills;    // whether a value that is not in the row may still be one
  uint8_t width;  // of a text
  uint16_t offset;
  FilterTargets next;
  union {
    struct {
      int64_t low, high;
    } whole;
    struct {
      double low, high;
    } number;
  };
  std::vector<uint64_t> bits;  // symbols by their id, or codes
  std::string texts;           // as they are in rows, one after the other
};

// The programs of one condition for one market.
//
// A program is written from its end: each function adds a step, which names those it goes on to by
// the places that earlier calls have returned.
class RowFilter {
 public:
  explicit RowFilter(const MarketSpec& market);

  int32_t add_present(int channel, int field, FilterTargets next);
  // Of whole numbers and times. Bounds are inclusive.
  int32_t add_whole(int channel, int field, FilterTargets next, int64_t low, int64_t high);
  // Of flags, which match if they are true.
  int32_t add_flag(int channel, int field, FilterTargets next);
  // Of numbers, also of those written as text.
  int32_t add_number(int channel, int field, FilterTargets next, double low, double high);
  // Of lists, which match if they have one of the codes.
  int32_t add_codes(int channel, int field, FilterTargets next, const std::vector<int16_t>& codes);
  // Of symbols and texts, which match if they are one of these.
  int32_t add_texts(int channel, int field, FilterTargets next,
                    const std::vector<std::string>& texts);

  // Where a channel's program begins. A channel without one passes, as does what has no channel.
  void start_at(int channel, int32_t step) { programs_[channel].start = step; }

  // Moves the events that pass to the front, in their order, and returns how many these are. Among
  // them are those that only their bytes can decide on; their new places are added to `doubtful`.
  uint32_t keep(const RowStore& store, RowRef* refs, uint32_t size,
                std::vector<uint32_t>& doubtful) const;

 private:
  struct Program {
    int32_t start = kPass;
    std::vector<FilterStep> steps;
  };

  static int32_t run(const FilterStep* steps, int32_t at, const char* row);
  FilterStep& add(int channel, int field, FilterStep::Test test, FilterTargets next);
  int32_t last(int channel) const;

  const MarketSpec& market_;
  Program programs_[kColumns];
};

}  // namespace fastpoly
