// What the processor can do, as far as this library has code for it.
#pragma once

namespace fastpoly {

enum class Processor { kPortable, kAvx2, kAvx512 };

// The best kind that this processor is of; with the environment variable FASTPOLY_CPU set to
// portable, avx2 or avx512, at most that, so that each kind's code can be tested on one machine.
Processor processor();

}  // namespace fastpoly
