"""Sessions of our accounts, authors of stored posts, posts put away: what must hold on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from store import authors, hidden, posts, sessions
from store import tables as t
from store.db import Store
from store.records.permit import Permit
from store.records.post import Author, AuthorSign, Gone, Platform, Post
from store.seal import SealKey
from store.sessions import SessionVault
from tests import makers
from tests.stores import START, Clock

KEY, OTHER_KEY = SealKey(b"k" * 32), SealKey(b"o" * 32)
LATER = START + timedelta(minutes=1)


def by(author: Author, name: str) -> Post:
    return replace(makers.post(), key=f"bluesky:at://{name}", platform=Platform.BLUESKY, author=author)


def put(store: Store, *items: Post) -> None:
    with store.transaction() as tx:
        for item in items:
            posts.put(tx, item, Permit(True, True, True), START)


def test_a_session_is_kept_sealed_and_read_by_its_key_alone(store: Store, clock: Clock) -> None:
    vault = SessionVault(store, KEY, clock)
    assert vault.read("bluesky:us") == ""
    vault.write("bluesky:us", '{"access":"secret-token"}')
    vault.write("bluesky:us", '{"access":"secret-two"}')
    assert vault.read("bluesky:us") == '{"access":"secret-two"}' and vault.read("bluesky:them") == ""
    assert SessionVault(store, OTHER_KEY, clock).read("bluesky:us") == ""
    with store.reading() as tx:
        (sealed,) = tx.execute(sa.select(t.sessions.c.sealed)).scalars()
    assert b"secret" not in sealed
    with store.transaction() as tx:
        sessions.forget(tx, "bluesky:us")
    assert vault.read("bluesky:us") == ""


def test_one_at_a_time_renews_and_a_claim_ends_by_itself_or_with_the_new_value(
    store: Store, clock: Clock
) -> None:
    vault, won = SessionVault(store, KEY, clock), []
    start = threading.Barrier(4)

    def claim() -> None:
        start.wait()
        won.append(vault.claim("x:us", clock() + timedelta(seconds=30)))

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, False, False, True]
    with store.transaction() as tx:
        assert not sessions.claim(tx, "x:us", START, LATER)
        assert sessions.claim(tx, "x:us", START + timedelta(hours=1), START + timedelta(hours=2))
    vault.write("x:us", "new")
    assert vault.claim("x:us", LATER)
    vault.release("x:us")
    assert vault.claim("x:us", LATER) and vault.read("x:us") == "new"


def test_authors_of_standing_posts_are_known_renamed_and_learnt(store: Store) -> None:
    marked = Author("did:a", signs=frozenset({AuthorSign.NOT_YET_KNOWN}))
    put(store, by(marked, "1"), by(marked, "2"), by(Author("did:b", "b.example"), "3"))
    bluesky = Platform.BLUESKY
    with store.transaction() as tx:
        assert authors.known(tx, bluesky, ["did:a", "did:b", "did:c"]) == {"did:a", "did:b"}
        assert authors.known(tx, Platform.X, ["did:a"]) == set()
        assert authors.unknown(tx, bluesky, since=START - timedelta(days=9999), most=9) == ["did:a"]
        assert authors.unknown(tx, bluesky, since=START + timedelta(days=9999), most=9) == []
        assert authors.posts_of(tx, bluesky, "did:a") == ["bluesky:at://1", "bluesky:at://2"]
        assert authors.rename(tx, bluesky, "did:b", "new.example") == 1
        assert authors.rename(tx, bluesky, "did:b", "new.example") == 0
        authors.learn(
            tx, "bluesky:at://1", Author("did:a", "a.example", "A", "", frozenset({AuthorSign.BOT}))
        )
        held = posts.get(tx, "bluesky:at://1").author
        assert (held.handle, held.display_name, held.signs) == ("a.example", "A", frozenset({AuthorSign.BOT}))
        assert posts.get(tx, "bluesky:at://3").author.handle == "new.example"


def test_a_post_put_away_is_sealed_and_comes_back_whole(store: Store) -> None:
    post = by(Author("did:a", "a.example"), "1")
    put(store, post)
    with store.transaction() as tx:
        posts.wipe(tx, Gone(post.key, post.platform, "hidden", LATER))
        hidden.put(tx, KEY, post, source="s", tag="T", why="resting", at=LATER)
        assert authors.known(tx, Platform.BLUESKY, ["did:a"]) == {"did:a"} and hidden.count(tx) == 1
        (sealed,) = tx.execute(sa.select(t.hidden_posts.c.sealed)).scalars()
        assert post.text.encode() not in sealed
        (held,) = hidden.of_author(tx, KEY, Platform.BLUESKY, "did:a")
        assert held == hidden.Hidden(post, "s", "T")
        hidden.make_room(tx, post.key)
        assert hidden.count(tx) == 0 and posts.put(tx, post, Permit(True), LATER)
        assert posts.get(tx, post.key).text == post.text and not posts.is_gone(tx, post.key)
        assert tx.execute(sa.select(t.tombstones.c.post_key)).all() == []


def test_room_is_only_made_for_a_post_that_is_gone(store: Store) -> None:
    post = by(Author("did:a"), "1")
    put(store, post)
    with store.transaction() as tx:
        hidden.make_room(tx, post.key)
        assert posts.has(tx, post.key)


def test_posts_put_away_are_forgotten_by_key_author_and_time(store: Store) -> None:
    with store.transaction() as tx:
        for number, author in enumerate(("did:a", "did:a", "did:b", "did:c")):
            at = START + timedelta(days=number)
            hidden.put(tx, KEY, by(Author(author), str(number)), source="s", tag="T", why="w", at=at)
        assert hidden.drop(tx, ["bluesky:at://0", "bluesky:at://x"]) == 1
        assert hidden.drop_author(tx, Platform.BLUESKY, "did:a") == 1
        assert hidden.drop_before(tx, START + timedelta(days=3)) == 1
        assert hidden.count(tx) == 1
