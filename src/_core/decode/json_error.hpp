// Where and why a text is not JSON: slow, exact, asked only once a frame is known to be bad.
#pragma once

#include <cstddef>

#include "decode/kernel.hpp"

namespace fastpoly {

// Nesting beyond this is refused: it would only serve to exhaust the stack.
constexpr int kMaxDepth = 1024;

// Finds the first byte that no JSON text could have there. False when the text is JSON after all.
bool find_json_error(const char* text, size_t size, DecodeFailure& failure);

}  // namespace fastpoly
