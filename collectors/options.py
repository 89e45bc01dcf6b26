"""Options of a source checked against what its adapter declares. Pure; the texts are for operators."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from collectors.base import Option, SourceSpec
from store.errors import ConfigError


def options_of(spec: SourceSpec, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The given options checked against the declared ones, defaults filled in.

    An option whose default is None has to be given. Raises ConfigError.
    """
    declared = {option.name: option for option in spec.options}
    for word in given:
        if word not in declared:
            raise ConfigError(f"{name}.{word}", f"{spec.kind} has no such option{nearest(word, declared)}")
    values: dict[str, Any] = {}
    for option in spec.options:
        value = given.get(option.name)
        if value is None:
            if option.default is None:
                raise ConfigError(f"{name}.{option.name}", f"missing: {option.help}")
            values[option.name] = option.default
        else:
            values[option.name] = _checked(option, value, f"{name}.{option.name}")
    return values


def _checked(option: Option, value: Any, subject: str) -> Any:
    wanted = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    words = wanted.get(option.kind, "a list of texts")
    if option.kind is tuple:
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise ConfigError(subject, f"should be {words}, found {_found(value)}")
    if option.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, option.kind) or (isinstance(value, bool) and option.kind is not bool):
        raise ConfigError(subject, f"should be {words}, found {_found(value)}")
    if isinstance(value, int | float) and not isinstance(value, bool) and not option.holds(value):
        raise ConfigError(subject, f"should be {words}{_bounds(option)}, found {_found(value)}")
    if option.choices and value not in option.choices:
        allowed = ", ".join(option.choices)
        raise ConfigError(
            subject, f"{value!r} is not allowed{nearest(str(value), option.choices)}: {allowed}"
        )
    return value


def _bounds(option: Option) -> str:
    return f" {option.bounds}" if option.bounds else ""


def _found(value: Any) -> str:
    return f"{value!r}"[:60]


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` for a word that is nearly known, else the list of what is known."""
    known = list(known)
    close = difflib.get_close_matches(str(word), known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(known)}" if known else ""


def within(options: Mapping[str, Any], name: str, word: str, low: float, high: float) -> Any:
    """The value of a number option. Raises ConfigError when it is not between `low` and `high`."""
    value = options[word]
    if not low <= value <= high:
        raise ConfigError(f"{name}.{word}", f"should be between {low:g} and {high:g}, found {value:g}")
    return value
