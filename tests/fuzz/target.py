"""What is fuzzed: one parser that takes bytes from outside, good inputs for it, and what it may raise.

Nothing here runs anything; that is running.py.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from store.errors import HomewardError
from tests.fuzz.mutating import Make

Parse = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Target:
    """`build(folder)` gives the parser for the length of the run; `folder` is a scratch folder of its own.

    `make(folder)` gives the maker of inputs. `errors` are the refusals that the parser documents: any other
    exception is a finding. `what` says in words what is read and where it comes from.
    """

    name: str
    what: str
    make: Callable[[Path], Make]
    build: Callable[[Path], AbstractContextManager[Parse]]
    errors: tuple[type[Exception], ...] = (HomewardError,)
    is_slow: bool = False
