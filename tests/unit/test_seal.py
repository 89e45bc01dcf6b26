"""Sealed values open with their key, for their row, unchanged; and in no other way."""

from __future__ import annotations

import base64
import logging
import stat
from pathlib import Path

import pytest

from store.errors import ConfigError, Sealed
from store.seal import SealKey, load_key

KEY = SealKey(b"k" * 32)


def test_a_sealed_value_opens_only_with_its_key_and_row() -> None:
    sealed = KEY.seal("张三 +86 1", row="contact:1")
    assert KEY.open(sealed, row="contact:1") == "张三 +86 1"
    with pytest.raises(Sealed):
        KEY.open(sealed, row="contact:2")
    with pytest.raises(Sealed):
        SealKey(b"l" * 32).open(sealed, row="contact:1")


@pytest.mark.parametrize("at", range(0, 40, 7))
def test_one_changed_byte_is_noticed(at: int) -> None:
    sealed = bytearray(KEY.seal("a contact", row="r"))
    sealed[at % len(sealed)] ^= 1
    with pytest.raises(Sealed):
        KEY.open(bytes(sealed), row="r")


def test_cut_values_are_noticed() -> None:
    sealed = KEY.seal("a contact", row="r")
    for length in (0, 5, 12, len(sealed) - 1):
        with pytest.raises(Sealed):
            KEY.open(sealed[:length], row="r")


def test_the_same_value_sealed_twice_looks_different() -> None:
    assert KEY.seal("a", row="r") != KEY.seal("a", row="r")


def test_digests_differ_by_purpose_and_key() -> None:
    assert KEY.digest("opt-out", "x") == KEY.digest("opt-out", "x")
    assert KEY.digest("opt-out", "x") != KEY.digest("author", "x")
    assert KEY.digest("opt-out", "x") != SealKey(b"l" * 32).digest("opt-out", "x")


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "seal.key"
    first = load_key(None, file)
    assert load_key(None, file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in file.parent.iterdir()] == ["seal.key"]


@pytest.mark.parametrize("given", ["short", base64.urlsafe_b64encode(b"x" * 31).decode(), "ä" * 44])
def test_a_wrong_key_is_named_and_never_shown(given: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_key(given, tmp_path / "seal.key")
    assert "HOMEWARD_SEAL_KEY" in str(caught.value) and given not in str(caught.value)


def test_a_key_never_shows_its_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").info("%r %s", KEY, KEY)
    assert "kkkk" not in caplog.text and "kkkk" not in repr(KEY)
