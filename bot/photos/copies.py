"""Copies for showing that are made again when they are not kept: what a small disk gives up first.

Sits before any store of blobs. An original is never given up here, and no copy is made of a photo whose
row is gone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import structlog

from bot.photos.gate import PhotoGate
from store.blobs import Blobs
from store.errors import Missing, PhotoError

log = structlog.get_logger(__name__)

KEEP_BYTES = 32 * 2**20


class CopiesMadeAgain:
    """Blobs; a copy for showing that is not there is made from its original by the photo gate.

    `originals_of(digest)` gives the digests of kept photos whose copy this is. The same version of the
    gate makes the same bytes; another may not, and then the copy counts as missing until the photo is
    looked at again. The last copies made, up to 32 MB, stay in memory.
    """

    def __init__(self, inner: Blobs, gate: PhotoGate, originals_of: Callable[[str], Sequence[str]]) -> None:
        self.inner = inner
        self._gate = gate
        self._originals_of = originals_of
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def put(self, data: bytes) -> str:
        return self.inner.put(data)

    def get(self, digest: str) -> bytes:
        """The bytes. Raises Missing when they are not there and cannot be made, StoreError as below it."""
        try:
            return self.inner.get(digest)
        except Missing:
            originals = self._originals_of(digest)
            if not originals:
                raise
            made = self._again(digest, originals)
            if made is None:
                raise
            return made

    def has(self, digest: str) -> bool:
        """Whether the bytes lie in the store. A copy that could be made again does not."""
        return self.inner.has(digest)

    def drop(self, digest: str) -> None:
        with self._lock:
            self._size -= len(self._made.pop(digest, b""))
        self.inner.drop(digest)

    def _again(self, digest: str, originals: Sequence[str]) -> bytes | None:
        with self._lock:
            if digest in self._made:
                self._made.move_to_end(digest)
                return self._made[digest]
        for original in originals:
            if original == digest or not self.inner.has(original):
                continue
            try:
                examined = self._gate.examine(self.inner.get(original))
            except PhotoError as error:
                log.warning("copy_not_made", photo=original, reason=type(error).__name__)
                continue
            if examined.photo.served == digest:
                self._keep(digest, examined.served_jpeg)
                return examined.served_jpeg
            log.info("copy_differs", photo=original)
        return None

    def _keep(self, digest: str, jpeg: bytes) -> None:
        with self._lock:
            self._size += len(jpeg) - len(self._made.pop(digest, b""))
            self._made[digest] = jpeg
            while self._size > KEEP_BYTES and len(self._made) > 1:
                _, dropped = self._made.popitem(last=False)
                self._size -= len(dropped)
