// Gathering run by run.
#include "columns/gather.hpp"

namespace fastpoly {

int first_layout(const RowRuns& rows, const EventSpec& event) {
  if (rows.rows() == 0) return 0;
  const Symbol* symbol;
  std::memcpy(&symbol, rows.first() + symbol_offset(event), sizeof symbol);
  if (symbol == nullptr) return 0;
  return layout_for(event, symbol->size);
}

int layout_for(const EventSpec& event, uint32_t symbol_size) {
  int layout = 0;
  while (kRecordLayouts[event.index][layout].symbol_width < symbol_size) ++layout;
  return layout;
}

Gathered gather(const RowRuns& rows, const RecordLayout& layout, char* records) {
  Gathered seen;
  rows.each_run([&](const RowRun& run) {
    layout.gather(run.first, run.count, records, seen);
    records += run.count * layout.record_size;
  });
  return seen;
}

}  // namespace fastpoly
