"""Sealed bytes of pictures that were put away, apart from the photo folder: to hand over, not to see.

Only ciphertext is ever written. Knows nothing of why a picture lies here.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Protocol, runtime_checkable

from store.errors import Missing, StoreError, Unwritable
from store.seal import SealKey

ROW = "evidence:"


@runtime_checkable
class Evidence(Protocol):
    """Sealed bytes by the digest of what was sealed. Keeping the same bytes twice is one."""

    def put(self, digest: str, data: bytes) -> None:
        """Seal and keep the bytes; they are on disk when this returns."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes again. Raises Missing if there are none, Sealed if the key is another one."""
        ...

    def has(self, digest: str) -> bool:
        """Whether there are sealed bytes."""
        ...

    def destroy(self, digest: str) -> bool:
        """Overwrite and remove the sealed bytes; False if there were none."""
        ...


class FolderEvidence:
    """Sealed files in one folder that only its owner may enter."""

    def __init__(self, folder: Path, key: SealKey) -> None:
        self._folder, self._key = folder, key

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
            raise StoreError(digest[:80], "is not a SHA-256 digest in hex")
        return self._folder / f"{digest}.sealed"

    def put(self, digest: str, data: bytes) -> None:
        path = self._path(digest)
        if path.exists():
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, draft = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(self._key.seal_bytes(data, row=ROW + digest))
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except OSError as error:
            raise Unwritable(
                str(path), f"could not be written ({error.strerror}); free space or rights?"
            ) from error

    def get(self, digest: str) -> bytes:
        try:
            sealed = self._path(digest).read_bytes()
        except FileNotFoundError as error:
            raise Missing(digest[:12], "has no sealed bytes here") from error
        return self._key.open_bytes(sealed, row=ROW + digest)

    def has(self, digest: str) -> bool:
        return self._path(digest).exists()

    def destroy(self, digest: str) -> bool:
        path = self._path(digest)
        try:
            with path.open("r+b") as file:
                file.write(b"\0" * path.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            return False
        return True


class MemoryEvidence:
    """The fake for tests: keeps what it is given."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, digest: str, data: bytes) -> None:
        self._kept.setdefault(digest, data)

    def get(self, digest: str) -> bytes:
        try:
            return self._kept[digest]
        except KeyError as error:
            raise Missing(digest[:12], "has no sealed bytes here") from error

    def has(self, digest: str) -> bool:
        return digest in self._kept

    def destroy(self, digest: str) -> bool:
        return self._kept.pop(digest, None) is not None
