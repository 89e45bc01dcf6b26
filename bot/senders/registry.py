"""Finds the senders that are there and builds them for our accounts. Knows none of them by name.

A module of this package is found when it has `SPEC: SenderSpec` and
`build(account, secrets, user_agent) -> Sender | None` (None: its secret is not set), or
`build_in(account, context)` where it shares a session with the collectors of its account.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType, ModuleType

import bot.senders
from bot.rules.lengths import RULES, Rules
from bot.senders.base import Account, Sender, SenderSpec
from collectors.context import Context
from store.errors import ConfigError
from store.records.post import Platform


@functools.cache
def _modules() -> Mapping[Platform, ModuleType]:
    found: dict[Platform, ModuleType] = {}
    for info in pkgutil.iter_modules(bot.senders.__path__):
        module = importlib.import_module(f"{bot.senders.__name__}.{info.name}")
        spec = getattr(module, "SPEC", None)
        if not isinstance(spec, SenderSpec) or not (hasattr(module, "build") or hasattr(module, "build_in")):
            continue
        if spec.platform in found:
            other = found[spec.platform].__name__
            raise ConfigError(spec.platform, f"two senders are for it: {other} and {module.__name__}")
        found[spec.platform] = module
    return MappingProxyType(found)


def lengths() -> Rules:
    """How long a text may be, for every platform: what this version knows, and what senders declare."""
    return MappingProxyType(
        {**RULES, **{platform: module.SPEC.length for platform, module in _modules().items()}}
    )


def build(
    accounts: Mapping[Platform, Account], secrets: Mapping[str, str], user_agent: str, context: Context
) -> dict[str, Sender]:
    """The senders, by platform, of those accounts whose secrets are there. Raises ConfigError."""
    found: dict[str, Sender] = {}
    for platform, account in accounts.items():
        module = _modules().get(platform)
        if module is None:
            continue
        if hasattr(module, "build_in"):
            sender = module.build_in(account, context)
        else:
            sender = module.build(account, secrets, user_agent)
        if sender is not None:
            found[platform.value] = sender
    return found
