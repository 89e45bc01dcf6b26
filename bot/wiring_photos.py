"""Where photos lie and how much room they may take. Part of bot/wiring.py; decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.config import Config
from bot.home import Home
from bot.photos.copies import CopiesMadeAgain
from bot.photos.gate import PhotoGate
from bot.pipeline.room import GB, Space
from store import photo_copies
from store.blobs import Blobs, FolderBlobs
from store.db import Store
from store.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from obstore.store import ObjectStore


def bucket_of(config: Config, home: Home) -> ObjectStore | None:
    """The bucket of config.yaml, None where files lie in the data folder. Raises ConfigError.

    The library is loaded only where there is a bucket: everybody else starts faster.
    """
    block = config.photos.object_store
    if block.address is None or home.is_sample:
        return None
    from store import objects

    key_id, secret = (config.secrets.get(name) for name in ("HOMEWARD_S3_KEY_ID", "HOMEWARD_S3_SECRET"))
    try:
        return objects.open_bucket(
            block.address, endpoint=block.endpoint or "", region=block.region, key_id=key_id, secret=secret
        )
    except StoreError as error:
        raise ConfigError("photos.object_store", str(error)) from error


def _shared(bucket: ObjectStore) -> Blobs:
    from store.objects import BucketBlobs

    return BucketBlobs(bucket)


def photos_of(config: Config, home: Home, store: Store, gate: PhotoGate) -> dict[str, Any]:
    """The store of photos and the room there is, by what they are called on the road."""

    def originals_of(served: str) -> list[str]:
        with store.reading() as tx:
            return photo_copies.originals_of(tx, served)

    limits, bucket = config.limits, bucket_of(config, home)
    where = FolderBlobs(home.photos) if bucket is None else _shared(bucket)
    return {
        "blobs": CopiesMadeAgain(where, gate, originals_of),
        "space": Space(home.folder, int(limits.max_disk_gb * GB), int(limits.min_free_gb * GB)),
    }
