"""What must never be shown: keys that name a secret, and secrets inside text.

Pure. Used by the settings (mistakes, `config show`) and by the logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "••••"

_SECRET_KEY = re.compile(
    r"(^|[_-])(token|password|passwd|passphrase|secret|credentials?|bearer|authorization|cookie|session"
    r"|api[_-]?key|private[_-]?key|seal[_-]?key|app[_-]?key)s?($|[_-])",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PASSWORD_IN_ADDRESS = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(@)")
_SECRET_TEXT = (
    # Authorization headers, wherever they are quoted.
    (re.compile(r"(?i)\b(bearer|basic|dpop)(\s+)[A-Za-z0-9._~+/=-]{6,}"), r"\1\2" + MASK),
    # name=value and "name": "value" where the name is a secret's.
    (
        re.compile(
            r"(?i)([\w-]*(?:token|password|passwd|secret|api[_-]?key|app[_-]?key|jwt)[\w-]*[\"']?\s*[=:]\s*[\"']?)"
            r"[^\s\"'&,;)}\]]{3,}"
        ),
        r"\1" + MASK,
    ),
    (_PASSWORD_IN_ADDRESS, r"\1" + MASK + r"\2"),
    # A JSON web token by its shape.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"), MASK),
)
SHORTEST_SECRET = 4
"""Shorter values are not searched for in text: they would blank out ordinary words."""


def names_a_secret(key: str) -> bool:
    """True if a setting or a log field of this name holds a secret."""
    return _SECRET_KEY.search(_CAMEL.sub("_", key)) is not None


def holds_password(text: str) -> bool:
    """True if the text is or holds an address with a password: scheme://user:password@host."""
    return _PASSWORD_IN_ADDRESS.search(text) is not None


def mask_text(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with known secrets, credentials in addresses and anything that looks like a token masked."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text
