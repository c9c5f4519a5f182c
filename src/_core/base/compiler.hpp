// What the compiler is told beyond the language.
#pragma once

#define FASTPOLY_LIKELY(x) __builtin_expect(!!(x), 1)
#define FASTPOLY_UNLIKELY(x) __builtin_expect(!!(x), 0)

// Also keeps one copy of a function from being shared between files that are compiled for different
// processors.
#define FASTPOLY_INLINE inline __attribute__((always_inline))
