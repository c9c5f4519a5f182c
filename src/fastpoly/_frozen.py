"""Names what compiled modules import, for tools that freeze programs: they see only Python code.

PyInstaller and its like follow the imports that they find in bytecode, and put those modules beside
the program. An extension module has none. So what it imports stands here, in a block that is never
run and yet is bytecode; a program that is not frozen pays nothing for it.
"""

# ruff: noqa: F401

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio.trsock
    import binascii
    import collections.abc
    import dataclasses
    import http
    import json
    import logging
    import operator
    import platform
    import tempfile
    import weakref

    import aiofastnet.openssl_compat
    import aiofastnet.selector_transport
    import aiofastnet.ssl_engine
    import aiofastnet.ssl_engine_direct
    import aiofastnet.ssl_engine_fallback
    import aiofastnet.ssl_transport
    import aiofastnet.transport
    import aiofastnet.utils
    import multidict
    import picows.picows

    import fastpoly.columns
    import fastpoly.errors
