# Which shard a symbol is in, for Python.

def shard_of(str symbol not None):
    """Return the shard of a symbol, from 0 to 63: the same everywhere, for ever.

    It is CRC-32, as in zlib, of the symbol's UTF-8, modulo 64; of an options contract such as
    ``O:AAPL251219C00150000``, of its underlying, so that a chain stays together, with its stock.
    `docs/shards.md` has vectors for other languages.

    Args:
        symbol: The ticker or pair as events have it.
    """
    cdef Py_ssize_t size
    cdef const char* text = PyUnicode_AsUTF8AndSize(symbol, &size)
    return native_shard_of(text, size)
