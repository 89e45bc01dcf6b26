"""Imports as rows: statements, files, which posts they brought; the same on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from store import imports, matches, photos, posts, rechecks
from store import tables as t
from store.db import Store, Transaction
from store.errors import Conflict, Missing
from store.records.imports import Basis, Import, ImportFile, Statement
from store.records.permit import Use
from store.records.post import Gone, Observation, Platform
from tests import makers
from tests.stores import START

DAY = timedelta(days=1)
SAID = Statement("Ana", Basis.CONSENT, "her brother", START + DAY, frozenset({Use.MATCH}))


def begun(import_id: str = "a1", said: Statement | None = None) -> Import:
    return Import(import_id, "/in/x", START, "op", said, "op" if said else "", START if said else None)


def bring(tx: Transaction, number: int, file: str = "f1", source: str = imports.SOURCE) -> str:
    post = makers.post(number)
    posts.put(tx, post, makers.ALL, START)
    posts.observe(tx, Observation(post.key, source, file, post.native_id, START))
    return post.key


def test_an_import_comes_back_as_it_was_kept(store: Store) -> None:
    with store.transaction() as tx:
        assert imports.add(tx, begun(said=SAID)) and not imports.add(tx, begun(said=None))
        imports.put_file(tx, ImportFile("a1", "f1", "x.json"))
        imports.put_file(tx, ImportFile("a1", "f1", "x.json", 3, 1, 2, is_read=True))
    with store.reading() as tx:
        assert imports.get(tx, "a1") == begun(said=SAID)
        assert imports.files_of(tx, "a1") == [ImportFile("a1", "f1", "x.json", 3, 1, 2, is_read=True)]
        assert imports.of_file(tx, "f1") == imports.listing(tx) == [begun(said=SAID)]
        assert imports.totals(imports.files_of(tx, "a1")) == {"posts": 3, "set_aside": 1, "not_kept": 2}


def test_a_statement_replaces_an_earlier_one_and_a_revoked_one(store: Store) -> None:
    with store.transaction() as tx:
        imports.add(tx, begun())
        imports.state(tx, "a1", SAID, by="ana", at=START)
        imports.settled(tx, "a1")
        imports.revoke(tx, "a1", by="ben", at=START + DAY)
        held = imports.get(tx, "a1")
        assert (held.statement, held.revoked_by, held.revoked_at) == (SAID, "ben", START + DAY)
        assert held.pending and imports.pending(tx) == ["a1"]
        imports.settled(tx, "a1")
        assert imports.pending(tx) == []
        other = replace(SAID, basis=Basis.AUTHORITY_ORDER, until=None)
        imports.state(tx, "a1", other, by="ana", at=START + 2 * DAY)
        held = imports.get(tx, "a1")
        assert (held.statement, held.revoked_at, held.stated_at) == (other, None, START + 2 * DAY)


def test_a_statement_ends_once(store: Store) -> None:
    with store.transaction() as tx:
        imports.add(tx, begun(said=SAID))
        imports.add(tx, begun("a2", replace(SAID, until=None)))
        imports.add(tx, begun("a3"))
        assert not imports.is_end_due(tx, START) and imports.end_due(tx, START) == []
        assert imports.is_end_due(tx, START + DAY)
        assert imports.end_due(tx, START + DAY) == ["a1"] and imports.pending(tx) == ["a1"]
        assert imports.end_due(tx, START + DAY) == [] and not imports.is_end_due(tx, START + 2 * DAY)


def test_ids_may_be_shortened_as_long_as_they_are_clear(store: Store) -> None:
    with store.transaction() as tx:
        for name in ("abc1", "abd2", "ab"):
            imports.add(tx, begun(name))
        assert imports.full_id(tx, "abc") == "abc1" and imports.full_id(tx, "ab") == "ab"
        with pytest.raises(Conflict):
            imports.full_id(tx, "a")
        for wrong in ("x", "", "%"):
            with pytest.raises(Missing):
                imports.full_id(tx, wrong)
        with pytest.raises(Missing):
            imports.get(tx, "abc")


def test_posts_are_found_by_the_files_that_brought_them(store: Store) -> None:
    with store.transaction() as tx:
        for name, file in (("a1", "f1"), ("a2", "f2"), ("a2", "f1")):
            imports.add(tx, begun(name))
            imports.put_file(tx, ImportFile(name, file, "x.json"))
        keys = [bring(tx, number) for number in (1, 2, 3)]
        other, live = bring(tx, 4, "f2"), bring(tx, 5, "f1", "live")
        assert imports.posts_of(tx, "a1") == keys
        assert imports.posts_of(tx, "a2") == sorted([*keys, other])
        assert imports.posts_of(tx, "a1", after=keys[0], most=1) == [keys[1]]
        assert [made.id for made in imports.of_post(tx, keys[0])] == ["a1", "a2"]
        assert imports.of_post(tx, live) == []
        assert (imports.ways_to(tx, keys[0]), imports.ways_to(tx, live)) == ((True, False), (False, True))
        bring(tx, 1, "f1", "live")
        assert imports.ways_to(tx, keys[0]) == (True, True)
        posts.wipe(tx, Gone(keys[1], Platform.MASTODON, "deleted", START))
        assert imports.posts_of(tx, "a1") == [keys[0], keys[2]]


def test_an_import_waits_until_it_or_another_delivery_of_all_its_files_is_stated(store: Store) -> None:
    def waiting(tx: Transaction) -> list[str]:
        return [made.id for made in imports.waiting(tx)]

    with store.transaction() as tx:
        imports.add(tx, begun("a1"))
        assert waiting(tx) == [], "it brought no file yet"
        for file in ("f1", "f2"):
            imports.put_file(tx, ImportFile("a1", file, file))
        imports.add(tx, begun("a2", SAID))
        imports.put_file(tx, ImportFile("a2", "f1", "f1"))
        assert waiting(tx) == ["a1"]
        imports.put_file(tx, ImportFile("a2", "f2", "f2"))
        assert waiting(tx) == []
        imports.end_due(tx, START + DAY)
        assert waiting(tx) == ["a1"], "that statement has ended"
        imports.revoke(tx, "a1", by="op", at=START)
        assert waiting(tx) == []


def test_pictures_that_came_in_a_file_are_known_until_others_take_their_place(store: Store) -> None:
    with store.transaction() as tx:
        post = makers.post(1, media=(makers.media(local="b" * 64),))
        posts.put(tx, post, makers.ALL, START)
        assert imports.has_given_pictures(tx, post.key)
        posts.drop_given(tx, post.key, 0)
        assert not imports.has_given_pictures(tx, post.key)


def test_posts_that_only_a_file_brought_are_due_for_each_live_source_of_their_platform(store: Store) -> None:
    later = START + DAY
    with store.transaction() as tx:
        mine, live = bring(tx, 1), bring(tx, 2, "Tag", "live")
        photos.put(tx, makers.photo(), START)
        photos.put_faces(tx, [makers.face(makers.photo(), n) for n in (0, 1)])
        for number, key in enumerate((mine, live)):
            matches.put(tx, makers.match(makers.face(makers.photo(), number), key), START)
        found = rechecks.due_imports(tx, "live", "mastodon", later, most=5)
        assert [(due.post_key, due.source, due.tag) for due in found] == [(mine, imports.SOURCE, "f1")]
        assert rechecks.due_imports(tx, "live", "x", later, most=5) == []
        assert rechecks.due_imports(tx, "live", "mastodon", START, most=5) == []
        rechecks.note(tx, mine, "live", later, "stands")
        assert rechecks.due_imports(tx, "live", "mastodon", later, most=5) == []
        assert len(rechecks.due_imports(tx, "another", "mastodon", later, most=5)) == 1


def test_what_was_imported_before_statements_were_asked_for_becomes_one_import_that_waits(
    store: Store,
) -> None:
    gather = import_module("store.migrations.versions.0004_imports")._gather_earlier_imports
    with store.transaction() as tx:
        key = bring(tx, 1, "f1")
        for file in ("f1", "f2"):
            row = {"source": imports.SOURCE, "tag": file, "cursor": "1!", "committed_at": START}
            tx.execute(sa.insert(t.cursors).values(**row))
    with store.transaction() as tx, Operations.context(MigrationContext.configure(tx)):
        gather()
    with store.reading() as tx:
        (made,) = imports.waiting(tx)
        assert (made.id, made.begun_at, made.pending, made.statement) == ("earlier", START, True, None)
        assert [(file.file, file.posts) for file in imports.files_of(tx, "earlier")] == [("f1", 1), ("f2", 0)]
        assert imports.posts_of(tx, "earlier") == [key]
