// Asks the processor once.
#include "base/processor.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace fastpoly {

namespace {

Processor detect() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2"))
    return Processor::kAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
      __builtin_cpu_supports("popcnt"))
    return Processor::kAvx2;
#endif
  return Processor::kPortable;
}

Processor choose() {
  const char* const most = std::getenv("FASTPOLY_CPU");
  const Processor found = detect();
  if (most == nullptr) return found;
  if (std::strcmp(most, "portable") == 0) return Processor::kPortable;
  if (std::strcmp(most, "avx2") == 0) return std::min(found, Processor::kAvx2);
  return found;
}

}  // namespace

Processor processor() {
  static const Processor chosen = choose();
  return chosen;
}

}  // namespace fastpoly
