"""Records to JSON-able values and back, by msgspec. Used for the nested parts that are stored as JSON."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from store.errors import StoreError

T = TypeVar("T")


def to_json(value: object, *, sets_in_order: bool = False) -> Any:
    """A record as JSON-able values: dataclasses become objects, moments ISO 8601, enums their words.

    `sets_in_order` makes equal values equal texts in every process (sets have no order of their own).
    """
    return msgspec.to_builtins(value, order="deterministic" if sets_in_order else None)


def from_json(kind: type[T], value: Any, *, subject: str) -> T:
    """The record that `to_json` wrote. Raises StoreError when the stored value does not fit."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise StoreError(subject, f"the stored {kind.__name__} cannot be read ({error})") from error


def to_text(value: object) -> str:
    """A record as a text of JSON, for where only texts are kept."""
    return msgspec.json.encode(value).decode()


def from_text(kind: type[T], text: str, *, subject: str) -> T:
    """The record that `to_text` wrote. Raises StoreError when the text does not hold one."""
    try:
        return msgspec.json.decode(text.encode(), type=kind)
    except msgspec.MsgspecError as error:
        raise StoreError(subject, f"the stored {kind.__name__} cannot be read ({error})") from error
