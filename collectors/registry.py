"""Finds the adapters that are there and builds them from options. Knows none of them by name.

A module of this package is an adapter when it has `SPEC: SourceSpec` and
`build(name, options, context) -> Collector`. What it may offer beside: `is_payload(value) -> bool` and
`read_payload(value, received_at, *, where) -> Reading`, by which archives and stored posts are read.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, cast

import collectors
from collectors.base import Collector, SourceSpec
from collectors.context import Context
from collectors.options import nearest, options_of
from collectors.payload import Reading
from store.errors import ConfigError
from store.records.post import Platform

__all__ = ["Context", "build", "options_of", "platforms", "reader_of", "specs"]

Reader = Callable[..., Reading]


@functools.cache
def _adapters() -> Mapping[str, ModuleType]:
    found: dict[str, ModuleType] = {}
    for info in pkgutil.iter_modules(collectors.__path__):
        module = importlib.import_module(f"{collectors.__name__}.{info.name}")
        spec = getattr(module, "SPEC", None)
        if not isinstance(spec, SourceSpec) or not hasattr(module, "build"):
            continue
        if spec.kind in found:
            other = found[spec.kind].__name__
            raise ConfigError(spec.kind, f"two adapters have this kind: {other} and {module.__name__}")
        found[spec.kind] = module
    return MappingProxyType(dict(sorted(found.items())))


def specs() -> dict[str, SourceSpec]:
    """What each adapter declares, by kind, in order of the kinds."""
    return {kind: module.SPEC for kind, module in _adapters().items()}


def platforms() -> list[Platform]:
    """The platforms that can be named: those of the vocabulary and those of the adapters, in order."""
    return sorted({*Platform, *(spec.platform for spec in specs().values())})


def reader_of(value: object) -> Reader | None:
    """The reader of an adapter that recognises this payload as its own."""
    for module in _adapters().values():
        if hasattr(module, "read_payload") and module.is_payload(value):
            return cast(Reader, module.read_payload)
    return None


def build(kind: str, name: str, options: Mapping[str, Any], context: Context) -> Collector:
    """The collector of that kind. `name` is the source's name in config.yaml.

    Raises ConfigError (subject `name.option`) for an unknown kind, an unknown option or a wrong value.
    """
    adapters = _adapters()
    if kind not in adapters:
        raise ConfigError(f"{name}.kind", f"no adapter is called {kind!r}{nearest(kind, adapters)}")
    module = adapters[kind]
    return cast(Collector, module.build(name, options_of(module.SPEC, name, options), context))
