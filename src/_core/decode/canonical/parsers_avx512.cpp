// The canonical parsers for x86-64 processors with AVX-512, as of the server kind from 2017 on.
#include "decode/canonical/parsers.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

// GCC 12 takes the undefined registers in its own AVX-512 header for mistakes of ours (its bug
// 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

// Everything that is shared with other files is included before, or inlined always: what the linker
// might pick for them must not need these instructions.
#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__clang__)
#pragma clang attribute push(                                                                 \
    __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt,avx512f,avx512bw,avx512dq,avx512vl"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,popcnt,lzcnt,avx512f,avx512bw,avx512dq,avx512vl")
#endif
#include "decode/canonical/take_avx512.hpp"

#define FASTPOLY_NUMBERS Avx512Numbers
#define FASTPOLY_PARSERS kAvx512Parsers
#include "decode/canonical/parsers.gen.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
