// Rows -> columns in the memory layout of Apache Arrow, handed over through its C data interface.
//
// What is handed over has no tie to the rows, to Python or to the interpreter lock: a consumer may
// keep it for as long as it likes and release it on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rows/market.hpp"
#include "rows/runs.hpp"

// As the Arrow specification has them; the guards are its own, for code that includes several
// copies.
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

#endif  // ARROW_C_DATA_INTERFACE

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};

#endif  // ARROW_C_STREAM_INTERFACE

namespace fastpoly {

// By Kind: the format of a value, as the schema has it.
extern const char* const kArrowFormats[];

// A value that did not fit its row and yet is of its field's kind: long or foreign text, a long
// list, order book levels. Of the three members, the one of the field's kind has it.
struct Spill {
  size_t row;  // its place among the rows of the export
  int field;
  std::string text;  // UTF-8
  std::vector<int64_t> codes;
  std::vector<std::vector<double>> levels;
};

// The fields of which some row here has a value that is only in its bytes, as bits.
uint32_t foreign_fields(const RowRuns& rows);

// The columns' types: a struct with one child a field. Throws std::bad_alloc.
void export_schema(const EventSpec& event, ArrowSchema* out);

// The columns: a struct array, one child a field. `spills` come in the order of their rows.
// Throws std::bad_alloc, and std::overflow_error when the text of a column passes 2 GiB. Any thread
// may call it, without the interpreter lock, while somebody else keeps the rows alive.
void export_array(const RowRuns& rows, const EventSpec& event, const std::vector<Spill>& spills,
                  ArrowArray* out);

// A stream of that one array, which it takes over. Throws std::bad_alloc.
void export_stream(const EventSpec& event, ArrowArray* array, ArrowArrayStream* out);

}  // namespace fastpoly
