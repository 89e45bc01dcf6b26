"""The words of the pages that families see, in their language, from families.json beside this file.

Words only: a translator adds a language there; nothing here reads a request or decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def _read() -> Mapping[str, Mapping[str, str]]:
    found = json.loads((Path(__file__).parent / "families.json").read_text(encoding="utf-8"))
    return {language: dict(words) for language, words in found.items()}


FAMILY_WORDS = _read()
"""Language → name of a text → the text. Every language has every name."""
