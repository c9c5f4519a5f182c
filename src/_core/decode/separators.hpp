// Where the commas and closing braces of a text are, found many bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastpoly {

// How many entries find_separators may write beyond the last that it counts.
constexpr size_t kSpareSeparators = 64;

// Writes the offset of each ',' and '}' in the `size` bytes at `text`, in order, and returns how
// many there are. Up to 63 bytes after the text are read, and up to kSpareSeparators entries after
// the counted ones are written.
using FindSeparators = size_t (*)(const char* text, size_t size, uint32_t* offsets);

// The fastest version that this processor has.
extern const FindSeparators find_separators;

}  // namespace fastpoly
