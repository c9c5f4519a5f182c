// The canonical parsers for any processor.
#include "decode/canonical/parsers.hpp"
#include "decode/canonical/take_portable.hpp"

#define FASTPOLY_NUMBERS PortableNumbers
#define FASTPOLY_PARSERS kPortableParsers
#include "decode/canonical/parsers.gen.hpp"
