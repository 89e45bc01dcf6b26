"""Photos and sealed files in an object store that several hosts share: S3 and what speaks like it.

The same digests and the same promises as the folders of store/blobs.py and store/evidence.py. Knows no
setting of the environment: everything is handed in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from store.errors import Missing, StoreError, StoreUnreachable
from store.evidence import ROW
from store.seal import SealKey

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
RETRIES = 4
TIMEOUT = timedelta(seconds=20)


def open_bucket(address: str, *, endpoint: str, region: str, key_id: str, secret: str) -> ObjectStore:
    """The bucket of `s3://BUCKET/FOLDER`. Asks nobody yet.

    `endpoint`: https address of an S3-compatible server, "" for Amazon's own; plain http on loopback
    alone. Raises StoreError naming what is wrong.
    """
    parts = urlsplit(address)
    if parts.scheme != "s3" or not _BUCKET.match(parts.netloc):
        raise StoreError(address[:80], "is no address of a bucket; write s3://BUCKET or s3://BUCKET/FOLDER")
    server = urlsplit(endpoint)
    is_near = server.scheme == "http" and server.hostname in LOOPBACK
    if endpoint and not (server.scheme == "https" or is_near):
        raise StoreError(endpoint[:80], "must be https:// (http:// on this machine alone)")
    if not (key_id and secret):
        raise StoreError(address[:80], "needs HOMEWARD_S3_KEY_ID and HOMEWARD_S3_SECRET in the environment")
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        region=region,
        access_key_id=key_id,
        secret_access_key=secret,
        virtual_hosted_style_request=False,
        client_options={"allow_http": is_near, "timeout": TIMEOUT, "connect_timeout": timedelta(seconds=5)},
        retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=60)},
        config={"endpoint": endpoint} if endpoint else {},
    )


@contextmanager
def _asked(subject: str) -> Iterator[None]:
    """Whatever the object store says no with becomes an error of ours, without its address or keys."""
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(subject, "is not in the object store") from error
    except (BaseError, OSError) as error:
        words = "the object store did not answer as it should"
        raise StoreUnreachable(subject, f"{words} ({type(error).__name__}); it is asked again") from None


class BucketBlobs:
    """Blobs in an object store, two levels deep below `photos/` (`photos/ab/cd/abcd…`)."""

    def __init__(self, bucket: ObjectStore, folder: str = "photos") -> None:
        self._bucket, self._folder = bucket, folder

    def _path(self, digest: str) -> str:
        if not _DIGEST.match(digest):
            raise StoreError(digest[:80], "is not a SHA-256 digest in hex")
        return f"{self._folder}/{digest[:2]}/{digest[2:4]}/{digest}"

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        if not self.has(digest):
            with _asked(digest[:12]):
                obstore.put(self._bucket, self._path(digest), data)
        return digest

    def get(self, digest: str) -> bytes:
        path = self._path(digest)
        with _asked(digest):
            data = bytes(obstore.get(self._bucket, path).bytes())
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError(digest, "was damaged in the object store: its bytes no longer have this digest")
        return data

    def has(self, digest: str) -> bool:
        return _is_there(self._bucket, self._path(digest), digest)

    def drop(self, digest: str) -> None:
        path = self._path(digest)
        try:
            with _asked(digest[:12]):
                obstore.delete(self._bucket, path)
        except Missing:
            return


class BucketEvidence:
    """Sealed bytes in an object store. What is destroyed is deleted: keep no versions in that bucket."""

    def __init__(self, bucket: ObjectStore, folder: str, key: SealKey) -> None:
        self._bucket, self._folder, self._key = bucket, folder, key

    def _path(self, digest: str) -> str:
        if not _DIGEST.match(digest):
            raise StoreError(digest[:80], "is not a SHA-256 digest in hex")
        return f"{self._folder}/{digest}.sealed"

    def put(self, digest: str, data: bytes) -> None:
        if not self.has(digest):
            with _asked(digest[:12]):
                obstore.put(self._bucket, self._path(digest), self._key.seal_bytes(data, row=ROW + digest))

    def get(self, digest: str) -> bytes:
        path = self._path(digest)
        with _asked(digest[:12]):
            sealed = bytes(obstore.get(self._bucket, path).bytes())
        return self._key.open_bytes(sealed, row=ROW + digest)

    def has(self, digest: str) -> bool:
        return _is_there(self._bucket, self._path(digest), digest)

    def destroy(self, digest: str) -> bool:
        if not self.has(digest):
            return False
        with _asked(digest[:12]):
            obstore.delete(self._bucket, self._path(digest))
        return True


def _is_there(bucket: ObjectStore, path: str, digest: str) -> bool:
    try:
        with _asked(digest[:12]):
            obstore.head(bucket, path)
    except Missing:
        return False
    return True
