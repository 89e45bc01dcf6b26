"""Holds, sealed copies, early deletions, veils and their tasks: what must hold on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from store import early, holds, life, matches, outbox, pictures, posts, veils
from store.db import Store
from store.errors import Conflict, Missing
from store.matches import HIDDEN, OPEN
from store.records.hold import Hold, SafeguardingTask
from store.records.permit import Permit
from store.records.photo import PhotoState
from store.records.post import Author, GeoTag, Platform
from tests import makers
from tests.stores import START

HOUR = timedelta(hours=1)
ONE, TWO = makers.post(1).key, makers.post(2).key


def hold(number: int = 1, **changes: Any) -> Hold:
    given: dict[str, Any] = {
        "id": f"H{number}", "basis": "court order", "placed_by": "ana", "placed_at": START + number * HOUR,
        "until": START + 90 * HOUR, "posts": (ONE, TWO), "platform_permission": "letter",
    }  # fmt: skip
    return Hold(**given | changes)


def test_a_hold_comes_back_as_it_was_kept_and_moves_once_in_each_way(store: Store) -> None:
    with store.transaction() as tx:
        assert holds.add(tx, hold()) and not holds.add(tx, hold(basis="another"))
        assert holds.get(tx, "H1") == hold()
        holds.confirm(tx, "H1", by="ben", at=START + 2 * HOUR)
        with pytest.raises(Conflict):
            holds.confirm(tx, "H1", by="cia", at=START + 3 * HOUR)
        assert holds.end(tx, "H1", by="ben", why="handed over", at=START + 4 * HOUR)
        assert not holds.end(tx, "H1", by="ana", why="", at=START + 5 * HOUR)
        ended = holds.get(tx, "H1")
        assert (ended.confirmed_by, ended.ended_by, ended.ended_at) == ("ben", "ben", START + 4 * HOUR)
        with pytest.raises(Missing):
            holds.get(tx, "H2")


def test_holds_are_found_by_post_and_those_that_ended_are_no_longer_unended(store: Store) -> None:
    with store.transaction() as tx:
        holds.add(tx, hold(1))
        holds.add(tx, hold(2, posts=(TWO,)))
        holds.end(tx, "H1", by="ana", why="", at=START)
        assert [h.id for h in holds.of_post(tx, ONE)] == ["H1"]
        assert [h.id for h in holds.of_post(tx, TWO)] == [h.id for h in holds.listing(tx)] == ["H2", "H1"]
        assert [h.id for h in holds.unended(tx)] == ["H2"]


def test_a_sealed_copy_keeps_its_parts_in_order_until_it_is_destroyed(store: Store) -> None:
    with store.transaction() as tx:
        holds.put_sealed(tx, ONE, [b"post", b"photo"], key_id="k", why="deleted", at=START)
        holds.put_sealed(tx, ONE, [b"other"], key_id="k", why="again", at=START + HOUR)
        assert holds.sealed(tx, ONE) == [b"post", b"photo"]
        assert holds.copies(tx) == [holds.SealedCopy(ONE, 2, START, "k")]
        assert holds.drop_sealed(tx, ONE) and not holds.drop_sealed(tx, ONE)
        assert holds.sealed(tx, ONE) == [] and holds.copies(tx) == []


def test_early_deletions_are_remembered_for_a_time_and_in_a_number(store: Store) -> None:
    with store.transaction() as tx:
        early.remember(tx, [], START)
        for hour in range(6):
            early.remember(tx, [f"d{hour}"], START + hour * HOUR)
        early.remember(tx, ["d0"], START + 50 * HOUR)  # Heard of twice: the first time stays.
        assert early.is_remembered(tx, ["none", "d3"]) and not early.is_remembered(tx, ["none"])
        assert early.prune(tx, before=START + 2 * HOUR, most=100) == 2
        assert not early.is_remembered(tx, ["d0", "d1"])
        assert early.prune(tx, before=START, most=3) == 1
        assert early.count(tx) == 3 and early.is_remembered(tx, ["d5"])


def furnish(store: Store) -> None:
    """Two posts that show one photo, with an open match and a waiting reply of the first."""
    photo = makers.photo()
    with store.transaction() as tx:
        for number in (1, 2):
            post = makers.post(
                number, media=(makers.media(),), author=Author("a", "ana@a.example", location="Leeds")
            )
            posts.put(tx, post, makers.ALL, START)
            posts.set_media(tx, post.key, 0, PhotoState.KEPT, photo=photo.digest)
        matches.put(tx, makers.match(makers.face(photo), ONE), START)
        outbox.add(tx, makers.reply(ONE), to_author="digest")


def test_a_hidden_post_is_in_no_list_and_no_count(store: Store) -> None:
    furnish(store)
    with store.transaction() as tx:
        assert veils.put(tx, ONE, veils.SAFEGUARDING, START) and not veils.put(
            tx, ONE, veils.SAFEGUARDING, START
        )
        matches.hide_of_post(tx, ONE)
        assert [row.key for row in posts.latest(tx)] == [TWO]
        assert posts.since(tx, START - HOUR) == 1
        assert matches.queue(tx) == [] and matches.listing(tx) == []
        assert set(matches.waiting(tx).values()) == {0}
        assert outbox.listing(tx) == [] and outbox.counts(tx) == {}
        assert [s.post_key for s in pictures.showing(tx, [makers.photo().digest])] == [TWO]
        assert matches.of_post(tx, ONE)[0].state == HIDDEN
        with pytest.raises(Missing, match="not a stored post"):
            veils.check(tx, ONE)
        veils.check(tx, TWO)


def test_a_match_of_a_hidden_post_is_born_hidden_and_goes_over_to_a_post_that_is_not(store: Store) -> None:
    face = makers.face(makers.photo())
    with store.transaction() as tx:
        veils.put(tx, ONE, veils.SAFEGUARDING, START)
        assert matches.put(tx, makers.match(face, ONE), START)
        assert not matches.put(tx, makers.match(face, ONE), START)
        assert matches.queue(tx) == [] and set(matches.waiting(tx).values()) == {0}
        assert matches.put(tx, makers.match(face, TWO), START)
        (row,) = matches.queue(tx)
        assert (row.match.post_key, row.state) == (TWO, OPEN) and sum(matches.waiting(tx).values()) == 1
        assert not matches.put(tx, makers.match(face, ONE), START), "the hidden post takes nothing back"
        assert matches.withdraw_of_post(tx, TWO, "gone") == 1 and set(matches.waiting(tx).values()) == {0}


def test_a_hidden_match_is_withdrawn_without_being_counted(store: Store) -> None:
    with store.transaction() as tx:
        veils.put(tx, ONE, veils.SAFEGUARDING, START)
        matches.put(tx, makers.match(makers.face(makers.photo()), ONE), START)
        assert matches.withdraw_of_post(tx, ONE, "gone") == 1
        assert set(matches.waiting(tx).values()) == {0}


def test_a_picture_is_only_hidden_if_nothing_open_shows_it(store: Store) -> None:
    from store import photos

    furnish(store)
    photo = makers.photo()
    with store.transaction() as tx:
        photos.put(tx, photo, START)
        veils.put(tx, ONE, veils.SAFEGUARDING, START)
        assert not veils.shows_only_hidden(tx, photo.served)
        assert veils.is_shown_to_lead(tx, photo.served)
        veils.put(tx, TWO, veils.SEALED, START)
        assert veils.shows_only_hidden(tx, photo.served)
        veils.lift(tx, TWO, veils.SEALED)
        assert not veils.shows_only_hidden(tx, photo.served)
        assert not veils.is_shown_to_lead(tx, "f" * 64)


def test_a_task_is_raised_once_done_once_and_waits_in_between(store: Store) -> None:
    task = SafeguardingTask(ONE, "ABC234", "self", START)
    with store.transaction() as tx:
        assert veils.raise_task(tx, task) and not veils.raise_task(tx, task)
        assert veils.waiting(tx) == 1 and veils.task(tx, "ABC234") == task
        veils.finish(tx, "ABC234", by="lea", note="police informed", at=START + HOUR)
        with pytest.raises(Conflict):
            veils.finish(tx, "ABC234", by="lea", note="", at=START + HOUR)
        assert veils.waiting(tx) == 0 and veils.tasks(tx)[0].done_by == "lea"
        veils.drop_task(tx, ONE)
        with pytest.raises(Missing):
            veils.task(tx, "ABC234")


def test_young_authors_are_known_until_their_last_sign_is_old(store: Store) -> None:
    with store.transaction() as tx:
        assert veils.put_young(tx, "d", "age", START) and not veils.put_young(
            tx, "d", "grade", START + 9 * HOUR
        )
        assert veils.young_sign(tx, "d") == "grade" and veils.young_sign(tx, "other") == ""
        assert veils.drop_young(tx, before=START + 5 * HOUR) == 0
        assert veils.drop_young(tx, before=START + 10 * HOUR) == 1


def test_places_are_taken_off_a_post_and_its_versions(store: Store) -> None:
    author = Author("a", "ana@a.example", location="Leeds")
    first = makers.post(
        author=author, geotag=GeoTag(1.5, 2.5, name="Leeds"), raw={"geo": "Leeds"}, version="1"
    )
    second = makers.post(author=author, raw={"geo": "Leeds", "id": "1"}, version="2", edited_at=START + HOUR)
    with store.transaction() as tx:
        for post in (first, second):
            posts.put(tx, post, makers.ALL, START)
        assert life.of_author(tx, Platform.MASTODON, "a", "") == [ONE]
        assert life.of_author(tx, Platform.X, "a", "") == life.of_author(tx, Platform.MASTODON, "", "") == []
        life.scrub(tx, ONE, lambda raw: {name: raw[name] for name in raw if name != "geo"})
        kept = posts.get(tx, ONE)
        assert kept.author.location == "" and kept.geotag is None and kept.raw == {"id": "1"}
        assert "Leeds" not in repr(life.kept_versions(tx, ONE)) and len(life.kept_versions(tx, ONE)) == 1


def test_what_is_due_is_found_by_its_end_and_by_the_limit_of_its_platform(store: Store) -> None:
    ends = Permit(True, True, True, delete_by=START + HOUR)
    with store.transaction() as tx:
        posts.put(tx, makers.post(1), ends, START)
        posts.put(tx, makers.post(2), makers.ALL, START)
        posts.put(tx, makers.post(3, key="x:3", platform=Platform.X), makers.ALL, START)
        assert life.due(tx, START, {}, most=9) == []
        assert life.due(tx, START + HOUR, {}, most=9) == [ONE]
        assert set(life.due(tx, START, {"x": START, "weibo": START}, most=9)) == {"x:3"}
        assert life.count_due(tx, START + HOUR, {"x": START + HOUR}) == 2
        assert len(life.due(tx, START + HOUR, {"x": START}, most=1)) == 1
