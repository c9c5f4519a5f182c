// The choice of parsers.
#include "parsers.hpp"

namespace fastpoly {

namespace {

const EventParser* choose() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"))
    return kAvx512Parsers;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
      __builtin_cpu_supports("popcnt"))
    return kWideParsers;
#endif
  return kPortableParsers;
}

}  // namespace

const EventParser* const parsers = choose();

}  // namespace fastpoly
