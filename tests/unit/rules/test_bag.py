"""A bag is what its signer made, or it says what is not: every kind of byte is flipped here."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import bagit
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import bag
from store.errors import BadPayload

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
PAYLOAD = {"report.pdf": b"%PDF a report", "photos/seen.jpg": b"\xff\xd8 pixels", "empty.txt": b""}
INFO = [("Source-Organization", "Tests"), ("Homeward-Purpose", "two\nlines")]
MADE = bag.sign(bag.make(PAYLOAD, INFO, {"timestamp.tsr": b"stamp"}), KEY)
ZIP = bag.pack(MADE, "case-file-7")


def is_found(data: bytes) -> bool:
    """Whether a changed ZIP is refused, or its bag found not to be whole."""
    try:
        return bool(bag.problems(bag.unpack(data)[1], PUBLIC))
    except BadPayload:
        return True


def test_a_bag_that_nobody_changed_is_whole_and_the_same_each_time() -> None:
    folder, found = bag.unpack(ZIP)
    assert (folder, found) == ("case-file-7", MADE)
    assert bag.problems(found, PUBLIC) == []
    assert bag.pack(bag.sign(bag.make(PAYLOAD, INFO, {"timestamp.tsr": b"stamp"}), KEY), folder) == ZIP


def test_another_tool_finds_the_bag_valid(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(ZIP)) as archive:
        archive.extractall(tmp_path)
    assert bagit.Bag(str(tmp_path / "case-file-7")).validate()


@pytest.mark.parametrize("path", sorted(MADE))
def test_one_flipped_bit_anywhere_in_any_file_is_found(path: str) -> None:
    content = MADE[path]
    for at in range(len(content)):
        # 0x20 turns hex digits into capitals, which mean the same. The manifests are long: one bit a byte.
        for bit in (0x01, 0x20, 0x80) if "manifest" not in path else ((0x01, 0x20, 0x80)[at % 3],):
            changed = content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :]
            assert bag.problems({**MADE, path: changed}, PUBLIC), (path, at, bit)


@given(st.integers(0, len(ZIP) - 1), st.integers(0, 7))
@settings(max_examples=200, deadline=None)
def test_one_flipped_bit_anywhere_in_the_zip_is_found(at: int, bit: int) -> None:
    assert is_found(ZIP[:at] + bytes([ZIP[at] ^ (1 << bit)]) + ZIP[at + 1 :])


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_what_is_no_case_file_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(BadPayload):
        bag.unpack(data)


def test_bytes_before_and_after_the_zip_are_found() -> None:
    assert is_found(ZIP + b"x") and is_found(b"x" + ZIP) and is_found(ZIP[:-1])


@pytest.mark.parametrize("path", sorted(MADE))
def test_a_missing_file_is_found(path: str) -> None:
    assert bag.problems({name: data for name, data in MADE.items() if name != path}, PUBLIC)


def test_an_added_file_is_found_under_data_and_beside_it() -> None:
    assert bag.problems({**MADE, "data/more.txt": b"more"}, PUBLIC)
    assert bag.problems({**MADE, "more.txt": b"more"}, PUBLIC)


def test_a_bag_signed_anew_by_somebody_else_is_found() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
    forged = bag.sign(bag.make({**PAYLOAD, "report.pdf": b"another"}, INFO), other)
    assert "by another key" in " ".join(bag.problems(forged, PUBLIC))
    # Under our key's name, but without our key.
    ours = forged[bag.SIGNATURE].replace(
        other.public_key().public_bytes_raw().hex().encode(), PUBLIC.hex().encode()
    )
    assert "does not hold" in " ".join(bag.problems({**forged, bag.SIGNATURE: ours}, PUBLIC))


def test_a_value_with_a_line_end_adds_no_line_to_the_bags_info() -> None:
    assert b"Homeward-Purpose: two lines\n" in MADE["bag-info.txt"]


@pytest.mark.parametrize("path", ["../x", "a/../b", "/etc/x", "a\nb", "ä.txt", "", "a//b", ".hidden"])
def test_a_path_that_is_not_plain_is_neither_made_nor_taken(path: str) -> None:
    with pytest.raises(ValueError, match="not a plain path"):
        bag.make({path: b"x"}, [])
    assert bag.problems({**MADE, f"data/{path}": b""}, PUBLIC)
