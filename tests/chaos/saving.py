"""Backing up, restoring, upgrading, deleting by the clock and purging, each as a program to be killed.

Each order is one step of an installation's life; run again after a kill it comes to the same end.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bot import wiring
from bot.config import load
from bot.faces.fake import FakeFaceModel
from bot.home import Home
from bot.pipeline import backing_up, backup_file, ending, forgetting, ingest, retention
from bot.services import restoring, upgrading
from store import campaign_steps, posts
from store import tables as t
from store.campaign_steps import CampaignStep
from store.errors import UsageError
from store.records.page import Page
from store.records.post import Gone, Platform
from tests import makers
from tests.chaos.road import KEY
from tests.stores import START, Clock
from tests.unit.extract.fake_gazetteer import FakeGazetteer

POSTS = 230
LATER = timedelta(days=30)
CONFIG = """
campaign: {hashtags: ["Tag"]}
contact: {address: tests@homeward.example}
legal: {responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}
"""


def run(order: str, folder: str) -> None:
    """Do one of: fill, back-up, forget-one, restore, retention, purge, upgrade."""
    {
        "fill": _fill,
        "back-up": _back_up,
        "forget-one": _forget_one,
        "restore": _restore,
        "retention": _retention,
        "purge": _purge,
        "upgrade": _upgrade,
    }[order](Path(folder))


def home_of(folder: Path) -> Home:
    """The installation's data folder; backups lie beside it."""
    return Home(folder / "data", False)


@contextmanager
def opened(folder: Path, clock: Clock | None = None) -> Iterator[wiring.Built]:
    """The installation, with a clock that stands."""
    home, file = home_of(folder), folder / "config.yaml"
    home.prepare()
    home.key.write_text(base64.urlsafe_b64encode(KEY.secret).decode())
    file.write_text(CONFIG)
    built = wiring.build(load(file, env={}), home, clock=clock or Clock())
    model = FakeFaceModel()
    built.road.faces, built.road.gazetteer = lambda: model, FakeGazetteer
    try:
        yield built
    finally:
        built.close()


def _fill(folder: Path) -> None:
    """Posts that were read and are no sightings, in pages of fifty."""
    with opened(folder) as built:
        for first in range(0, POSTS, 50):
            found = [makers.post(number) for number in range(first, min(first + 50, POSTS))]
            ingest.take_page(built.road, "live", "Tag", Page(posts=tuple(found)))
            with built.road.store.transaction() as tx:
                for post in found:
                    row = {"post_key": post.key, "where": [], "when": [], "who": {}, "is_sighting": False}
                    tx.execute(sa.insert(t.sightings).values(**row))
        with built.road.store.transaction() as tx:
            tx.execute(sa.delete(t.jobs))


def _back_up(folder: Path) -> None:
    with opened(folder) as built:
        assert built.road.backup is not None
        backing_up.make(built.road, built.road.backup, folder / "backups", by="test")


def _forget_one(folder: Path) -> None:
    """One post is deleted by its author after the backup."""
    with opened(folder, Clock(START + timedelta(minutes=5))) as built, built.road.store.transaction() as tx:
        gone = Gone(makers.post(7).key, Platform.MASTODON, "deleted there", built.road.clock())
        ingest.take_gone(built.road, tx, gone)


def _restore(folder: Path) -> None:
    """As the command does it: to its place, then finished; a restore that was begun is only finished."""
    home = home_of(folder)
    if home.restoring.exists():
        home.prepare()
    keys = backup_file.keys_of(home.backup_key, "")
    if not home.unfinished.exists():
        (path,) = (folder / "backups").glob("homeward-*.age")
        restoring.place(path, home, keys, at=START + timedelta(minutes=10))
    with opened(folder, Clock(START + timedelta(minutes=11))) as built:
        try:
            restoring.finish(built.road, home, keys, by="test")
        except UsageError:
            return  # It was finished before the kill.


def _retention(folder: Path) -> None:
    with opened(folder, Clock(START + LATER)) as built:
        retention.end(built.road)
        forgetting.forget(built.road)


def _purge(folder: Path) -> None:
    """Two people have agreed on deleting what was collected."""
    with opened(folder) as built:
        with built.road.store.transaction() as tx:
            if campaign_steps.get(tx, ending.PURGE) is None:
                wish = CampaignStep(ending.PURGE, ending.RUNNING, {}, "ana", START, "ben", START)
                campaign_steps.put(tx, wish)
        ending.purge(built.road)


def _upgrade(folder: Path) -> None:
    """Bring the database that lies there to this version's schema."""
    upgrading.upgrade(home_of(folder), now=START)


def standing(folder: Path) -> set[str]:
    """The keys of the posts that are there."""
    with opened(folder) as built, built.road.store.reading() as tx:
        return {row.key for row in tx.execute(sa.select(t.posts.c.key).where(t.posts.c.gone_at.is_(None)))}


def has(folder: Path, key: str) -> bool:
    """Whether a post stands."""
    with opened(folder) as built, built.road.store.reading() as tx:
        return posts.stands(tx, key)
