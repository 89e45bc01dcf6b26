#!/usr/bin/env python3
"""The door: `python run_bot.py` is the daemon; `--help` lists the tools."""

from __future__ import annotations

import sys

from bot.main import main

if __name__ == "__main__":
    sys.exit(main())
