"""Codes, pairs, copies and the bank of known pictures; the index follows them. On both databases."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from store import photos, pictures, posts
from store.db import Store
from store.picture_index import MOST_BITS, PictureIndex
from store.records.photo import PhotoState
from store.records.picture import (
    CODE_BYTES,
    FRAMED,
    ODD_ACROSS,
    ROWS,
    KnownPicture,
    PictureCodes,
    PictureLabel,
    SamePicture,
)
from tests import makers
from tests.stores import START

MAKE = "test-1"


def codes(seed: int) -> PictureCodes:
    return PictureCodes(np.random.default_rng(seed).bytes(ROWS * CODE_BYTES), MAKE)


def with_row(of: PictureCodes, row: int, code: bytes) -> PictureCodes:
    """The codes with one row replaced."""
    at = row * CODE_BYTES
    return PictureCodes(of.codes[:at] + code + of.codes[at + CODE_BYTES :], of.make)


def row(of: PictureCodes, number: int) -> bytes:
    return of.codes[number * CODE_BYTES : (number + 1) * CODE_BYTES]


def turned(code: bytes, bits: int, *, mirrored: bool = False) -> bytes:
    """A code in which some bits behind the first eight bytes differ."""
    made = bytearray(a ^ b for a, b in zip(code, ODD_ACROSS, strict=True)) if mirrored else bytearray(code)
    for bit in range(bits):
        made[8 + bit // 8] ^= 1 << bit % 8
    return bytes(made)


def keep(store: Store, *pairs: tuple[str, PictureCodes]) -> None:
    with store.transaction() as tx:
        for digest, made in pairs:
            pictures.put_codes(tx, digest, made)


def found(store: Store, index: PictureIndex, digest: str, made: PictureCodes) -> list[tuple[str, int]]:
    with store.reading() as tx:
        return [(like.digest, like.bits) for like in index.search(tx, digest, made)]


def test_codes_are_kept_once_and_replaced_by_another_make(store: Store) -> None:
    with store.transaction() as tx:
        assert pictures.put_codes(tx, "a", codes(1))
        assert not pictures.put_codes(tx, "a", codes(1))
        newer = PictureCodes(codes(2).codes, "test-2")
        assert pictures.put_codes(tx, "a", newer)
        assert pictures.codes_of(tx, "a", "test-2") == newer
        assert pictures.codes_of(tx, "a", MAKE) is None


def test_the_index_finds_a_window_near_the_whole_and_says_how_near(store: Store) -> None:
    whole, probe = codes(1), with_row(codes(2), 0, turned(row(codes(1), 7), 40))
    keep(store, ("a" * 64, whole), ("c" * 64, codes(3)))
    index = PictureIndex(MAKE)
    assert found(store, index, "b" * 64, probe) == [("a" * 64, 40)]
    assert index.size == 2


def test_the_limit_is_exact(store: Store) -> None:
    keep(store, ("a" * 64, codes(1)))
    index = PictureIndex(MAKE)
    near, far = (with_row(codes(2), 0, turned(row(codes(1), 0), n)) for n in (MOST_BITS, MOST_BITS + 1))
    assert found(store, index, "b" * 64, near) == [("a" * 64, MOST_BITS)]
    assert found(store, index, "b" * 64, far) == []


def test_whoever_asks_gets_the_same_answer(store: Store) -> None:
    """What a frame of one holds is near a window of the other, in a mirror."""
    one = codes(1)
    other = with_row(codes(2), FRAMED, turned(row(one, 9), 30, mirrored=True))
    keep(store, ("a" * 64, one), ("b" * 64, other))
    index = PictureIndex(MAKE)
    with store.reading() as tx:
        (by_one,) = index.search(tx, "a" * 64, one)
        (by_other,) = index.search(tx, "b" * 64, other)
    assert (by_one.mine, by_one.theirs, by_one.mirrored, by_one.bits) == (9, FRAMED, True, 30)
    assert (by_other.mine, by_other.theirs, by_other.mirrored, by_other.bits) == (FRAMED, 9, True, 30)


def test_two_windows_that_are_near_are_no_likeness(store: Store) -> None:
    keep(store, ("a" * 64, codes(1)))
    probe = with_row(codes(2), 5, row(codes(1), 7))
    assert found(store, PictureIndex(MAKE), "b" * 64, probe) == []


def test_windows_without_structure_are_like_nothing(store: Store) -> None:
    flat = PictureCodes(bytes(ROWS * CODE_BYTES), MAKE)
    keep(store, ("a" * 64, flat), ("b" * 64, with_row(flat, 0, bytes(8) + b"\x01" + bytes(23))))
    assert found(store, PictureIndex(MAKE), "c" * 64, flat) == []
    sparse = with_row(flat, 0, bytes(8) + b"\x03" + bytes(23))
    assert found(store, PictureIndex(MAKE), "c" * 64, sparse) == [("b" * 64, 1)]


def test_the_index_follows_what_comes_and_what_goes(store: Store) -> None:
    index, probe = PictureIndex(MAKE), codes(1)
    assert found(store, index, "x" * 64, probe) == []
    keep(store, ("a" * 64, codes(1)))
    assert found(store, index, "x" * 64, probe) == [("a" * 64, 0)]
    keep(store, *((f"{n:064d}", codes(n)) for n in range(100, 400)))
    assert found(store, index, "x" * 64, codes(399)) == [(f"{399:064d}", 0)]
    with store.transaction() as tx:
        pictures.drop_codes(tx, "a" * 64)
    assert found(store, index, "x" * 64, probe) == []
    assert index.size == 300


def test_codes_of_another_make_are_not_compared(store: Store) -> None:
    keep(store, ("a" * 64, PictureCodes(codes(1).codes, "older")))
    assert found(store, PictureIndex(MAKE), "b" * 64, codes(1)) == []


def test_pairs_make_a_group_whoever_is_asked(store: Store) -> None:
    with store.transaction() as tx:
        chain = [SamePicture("a", "b", 3, 0.9, False), SamePicture("b", "c", 5, 0.8, True)]
        assert pictures.put_pairs(tx, chain) == chain
        assert pictures.put_pairs(tx, chain) == []
        assert pictures.group(tx, "a") == pictures.group(tx, "c") == ["a", "b", "c"]
        assert pictures.group(tx, "z") == ["z"]
        assert pictures.pairs_of(tx, "b") == chain
        pictures.drop_codes(tx, "b")
        assert pictures.group(tx, "a") == ["a"]


def test_posts_that_show_a_picture_come_oldest_first_without_reposts(store: Store) -> None:
    early = makers.post(1, media=(makers.media(),), created_at=START - timedelta(days=9))
    late = makers.post(2, media=(makers.media(),))
    repost = makers.post(3, media=(makers.media(),), repost_of=early.key)
    with store.transaction() as tx:
        photos.put(tx, makers.photo("a"), START)
        for post in (late, early, repost):
            posts.put(tx, post, makers.ALL, START)
            posts.set_media(tx, post.key, 0, PhotoState.KEPT, photo="a" * 64)
        shown = pictures.showing(tx, ["a" * 64])
    assert [s.post_key for s in shown] == [early.key, late.key]
    assert shown[0].written_at == START - timedelta(days=9)


def test_what_a_post_is_a_copy_of_is_replaced_and_a_repost_stays(store: Store) -> None:
    repost = makers.post(3, repost_of="mastodon:original")
    with store.transaction() as tx:
        posts.put(tx, repost, makers.ALL, START)
        pictures.set_copies(tx, repost.key, ["first", "mastodon:original"])
        pictures.set_copies(tx, repost.key, ["second"])
        assert pictures.is_copy(tx, repost.key, "second")
        assert not pictures.is_copy(tx, repost.key, "first")
        assert posts.copies_of(tx, "mastodon:original") == [repost.key]


def test_a_copy_of_a_known_picture_is_known_until_it_is_taken_out(store: Store) -> None:
    known = KnownPicture("a", PictureLabel.SOLVED, "reunited", "ana", START)
    with store.transaction() as tx:
        pictures.put_pairs(tx, [SamePicture("a", "b", 3, 0.9, False)])
        pictures.put_known(tx, known)
        assert pictures.known(tx) == [known]
        assert pictures.known_as(tx, "a") == pictures.known_as(tx, "b") == known
        assert pictures.known_as(tx, "c") is None
        assert pictures.drop_known(tx, "a") and not pictures.drop_known(tx, "a")
        assert pictures.known_as(tx, "b") is None


@pytest.mark.parametrize("is_known", [True, False])
def test_a_forgotten_photo_takes_its_codes_along_unless_the_bank_needs_it(
    store: Store, is_known: bool
) -> None:
    photo = makers.photo("a")
    with store.transaction() as tx:
        photos.put(tx, photo, START)
        pictures.put_codes(tx, photo.digest, codes(1))
        if is_known:
            pictures.put_known(tx, KnownPicture(photo.digest, PictureLabel.FALSE, "", "ana", START))
        photos.forget(tx, photo.digest)
        assert (pictures.codes_of(tx, photo.digest, MAKE) is not None) is is_known
        assert bool(photos.beginning_with(tx, "aaaa")) is is_known
