"""Lists of known abuse are read line by line with every fault named, and a photo on one is found."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.match.hash_index import ExactIndex, NearIndex
from bot.match.hashes256 import apart, nearest
from bot.match.hashlists import Entry, IndexedList, Kind, Parsed, Terms, parse
from store.records.quarantine import Duty, Lead, PhotoPrint

PDQ_A, PDQ_B = "a5" * 32, "0f" * 32
SHA, SHA1, MD5 = "1" * 64, "2" * 40, "3" * 32


def turned(value: str, bits: int, seed: int = 0) -> str:
    """The hash with so many bits changed."""
    number = int(value, 16)
    for bit in random.Random(seed).sample(range(256), bits):
        number ^= 1 << bit
    return f"{number:064x}"


def indexed(text: str, kind: Kind, **terms: object) -> IndexedList:
    lines = text.strip().splitlines()
    return IndexedList(Terms("test", kind, "these tests", **terms), "v1", parse(lines, kind))  # type: ignore[arg-type]


def test_a_plain_list_takes_quality_and_id_beside_each_hash() -> None:
    lines = [
        "# supplied by tests",
        "",
        PDQ_A,
        f"{PDQ_B.upper()},80,case-7",
        f"{PDQ_A};99;x",
        f"{PDQ_B} 50 y z",
    ]
    found = parse(lines, Kind.PDQ)
    assert [(entry.hash, entry.id) for entry in found.entries] == [
        (PDQ_A, ""), (PDQ_B, "case-7"), (PDQ_A, "x"), (PDQ_B, "y z"),
    ]  # fmt: skip
    assert found.problems == () and found.bad_lines == 0


def test_every_line_that_cannot_be_used_is_named_with_number_and_reason() -> None:
    lines = [PDQ_A, "no hash", PDQ_A[:-1], f"{PDQ_A},49", f"{PDQ_A},0,id", "x" * 5000, f"0x{PDQ_B}"]
    found = parse(lines, Kind.PDQ)
    assert [entry.hash for entry in found.entries] == [PDQ_A, PDQ_B]
    assert [problem.line for problem in found.problems] == [2, 3, 4, 5, 6]
    assert found.bad_lines == 5
    reasons = [problem.reason for problem in found.problems]
    assert "64 hex digits" in reasons[0] and "quality 49" in reasons[2] and "5000" not in reasons[4]


def test_a_sheet_with_a_column_for_each_kind_gives_all_of_them() -> None:
    sheet = "\ufeffIWF-ID;SHA-256;MD5;PDQ_Hash;Quality\n"
    sheet += f"77;{SHA};{MD5};{PDQ_A};90\n78;;;{PDQ_B};20\n79;;;;\n80;;xx;;"
    found = parse(sheet.splitlines(), Kind.CSV)
    assert [(entry.kind, entry.hash, entry.id) for entry in found.entries] == [
        (Kind.SHA256, SHA, "77"), (Kind.MD5, MD5, "77"), (Kind.PDQ, PDQ_A, "77"),
    ]  # fmt: skip
    assert [problem.line for problem in found.problems] == [3, 4, 5]


def test_a_sheet_of_types_and_values_counts_what_is_not_compared_here() -> None:
    sheet = f"""id,type,indicator
