// The canonical parsers for x86-64 processors from about 2013 on.
#include "decode/canonical/parsers.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

// Everything that is shared with other files is included before, or inlined always: what the linker
// might pick for them must not need these instructions.
#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,popcnt,lzcnt")
#endif
#include "decode/canonical/take_avx2.hpp"

#define FASTPOLY_NUMBERS Avx2Numbers
#define FASTPOLY_PARSERS kAvx2Parsers
#include "decode/canonical/parsers.gen.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
