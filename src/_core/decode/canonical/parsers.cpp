// The choice of parsers.
#include "decode/canonical/parsers.hpp"

#include "base/processor.hpp"

namespace fastpoly {

namespace {

const EventParser* choose() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (processor() == Processor::kAvx512) return kAvx512Parsers;
  if (processor() == Processor::kAvx2) return kAvx2Parsers;
#endif
  return kPortableParsers;
}

}  // namespace

const EventParser* const parsers = choose();

}  // namespace fastpoly
