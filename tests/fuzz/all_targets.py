"""The list of all parsers that take bytes from outside. A parser that is not here is not fuzzed."""

from __future__ import annotations

from tests.fuzz import files, pictures, platforms, texts, web

TARGETS = {
    target.name: target for module in (platforms, files, texts, pictures, web) for target in module.targets()
}
