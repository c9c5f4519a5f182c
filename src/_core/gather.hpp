// Rows -> the records of a NumPy structured array.
#pragma once

#include <cstddef>
#include <cstdint>

#include "market.hpp"
#include "row.hpp"

namespace fastpoly {

// Where one field goes in a record.
struct Placement {
  uint16_t field;  // index in the event type
  uint32_t offset;  // in the record
  uint32_t width;   // characters, of a text
};

// The longest text that a text field has in these rows, in bytes.
uint32_t widest_text(const char* const* rows, size_t count, const FieldSpec& field);

// Writes one record of `record_size` bytes a row. Values that are not in the row are written as
// their column's sign for a missing one. Records need not be initialised.
void gather(const char* const* rows, size_t count, const EventSpec& event,
            const Placement* placements, size_t placement_count, char* records,
            size_t record_size);

}  // namespace fastpoly
