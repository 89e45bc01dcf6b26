"""Photos and other bytes by their SHA-256 digest, in a local folder. Knows nothing of what they show."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Protocol, runtime_checkable

from store.errors import Missing, StoreError, Unwritable

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


@runtime_checkable
class Blobs(Protocol):
    """Bytes by digest. Writing the same bytes twice is one blob."""

    def put(self, data: bytes) -> str:
        """Keep the bytes; they are on disk when this returns. Gives the SHA-256 in hex. Raises Unwritable."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes. Raises Missing if there are none, StoreError if they were damaged."""
        ...

    def has(self, digest: str) -> bool:
        """Whether the blob is there."""
        ...

    def drop(self, digest: str) -> None:
        """Forget the blob; no error if it is not there."""
        ...


class FolderBlobs:
    """Blobs in a folder, two levels deep (`ab/cd/abcd…`), readable by the owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, digest: str) -> Path:
        if not _DIGEST.match(digest):
            raise StoreError(digest[:80], "is not a SHA-256 digest in hex")
        return self.folder / digest[:2] / digest[2:4] / digest

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if self._is_whole(path, digest):
            return digest
        draft = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, draft = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except OSError as error:
            if draft:
                Path(draft).unlink(missing_ok=True)
            raise Unwritable(
                str(path), f"could not be written ({error.strerror}); free space or rights?"
            ) from error
        return digest

    def _is_whole(self, path: Path, digest: str) -> bool:
        """Whether the blob lies there undamaged: a damaged one is written anew."""
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == digest
        except OSError:
            return False

    def get(self, digest: str) -> bytes:
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError as error:
            raise Missing(digest, "is not in the photo folder") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError(digest, "was damaged on disk: its bytes no longer have this digest")
        return data

    def has(self, digest: str) -> bool:
        return self._path(digest).exists()

    def drop(self, digest: str) -> None:
        self._path(digest).unlink(missing_ok=True)


class MemoryBlobs:
    """Blobs in memory: the fake for tests."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self._kept[digest] = data
        return digest

    def get(self, digest: str) -> bytes:
        try:
            return self._kept[digest]
        except KeyError as error:
            raise Missing(digest, "is not in the photo folder") from error

    def has(self, digest: str) -> bool:
        return digest in self._kept

    def drop(self, digest: str) -> None:
        self._kept.pop(digest, None)
