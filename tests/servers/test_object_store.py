"""Photos in an object store: what a folder promises, and the road over a server that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.config import load
from bot.home import Home
from bot.pipeline import ingest
from bot.wiring import Built
from store import tables as t
from store.errors import Missing, StoreUnreachable
from store.objects import BucketBlobs, open_bucket
from store.records.page import Page
from store.records.photo import PhotoState
from store.records.post import Gone, Platform
from tests.integration import ready
from tests.integration.conftest import CONFIG, work_off
from tests.integration.ready import bring_in, mastodon_status
from tests.servers.object_store import BUCKET, SERVER, ObjectServer, object_server
from tests.stores import Clock

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="set up by `make test-servers`")
KEYS = {"HOMEWARD_S3_KEY_ID": "made-up", "HOMEWARD_S3_SECRET": "made-up-too"}


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectServer]:
    with object_server() as running:
        yield running


def opened(server: ObjectServer, folder: str) -> BucketBlobs:
    address = f"s3://{BUCKET}/{folder}"
    keys: dict[str, Any] = {"region": "us-east-1", "key_id": "made-up", "secret": "made-up-too"}
    return BucketBlobs(open_bucket(address, endpoint=server.endpoint, **keys))


def test_a_server_keeps_what_a_folder_keeps(server: ObjectServer) -> None:
    blobs = opened(server, "contract")
    digest = blobs.put(b"a photo")
    assert blobs.put(b"a photo") == digest and blobs.get(digest) == b"a photo" and blobs.has(digest)
    assert server.keys() == [f"contract/photos/{digest[:2]}/{digest[2:4]}/{digest}"]
    blobs.drop(digest)
    blobs.drop(digest)
    assert not blobs.has(digest) and server.keys() == []
    with pytest.raises(Missing):
        blobs.get(digest)


@pytest.fixture
def built(server: ObjectServer, tmp_path: Path, places: Path) -> Iterator[Built]:
    """An installation whose photos lie on the server."""
    store = f"photos: {{object_store: {{address: 's3://{BUCKET}/road', endpoint: '{server.endpoint}'}}}}\n"
    text = CONFIG.format(tag="HomewardSample", sources="[]", level="dry-run") + store
    (tmp_path / "config.yaml").write_text(text)
    data = tmp_path / "data"
    data.mkdir()
    (data / "places.sqlite").symlink_to(places)
    made = wiring.build(load(tmp_path / "config.yaml", env=KEYS), Home(data, False), clock=Clock())
    wiring.put_in_force(made)
    yield ready.quick(made)
    made.close()


def test_the_road_goes_over_a_server_that_goes_away_and_forgets_there_too(
    built: Built, server: ObjectServer, tmp_path: Path
) -> None:
    road, first = built.road, f"mastodon:{mastodon_status(1)['uri']}"
    bring_in(built, tmp_path / "a", "a", [mastodon_status(1, "p1.jpg")], p1=ready.PORTRAIT.read_bytes())
    assert work_off(built) == 0
    (digest,) = ready.photo_digests(built, first)
    assert len(server.keys()) == 2, "the original and the copy for showing"
    assert [path for path in built.home.photos.rglob("*") if path.is_file()] == []

    bring_in(built, tmp_path / "b", "b", [mastodon_status(2, "p2.jpg")], p2=ready.STREET.read_bytes())
    server.stop()
    with pytest.raises(StoreUnreachable):
        road.blobs.get(digest)
    assert work_off(built) >= 1, "the photo's work failed for now"
    with road.store.reading() as tx:
        dead = tx.execute(sa.select(t.jobs.c.key).where(t.jobs.c.state == "dead")).all()
    assert dead == [], "it waits; it was not given up"

    server.start()  # Empty: as if the first photo had been lost there.
    for path in (tmp_path / "a" / "photos", tmp_path / "b" / "photos"):
        for file in path.iterdir():
            road.blobs.put(file.read_bytes())
    road.clock.tick(minutes=30)  # type: ignore[attr-defined]
    assert work_off(built) == 0
    second = f"mastodon:{mastodon_status(2)['uri']}"
    with road.store.reading() as tx:
        states = tx.execute(sa.select(t.media.c.state).where(t.media.c.post_key == second)).scalars().all()
    assert states == [PhotoState.KEPT.value]

    for key in (first, second):
        gone = Gone(key, Platform.MASTODON, "deleted by its author", road.clock())
        ingest.take_page(road, "live", "Tag", Page(gone=(gone,)))
    assert work_off(built) == 0
    assert server.keys() == []
