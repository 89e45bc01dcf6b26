"""Keys of single rows, wishes to be erased, authors who stay forgotten: what must hold on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from store import cases, conversations, erasing, forgotten, optouts, posts, record_keys, sealed_places
from store.db import Store
from store.errors import Conflict
from store.records.post import Author
from store.records.replying import Asker, Erasure, ErasureState, Talk, Wants
from tests import makers
from tests.stores import START

WISH = Erasure("7KX2QF", "mastodon", b"who", "record", START, START + timedelta(days=15))


def test_a_key_stays_as_it_was_made_until_it_is_wrapped_anew_or_destroyed(store: Store) -> None:
    with store.transaction() as tx:
        assert record_keys.put(tx, "contact:a", b"one", key_id="k1", at=START)
        assert not record_keys.put(tx, "contact:a", b"two", key_id="k2", at=START)
        assert record_keys.wrapped(tx, "contact:a") == b"one"
        assert record_keys.wrapped_by_others(tx, "k2", most=9) == [("contact:a", b"one")]
        assert not record_keys.rewrap(tx, "contact:a", b"x", before=b"changed", key_id="k2")
        assert record_keys.rewrap(tx, "contact:a", b"anew", before=b"one", key_id="k2")
        held = list(record_keys.rows(tx))
        assert record_keys.drop(tx, ["contact:a", "contact:b"]) == 1
        assert record_keys.bring_back(tx, held) == 1 and record_keys.bring_back(tx, held) == 0
        assert record_keys.wrapped(tx, "contact:a") == b"anew" and record_keys.count(tx) == 1


def test_a_key_without_its_row_is_an_orphan_of_every_kind(store: Store) -> None:
    talk = Talk("t1", "", "mastodon", "a", "", START, START, sealed=b"x", key_id="record")
    with store.transaction() as tx:
        cases.put_contact(tx, "home/1", b"x", key_id="record", at=START)
        sealed_places.put(tx, sealed_places.of_photo("ab"), b"x", key_id="record", at=START)
        conversations.put(tx, talk)
        optouts.ask_erasure(tx, WISH)
        kept = {"contact:home/1", "photo|ab", "talk:t1", "erasure:7KX2QF"}
        gone = {"contact:home/2", "post|m:1", "claim|m:1", "note:n", "profile:p", "lead-document:d",
                "lead-document-name:d", "talk:t2", "erasure:NONE22"}  # fmt: skip
        for record in kept | gone:
            record_keys.put(tx, record, b"k", key_id="k", at=START)
        assert record_keys.drop_orphans(tx) == len(gone)
        assert {row["record"] for row in record_keys.rows(tx)} == kept
        conversations.drop_sealed(tx, "a")
        optouts.forget_asker(tx, "7KX2QF")
        record_keys.drop_orphans(tx)
        assert {row["record"] for row in record_keys.rows(tx)} == {"contact:home/1", "photo|ab"}


def test_a_wish_comes_back_as_it_was_kept_and_changes_only_as_it_was_read(store: Store) -> None:
    wish = replace(WISH, kind=Asker.GUARDIAN, wants=Wants.COPY, state=ErasureState.ASKED, code="c0de")
    with store.transaction() as tx:
        assert optouts.ask_erasure(tx, wish) and not optouts.ask_erasure(tx, wish)
        assert optouts.erasure(tx, wish.reference) == wish == optouts.erasure_of_code(tx, "c0de")
        assert optouts.erasure_of_code(tx, "") is None and optouts.erasure_of_code(tx, "other") is None
        optouts.change_erasure(tx, wish, {"seen_by": "ana"})
        with pytest.raises(Conflict):
            optouts.change_erasure(tx, wish, {"seen_by": "ben"})


def test_forgotten_authors_are_known_by_id_and_by_handle_until_they_are_let_go(store: Store) -> None:
    def digest(purpose: str, value: str) -> str:
        return f"{purpose} {value}"

    names = forgotten.author_digests(digest, "mastodon", "1", "@Ana@A.example")
    by_handle = forgotten.author_digests(digest, "mastodon", "", "ana@a.EXAMPLE")
    with store.transaction() as tx:
        assert not forgotten.has_author(tx, names)
        assert forgotten.put_author(tx, names, "mastodon", START)
        assert not forgotten.put_author(tx, names, "mastodon", START) and forgotten.authors(tx) == 2
        assert forgotten.has_author(tx, by_handle)
        assert not forgotten.has_author(tx, forgotten.author_digests(digest, "x", "1", "ana@a.example"))
        assert forgotten.drop_author(tx, names) and not forgotten.drop_author(tx, names)


def test_an_author_is_found_by_any_spelling_of_the_handle_and_what_hangs_on_posts_is_counted(
    store: Store,
) -> None:
    one, two = makers.post(1, author=Author("1", "Ana@a.example")), makers.post(2, author=Author("2", "ben"))
    with store.transaction() as tx:
        for post in (one, two):
            posts.put(tx, post, makers.ALL, START)
        assert erasing.accounts(tx, one.platform.value, "", "@ana@A.example") == [("1", "Ana@a.example")]
        assert erasing.posts_of(tx, one.platform.value, {"1"}, set()) == [one.key]
        assert erasing.accounts(tx, one.platform.value, "", "") == []
        assert erasing.counts(tx, [one.key, two.key])["posts"] == 2
        assert erasing.beside_cases(tx, [one.key]) == [] and erasing.showing_the_same(tx, [one.key]) == [
            one.key
        ]
        who = erasing.Held(one.platform.value, ("1",), ("Ana@a.example",), ("digest",))
        assert not any(erasing.of_author(tx, who).values())
        erasing.drop_of_author(tx, who)
