"""Say what is wrong with a settings file in words an operator can act on.

Pure: takes what was read and what the models answered, gives `Mistake`s. Reads nothing itself.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.config_types import RULE
from bot.config_yaml import Document, Where
from bot.masking import holds_password, mask_text, names_a_secret
from store.errors import Mistake

SHOWN_CHARACTERS = 60
_KINDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    datetime: "a time with its zone, such as 2026-05-25T08:00:00+08:00",
    AwareDatetime: "a time with its zone, such as 2026-05-25T08:00:00+08:00",
    date: "a day, such as 2026-05-25",
    tuple: "a list",
    list: "a list",
    dict: "a block of keys",
}


def without_empty_keys(data: Any, model: Any) -> Any:
    """`data` without known keys that have nothing after them: those count as not given."""
    core, _ = _unwrap(model)
    if isinstance(data, list):
        return [without_empty_keys(value, _item(core)) for value in data]
    if not isinstance(data, dict):
        return data
    known = _fields(core)
    return {
        key: without_empty_keys(value, known[key].annotation if key in known else Any)
        for key, value in data.items()
        if value is not None or key not in known
    }


def secrets_in(document: Document, data: Any, declared: Collection[str]) -> Iterator[Where]:
    """Places whose key names a secret, or whose text is an address with a password in it.

    `declared` are keys that an adapter declares as ordinary options.
    """
    for where, value in _leaves(data, ()):
        keys = [step for step in where if isinstance(step, str)]
        in_key = any(names_a_secret(key) and key not in declared for key in keys)
        if in_key or (isinstance(value, str) and holds_password(value)):
            yield where


def _leaves(data: Any, where: Where) -> Iterator[tuple[Where, Any]]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from _leaves(value, (*where, key))
    elif isinstance(data, list) and data:
        for at, value in enumerate(data):
            yield from _leaves(value, (*where, at))
    else:
        yield where, data


def explain(document: Document, model: type[BaseModel], error: ValidationError) -> list[Mistake]:
    """Every error of the models as a mistake at its line in the document."""
    mistakes: list[Mistake] = []
    for detail in error.errors(include_url=False, include_input=False):
        mistakes.extend(_explain_one(document, model, detail))
    return mistakes


def _explain_one(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Iterator[Mistake]:
    where: Where = detail["loc"]
    if detail["type"] == RULE:
        for path, way_out in detail["ctx"]["breaks"]:
            place = (*where, *_steps(path))
            yield document.mistake(place, found_at(document, place), way_out)
    elif detail["type"] == "extra_forbidden":
        yield unknown_key(document, where, list(_fields(_at(model, where[:-1])[0])), model)
    elif detail["type"] == "missing":
        yield document.mistake(where, "nothing", allowed_at(model, where))
    elif detail["type"] in ("too_long", "too_short"):
        ctx = detail["ctx"]
        limit = f"at most {ctx['max_length']}" if "max_length" in ctx else f"at least {ctx['min_length']}"
        yield document.mistake(where, f"{ctx['actual_length']} items", f"{limit}: {allowed_at(model, where)}")
    else:
        yield document.mistake(where, found_at(document, where), allowed_at(model, where))


def _steps(path: str) -> Where:
    return tuple(int(step) if step.isdigit() else step for step in path.split(".") if step)


def unknown_key(
    document: Document, where: Where, known: Collection[str], model: type[BaseModel] | None = None
) -> Mistake:
    """A key that nobody knows, with the nearest right name, or the block of `model` where it belongs."""
    key = str(where[-1])
    plain = key.lower().replace("-", "_")
    near = get_close_matches(plain, known, n=1, cutoff=0.6)
    homes = [home for name, home in _homes(model) if name == plain] if model else []
    if homes and plain not in known:
        allowed = f'"{plain}" under "{homes[0]}:"'
    elif near:
        allowed = f'"{near[0]}" is the nearest right name'
    else:
        allowed = "one of " + ", ".join(known) if known else "no key here"
    return document.mistake(where, f'the unknown key "{key}"', allowed)


def found_at(document: Document, where: Where) -> str:
    """What stands at this place, in words; a secret is never shown."""
    value: Any = document.data
    for step in where:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return "nothing"
    if any(isinstance(step, str) and names_a_secret(step) for step in where):
        return "a secret (not shown)"
    if value is None and where and isinstance(where[-1], int):
        return "nothing (an unquoted # begins a comment)"
    return show(value)


def show(value: Any) -> str:
    """A value in words: its kind, and its beginning."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"[: SHOWN_CHARACTERS + 11]
    if isinstance(value, str):
        shown = mask_text(value)
        shortened = shown if len(shown) <= SHOWN_CHARACTERS else shown[: SHOWN_CHARACTERS - 1] + "…"
        return 'the text "' + shortened.replace("\n", "\\n") + '"'
    return "a list" if isinstance(value, (list, tuple)) else "a block of keys"


def allowed_at(model: type[BaseModel], where: Where) -> str:
    """What may stand at this place, in words."""
    core, said, bounds = _at(model, where)
    return _kind(core) + _range(bounds) + (f" ({said})" if said else "")


def _at(model: type[BaseModel], where: Where) -> tuple[Any, str, list[Any]]:
    """The type at this place, what its field says, and the limits it sets."""
    core: Any = model
    said = ""
    bounds: list[Any] = []
    for step in where:
        if isinstance(step, str):
            info = _fields(core).get(step)
            if info is None:
                return Any, "", []
            annotation, said, bounds = info.annotation, info.description or "", list(info.metadata)
        else:
            annotation, bounds = _item(core), []
        core, metadata = _unwrap(annotation)
        for extra in metadata:
            if isinstance(extra, FieldInfo):
                bounds.extend(extra.metadata)
                said = extra.description or said
    return core, said, bounds


def _item(core: Any) -> Any:
    return get_args(core)[0] if get_args(core) else Any


def _kind(core: Any) -> str:
    if isinstance(core, type) and issubclass(core, Enum):
        return either([str(member.value) for member in core])
    if _fields(core):
        return "a block with " + ", ".join(_fields(core))
    return _KINDS.get(get_origin(core) or core, "another value")


def either(words: Collection[str]) -> str:
    """a, b or c."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _range(bounds: list[Any]) -> str:
    low = high = ""
    for bound in bounds:
        for name, words in (("ge", "from {:g}"), ("gt", "above {:g}")):
            if isinstance(getattr(bound, name, None), (int, float)):
                low = " " + words.format(getattr(bound, name))
        if isinstance(getattr(bound, "le", None), (int, float)):
            high = f" to {bound.le:g}" if low.startswith(" from") else f", at most {bound.le:g}"
    return low + high


def _unwrap(annotation: Any) -> tuple[Any, list[Any]]:
    """The type inside `Annotated[…]` and `… | None`, and the metadata around it."""
    metadata: list[Any] = []
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *more = get_args(annotation)
            metadata.extend(more)
        elif origin in (Union, types.UnionType):
            annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
        else:
            return annotation, metadata


def _fields(core: Any) -> dict[str, FieldInfo]:
    return core.model_fields if isinstance(core, type) and issubclass(core, BaseModel) else {}


def _homes(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str]]:
    """Every key below the top with the block it lives in."""
    for name, info in model.model_fields.items():
        core, _ = _unwrap(info.annotation)
        inner = f"{path}.{name}" if path else name
        if _fields(core):
            yield from ((key, inner) for key in _fields(core))
            yield from _homes(core, inner)
