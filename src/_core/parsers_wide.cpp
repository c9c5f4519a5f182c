// The canonical parsers for x86-64 processors from about 2013 on.
#include "parsers.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

// Everything that is shared with other files is included before, or inlined always: what the linker
// might pick for them must not need these instructions.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,popcnt,lzcnt")
#include "take_wide.hpp"

#define FASTPOLY_NUMBERS WideNumbers
#define FASTPOLY_PARSERS kWideParsers
#include "parsers.gen.hpp"
#pragma GCC pop_options

#endif
