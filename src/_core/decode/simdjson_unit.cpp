// The one translation unit that compiles simdjson, from the sources found on the include path.
#include "simdjson.cpp"
