"""DAG-CBOR and CAR as far as a repository's firehose uses them, turned into the JSON of the lexicons. Pure.

Of our own, so that the bridge shares no decoder with anything it is there to test. Sources:
ipld.io/specs/codecs/dag-cbor, ipld.io/specs/transport/car/carv1, atproto.com/specs/data-model.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterator
from typing import Any

SHA256_MULTIHASH = b"\x12\x20"
_CID_TAG = 42
_MAX_DEPTH = 64


class Malformed(ValueError):
    """Bytes that are no DAG-CBOR."""


def decode(data: bytes) -> Any:
    """The one item that the bytes hold. CIDs are {"$link"}, bytes {"$bytes"}. Raises Malformed."""
    value, end = _item(data, 0, 0)
    if end != len(data):
        raise Malformed(f"{len(data) - end} bytes behind the item")
    return value


def frames(data: bytes) -> Iterator[Any]:
    """The items that stand one behind the other: header and body of a firehose frame."""
    place = 0
    while place < len(data):
        value, place = _item(data, place, 0)
        yield value


def blocks(car: bytes) -> dict[str, bytes]:
    """The blocks of a CAR file by CID. Raises Malformed where a block is not what its CID says."""
    length, place = _varint(car, 0)
    place += length
    found: dict[str, bytes] = {}
    while place < len(car):
        length, start = _varint(car, place)
        place = start + length
        cid, data = car[start : start + 36], car[start + 36 : place]
        if cid[:1] != b"\x01" or cid[2:4] != SHA256_MULTIHASH:
            raise Malformed("a CID that is not version 1 with SHA-256")
        if hashlib.sha256(data).digest() != cid[4:]:
            raise Malformed("a block that is not what its CID says")
        found[cid_text(cid)] = data
    return found


def raw_bytes(value: Any) -> bytes:
    """The bytes behind a {"$bytes"}."""
    text: str = value["$bytes"]
    return base64.b64decode(text + "=" * (-len(text) % 4))


def cid_text(cid: bytes) -> str:
    """A CID as it is written: base32 without padding, behind a `b`."""
    return "b" + base64.b32encode(cid).decode().rstrip("=").lower()


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise Malformed("nested too deeply")
    try:
        major, minor = data[at] >> 5, data[at] & 31
        if major == 7:
            return _simple(data, at, minor)
        number, at = _number(data, at + 1, minor)
    except (IndexError, struct.error):
        raise Malformed("cut off") from None
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        return _string(data, at, number, major == 3)
    if major == 4:
        return _array(data, at, number, depth)
    if major == 5:
        return _map(data, at, number, depth)
    if number != _CID_TAG:
        raise Malformed(f"tag {number}")
    inner, at = _item(data, at, depth + 1)
    return {"$link": cid_text(raw_bytes(inner)[1:])}, at  # behind a leading zero


def _number(data: bytes, at: int, minor: int) -> tuple[int, int]:
    if minor < 24:
        return minor, at
    if minor > 27:
        raise Malformed("an indefinite length")
    size = 1 << (minor - 24)
    (value,) = struct.unpack(">" + "BHIQ"[minor - 24], data[at : at + size])
    return int(value), at + size


def _simple(data: bytes, at: int, minor: int) -> tuple[Any, int]:
    if minor in (20, 21, 22):
        return (False, True, None)[minor - 20], at + 1
    if minor == 27:
        (value,) = struct.unpack(">d", data[at + 1 : at + 9])
        return value, at + 9
    raise Malformed(f"simple value {minor}")


def _string(data: bytes, at: int, length: int, is_text: bool) -> tuple[Any, int]:
    found = data[at : at + length]
    if len(found) != length:
        raise Malformed("cut off")
    if is_text:
        return found.decode("utf-8"), at + length
    return {"$bytes": base64.b64encode(found).decode().rstrip("=")}, at + length


def _array(data: bytes, at: int, count: int, depth: int) -> tuple[list[Any], int]:
    found = []
    for _ in range(count):
        value, at = _item(data, at, depth + 1)
        found.append(value)
    return found, at


def _map(data: bytes, at: int, count: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    for _ in range(count):
        key, at = _item(data, at, depth + 1)
        if not isinstance(key, str):
            raise Malformed("a key that is no text")
        found[key], at = _item(data, at, depth + 1)
    return found, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 56:
            raise Malformed("a length that does not end")
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
