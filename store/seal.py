"""Sealing: values that only the installation's key opens (contacts, session tokens), and keyed digests.

AES-256-GCM; the row's own key is bound in as associated data, so that a sealed value cannot be
moved to another row. Keys come from the environment or from a file that only the owner can read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.errors import ConfigError, Sealed

_NONCE_BYTES = 12
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class SealKey:
    """An installation's key: 32 bytes. Its representation never shows them."""

    secret: bytes

    @property
    def id(self) -> str:
        """A short name of the key (not the key): tells which key sealed a value."""
        return hashlib.sha256(b"homeward key id" + self.secret).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"SealKey(id={self.id})"

    def seal(self, value: str, *, row: str) -> bytes:
        """Encrypt `value` for the row named `row`."""
        return self.seal_bytes(value.encode(), row=row)

    def seal_bytes(self, value: bytes, *, row: str) -> bytes:
        """Encrypt bytes for the row named `row`."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, value, row.encode())

    def open(self, sealed: bytes, *, row: str) -> str:
        """The value again. Raises Sealed for another key, another row or a changed byte."""
        return self.open_bytes(sealed, row=row).decode()

    def open_bytes(self, sealed: bytes, *, row: str) -> bytes:
        """The bytes again. Raises Sealed for another key, another row or a changed byte."""
        try:
            return AESGCM(self.secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row.encode())
        except (InvalidTag, ValueError) as error:
            raise Sealed(
                row, f"the sealed value does not open with key {self.id}; use the key it was sealed with"
            ) from error

    def digest(self, purpose: str, value: str) -> str:
        """A keyed digest in hex (HMAC-SHA-256): equal values are recognised, none can be read back."""
        return hmac.new(self.derived(purpose), value.encode(), hashlib.sha256).hexdigest()

    def derived(self, purpose: str) -> bytes:
        """A key of its own for one purpose."""
        return hmac.new(self.secret, b"homeward:" + purpose.encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys for values that are sealed anew when the key changes: the first seals, each opens its own."""

    keys: tuple[SealKey, ...]

    @property
    def id(self) -> str:
        """The name of the key that seals now."""
        return self.keys[0].id

    def seal(self, value: str, *, row: str) -> bytes:
        """Encrypt `value` for the row named `row` with the present key."""
        return self.keys[0].seal(value, row=row)

    def seal_bytes(self, value: bytes, *, row: str) -> bytes:
        """Encrypt bytes for the row named `row` with the present key."""
        return self.keys[0].seal_bytes(value, row=row)

    def open(self, sealed: bytes, *, row: str) -> str:
        """The value again, whichever of the keys sealed it. Raises Sealed."""
        return self.open_bytes(sealed, row=row).decode()

    def open_bytes(self, sealed: bytes, *, row: str) -> bytes:
        """The bytes again, whichever of the keys sealed them. Raises Sealed."""
        for key in self.keys[:-1]:
            try:
                return key.open_bytes(sealed, row=row)
            except Sealed:
                continue
        return self.keys[-1].open_bytes(sealed, row=row)


def read_keys(given: str, name: str) -> tuple[SealKey, ...]:
    """Keys from one variable, the present one first, separated by commas. Raises ConfigError."""
    return tuple(SealKey(_decode(part.strip(), name)) for part in given.split(",") if part.strip())


def load_key(given: str | None, path: Path) -> SealKey:
    """The key from `given` (base64 of 32 bytes, the environment's word) or from the file, made if new.

    Raises ConfigError when the given text is not such a key.
    """
    if given:
        return SealKey(_decode(given, "HOMEWARD_SEAL_KEY"))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = base64.urlsafe_b64encode(os.urandom(_KEY_BYTES))
        # Written beside and linked in, so that two processes starting at once agree on one key.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return SealKey(_decode(path.read_text().strip(), str(path)))


def _decode(text: str, subject: str) -> bytes:
    try:
        secret = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _KEY_BYTES:
        raise ConfigError(subject, "is not a key: 32 bytes in URL-safe base64 are needed")
    return secret
