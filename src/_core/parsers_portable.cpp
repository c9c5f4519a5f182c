// The canonical parsers for any processor.
#include "parsers.hpp"
#include "take_portable.hpp"

#define FASTPOLY_NUMBERS PortableNumbers
#define FASTPOLY_PARSERS kPortableParsers
#include "parsers.gen.hpp"