1,HASH_PDQ,{PDQ_A}
2,HASH_MD5,"{MD5}"
3,HASH_VIDEO_MD5,{MD5}
4,HASH_VIDEO_MD5,{MD5}
5,HASH_SHA1,{SHA1}
6,URI,https://example.org
7,HASH_SHA256,short
8,HASH_PDQ,{PDQ_A},too,many"""
    found = parse(sheet.splitlines(), Kind.CSV)
    assert [(entry.kind, entry.id) for entry in found.entries] == [
        (Kind.PDQ, "1"), (Kind.MD5, "2"), (Kind.SHA1, "5"),
    ]  # fmt: skip
    assert found.left_out == (("hash_video_md5", 2), ("uri", 1))
    assert [problem.line for problem in found.problems] == [8, 9]


def test_a_sheet_without_a_header_that_names_a_hash_is_refused_as_a_whole() -> None:
    found = parse(["name,address", "a,b"], Kind.CSV)
    assert found.entries == () and found.problems[0].line == 1 and "pdq" in found.problems[0].reason


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=12), st.sampled_from(list(Kind)))
def test_no_line_is_dropped_unnamed(lines: list[str], kind: Kind) -> None:
    lines = [line.replace("\n", " ").replace("\r", " ") for line in lines]
    found = parse(lines, kind)
    used = [line for line in lines if line.strip().removeprefix("\ufeff").strip()[:1] not in ("", "#")]
    if kind is not Kind.CSV:
        assert len(found.entries) + found.bad_lines == len(used)
    elif used:
        assert found.bad_lines + len(found.entries) + sum(n for _, n in found.left_out) >= 1 or len(used) == 1


def test_a_photo_is_found_by_its_digests_before_its_pixels() -> None:
    lists = indexed(f"id,sha256,sha1,md5,pdq\nq,{SHA},{SHA1},{MD5},{PDQ_A}", Kind.CSV)
    for given_print, kind in (
        (PhotoPrint(SHA), Kind.SHA256), (PhotoPrint("9" * 64, sha1=SHA1), Kind.SHA1),
        (PhotoPrint("9" * 64, md5=MD5), Kind.MD5),
        (PhotoPrint("9" * 64, pdq=(PDQ_B, turned(PDQ_A, 31)), pdq_quality=50), Kind.PDQ),
    ):  # fmt: skip
        hit = lists.matches(given_print)
        assert hit is not None and hit.entry.kind is kind and hit.entry.id == "q"
    assert lists.matches(PhotoPrint("9" * 64, "8" * 32, "7" * 40, (PDQ_B,) * 8, 100)) is None


@pytest.mark.parametrize(
    ("bits", "quality", "is_hit"), [(0, 50, True), (31, 50, True), (32, 100, False), (0, 49, False)]
)
def test_31_bits_and_quality_50_are_the_limits(bits: int, quality: int, is_hit: bool) -> None:
    lists = indexed(PDQ_A, Kind.PDQ)
    found = lists.matches(PhotoPrint("9" * 64, pdq=(turned(PDQ_A, bits),), pdq_quality=quality))
    assert (found is not None) is is_hit
    if found is not None:
        assert found.distance == bits


def test_a_hit_says_where_it_comes_from_and_keeps_its_hash_as_its_name() -> None:
    hit = indexed(f"{PDQ_A},70,case-9", Kind.PDQ, duty=Duty.LOOK).matches(
        PhotoPrint("9" * 64, pdq=(turned(PDQ_A, 3),), pdq_quality=90)
    )
    assert hit is not None
    reason = hit.reason()
    assert (reason.lead, reason.source, reason.entry, reason.duty) == (Lead.LIST, "test", PDQ_A, Duty.LOOK)
    assert "these tests" in reason.words and "case-9" in reason.words and "3 of 256" in reason.words


def test_the_index_of_a_long_list_finds_what_comparing_all_finds() -> None:
    draw = np.random.default_rng(5)
    hashes = [draw.bytes(32).hex() for _ in range(5000)]
    index = NearIndex(hashes, 31)
    for seed in range(40):
        at, bits = seed * 100, seed % 34
        query = turned(hashes[at], bits, seed)
        expected = (at, bits) if bits <= 31 else None
        assert index.nearest([draw.bytes(32).hex(), query]) == expected
    assert index.nearest([]) is None and NearIndex([], 31).nearest([PDQ_A]) is None
    with pytest.raises(ValueError, match="max_bits"):
        NearIndex(hashes, 32)


def test_digests_that_begin_alike_are_told_apart() -> None:
    hashes = ["00" * 31 + f"{n:02x}" for n in (7, 3, 9)] + ["ff" * 32]
    index = ExactIndex(hashes)
    assert [index.find(value) for value in hashes] == [0, 1, 2, 3]
    assert [index.hash(at) for at in range(4)] == hashes
    assert index.find("00" * 32) is None and index.find("no hex") is None and index.find("00") is None


def test_distance_counts_bits() -> None:
    assert apart(PDQ_A, turned(PDQ_A, 17)) == 17
    assert nearest((PDQ_B, turned(PDQ_A, 4)), PDQ_A) == 4 and nearest((), PDQ_A) == 256


def test_a_list_without_entries_hits_nothing() -> None:
    empty = IndexedList(Terms("empty", Kind.PDQ, "nobody"), "v0", Parsed(()))
    assert empty.matches(PhotoPrint(SHA, pdq=(PDQ_A,), pdq_quality=100)) is None
    assert Entry(Kind.PDQ, PDQ_A).id == ""
