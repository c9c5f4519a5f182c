// Which rows of one column a batch has, as stretches of neighbours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rows/market.hpp"
#include "rows/store.hpp"

namespace fastpoly {

// Where in its rows an event type has the symbol; each type has one.
inline size_t symbol_offset(const EventSpec& event) {
  const FieldSpec* field = event.fields;
  while (field->kind != Kind::kSymbol) ++field;
  return field->offset;
}

// Rows that are next to each other in memory.
struct RowRun {
  const char* first = nullptr;
  size_t count = 0;
};

// Events of a channel keep their order in its column, so a whole batch, and any part of it that was
// cut out without a step, is a single run.
class RowRuns {
 public:
  // The rows of a column from `start` on.
  void add_stretch(const RowStore& store, int column, uint32_t start, uint32_t count) {
    if (count == 0) return;
    const Column& from = store.columns[column];
    const char* const first = from.row(start);
    row_size_ = from.row_size;
    rows_ += count;
    if (last_.first + last_.count * row_size_ != first || last_.count == 0) {
      if (last_.count != 0) done_.push_back(last_);
      last_ = {first, 0};
    }
    last_.count += count;
  }

  // Those of `size` events that are of the column.
  void add_refs(const RowStore& store, int column, const RowRef* refs, uint32_t size) {
    for (uint32_t i = 0; i < size; ++i)
      if (refs[i].column() == column) add_stretch(store, column, refs[i].index(), 1);
  }

  size_t rows() const { return rows_; }
  uint32_t row_size() const { return row_size_; }

  template <class F>
  void each_run(F f) const {
    for (const RowRun& run : done_) f(run);
    if (last_.count != 0) f(last_);
  }

  template <class F>
  void each_row(F f) const {
    each_run([&](const RowRun& run) {
      const char* row = run.first;
      for (size_t i = 0; i < run.count; ++i, row += row_size_) f(row);
    });
  }

  const char* first() const { return done_.empty() ? last_.first : done_.front().first; }

 private:
  std::vector<RowRun> done_;
  RowRun last_;
  size_t rows_ = 0;
  uint32_t row_size_ = 0;
};

}  // namespace fastpoly
