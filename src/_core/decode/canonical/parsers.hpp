// The canonical parsers, one set per kind of processor.
#pragma once

#include "rows/market.hpp"

namespace fastpoly {

extern const EventParser kPortableParsers[];
extern const EventParser kAvx2Parsers[];
extern const EventParser kAvx512Parsers[];

// The set that this processor runs fastest, by the index of the event type; chosen at load.
extern const EventParser* const parsers;

}  // namespace fastpoly
