"""``python -m fastpoly``: the command line."""

from __future__ import annotations

import sys

from fastpoly.cli import main

sys.exit(main())
