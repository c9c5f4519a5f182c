// The loop over rows that every event passes through; instantiated for each event type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/compiler.hpp"
#include "rows/epoch.hpp"
#include "rows/row.hpp"
#include "rows/symbols.hpp"
#include "watch/watch.hpp"

namespace fastpoly {

constexpr int64_t kByMagnitude = 0;  // the unit of kind EPOCH
constexpr size_t kNoField = 0;       // where the row's head is

template <class T>
FASTPOLY_INLINE T field_at(const char* row, size_t offset) {
  T value;
  std::memcpy(&value, row + offset, sizeof value);
  return value;
}

// A time that many neighbours have in common: its lag is computed and counted once for all of them.
template <int64_t kUnitNs>
class TimeRun {
 public:
  TimeRun(int64_t received_ns, ChannelWatch& channel)
      : received_ns_(received_ns), channel_(channel), slice_(channel.slice_of(received_ns)) {}

  int64_t time = kMissingInt;
  // What had happened in the unit before this, from 1 on, is reported late.
  uint64_t late_below = 0;
  uint64_t on_time = 0;

  FASTPOLY_INLINE void begin(int64_t next) {
    end();
    time = next;
    const int64_t unit_ns = kUnitNs != kByMagnitude ? kUnitNs : next < kFirstNs ? kMsToNs : 1;
    const int64_t late_after = kLateReportNs / unit_ns;
    valid_ = next > late_after && next <= INT64_MAX / unit_ns;
    late_below = valid_ ? static_cast<uint64_t>(next - late_after - 1) : 0;
    lag_ns_ = valid_ ? received_ns_ - next * unit_ns : 0;
  }

  FASTPOLY_INLINE void end() {
    if (valid_ && on_time != 0) slice_.on_time.record(lag_ns_, on_time);
    on_time = 0;
  }

  FASTPOLY_INLINE void report_late() {
    channel_.late.record(lag_ns_, 1);
    ++slice_.late_reports;
  }

 private:
  const int64_t received_ns_;
  ChannelWatch& channel_;
  ChannelWatch::Slice& slice_;
  int64_t lag_ns_ = 0;
  bool valid_ = false;
};

// Args: the row's struct; where in it the clock is, and its unit; the sequence number, or kNoField;
// and the times at which what is reported had happened. What is not in a row is null, or
// kMissingInt, which is below every number.
template <class Row, size_t kClock, int64_t kUnitNs, size_t kSequence, size_t... kHappened>
void watch_rows(const char* row, size_t count, int64_t received_ns, ChannelWatch& channel) {
  TimeRun<kUnitNs> run(received_ns, channel);
  LastSequences& sequences = channel.sequences;
  uint64_t numbered = 0;
  for (; count > 0; --count, row += sizeof(Row)) {
    const int64_t time = field_at<int64_t>(row, kClock);
    if (FASTPOLY_UNLIKELY(time != run.time)) run.begin(time);
    const bool late =
        ((static_cast<uint64_t>(field_at<int64_t>(row, kHappened)) - 1 < run.late_below) | ... |
         false);
    if (FASTPOLY_LIKELY(!late)) {
      ++run.on_time;
    } else {
      run.report_late();
    }
    if constexpr (kSequence != kNoField) {
      const int64_t sequence = field_at<int64_t>(row, kSequence);
      const Symbol* const symbol = reinterpret_cast<const SymbolRow*>(row)->symbol;
      int64_t* const last = symbol != nullptr ? sequences.find(symbol) : nullptr;
      if (FASTPOLY_UNLIKELY(last == nullptr)) continue;
      if (FASTPOLY_UNLIKELY(sequence <= *last)) {
        if (sequence == kMissingInt) continue;
        ++(sequence == *last ? channel.repeats : channel.regressions);
      }
      *last = sequence;
      ++numbered;
    }
  }
  run.end();
  channel.numbered += numbered;
}

}  // namespace fastpoly
