"""A Bluesky account's own repository export (`*.car`): its posts, one at a time, every block checked.

Format: CAR v1 (ipld.io) holding a Merkle search tree of DAG-CBOR blocks (atproto.com/specs/repository).
A post's address is made of the DID in the signed commit and the path in the tree.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import libipld
import msgspec

from collectors.archive_files import MB, ArchiveLimits, Broken, Meter, TooBig, Value
from collectors.bluesky_record import POST
from collectors.payload import decode_json

PROFILE = "app.bsky.actor.profile"
_CID_BYTES = 36
_CID_START = (b"\x01\x71\x12\x20", b"\x01\x55\x12\x20")  # version 1; DAG-CBOR or raw; SHA-256, 32 bytes
_MOST_DEPTH = 64
_MOST_NODES = 5_000_000


class _Damaged(ValueError):
    """A block that is missing or is not what its name says; its words are for people."""


def is_car(head: bytes) -> bool:
    """Do these first bytes begin a CAR file (its header names its roots)?"""
    return b"eroots" in head[:24]


def read_posts(
    stream: IO[bytes], meter: Meter, limits: ArchiveLimits, *, path: Path | None = None
) -> Iterator[Value | Broken]:
    """Every post of the repository as a view: `uri`, `cid`, `value`, and whose it is (`author`).

    The tree is walked from the commit, so posts that were deleted, whose blocks may still be there, are
    not found. Blocks are read from the file when their turn comes; only their places are held.
    """
    try:
        blocks = _Blocks(stream, meter, limits)
        if blocks.trouble:
            yield Broken("", blocks.trouble)
        yield from _posts(blocks)
    except _Damaged as error:
        yield Broken("", f"{error}; nothing behind it can be read")


def _posts(blocks: _Blocks) -> Iterator[Value | Broken]:
    commit = blocks.get(blocks.root)
    did, top = commit.get("did"), commit.get("data")
    if not isinstance(did, str) or not did.startswith("did:") or not isinstance(top, bytes):
        raise _Damaged("the repository's commit names no account and no tree")
    author: dict[str, Any] = {"did": did}
    for found in _walk(blocks, top):
        if isinstance(found, Broken):
            yield found
            continue
        path, cid = found
        collection, _, rkey = path.partition("/")
        if collection not in (PROFILE, POST):
            continue
        try:
            record = _plain(blocks.get(cid), 0)
        except _Damaged as error:
            yield Broken(f":{path}", str(error))
            continue
        if collection == PROFILE:
            author |= _profile(record)
            continue
        view = {"uri": f"at://{did}/{POST}/{rkey}", "cid": cid_text(cid), "value": record, "author": author}
        try:
            yield Value(f":{path}", decode_json(msgspec.json.encode(view)))
        except (ValueError, msgspec.MsgspecError) as error:
            yield Broken(f":{path}", f"cannot be written as JSON: {type(error).__name__}")


def _profile(record: dict[str, Any]) -> dict[str, Any]:
    """What the author says of themselves; the tree's order brings it before the posts."""
    labels = record.get("labels")
    values = labels.get("values") if isinstance(labels, dict) else None
    standing = [item for item in values if isinstance(item, dict)] if isinstance(values, list) else []
    named = {
        name: record[name] for name in ("displayName", "description") if isinstance(record.get(name), str)
    }
    return named | {"labels": standing}


def _walk(blocks: _Blocks, top: bytes) -> Iterator[tuple[str, bytes] | Broken]:
    """(path, content id) of every record, in order; a part of the tree that is missing is said and left."""
    seen: set[bytes] = set()
    pending: list[tuple[bytes | tuple[str, bytes], int]] = [(top, 0)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, tuple):
            yield item
            continue
        if item in seen or depth > _MOST_DEPTH or len(seen) > _MOST_NODES:
            yield Broken("", "the repository's tree runs in circles or too deep; that part is left out")
            continue
        seen.add(item)
        try:
            pending += reversed([(part, depth + 1) for part in _parts(blocks.get(item))])
        except _Damaged as error:
            yield Broken("", f"a part of the repository's tree: {error}")


def _parts(node: dict[str, Any]) -> Iterator[bytes | tuple[str, bytes]]:
    """What a node of the tree holds, in order: smaller trees and records. Keys share their beginnings."""
    left, entries, key = node.get("l"), node.get("e"), b""
    if not isinstance(entries, list):
        raise _Damaged("not a node of the tree")
    if isinstance(left, bytes):
        yield left
    for entry in entries:
        shared, rest, value = (entry.get(n) for n in "pkv") if isinstance(entry, dict) else (None,) * 3
        if not isinstance(shared, int) or not isinstance(rest, bytes) or not isinstance(value, bytes):
            raise _Damaged("an entry of the tree that cannot be read")
        key = key[:shared] + rest
        yield key.decode("utf-8", "replace"), value
        right = entry.get("t")
        if isinstance(right, bytes):
            yield right


class _Blocks:
    """The blocks of a CAR file by content id. Each is compared with its id when it is read."""

    def __init__(self, stream: IO[bytes], meter: Meter, limits: ArchiveLimits) -> None:
        self._stream = stream
        self._meter = meter
        self._limits = limits
        self._places: dict[bytes, int] = {}
        self.trouble = ""
        self.root = self._header()
        try:
            self._index()
        except _Damaged as error:
            self.trouble = f"{error}; what came before it is read"

    def _header(self) -> bytes:
        size = self._varint()
        if size is None or size > MB:
            raise _Damaged("not a CAR file")
        header = _decoded(self._stream.read(size), "its header")
        roots = header.get("roots")
        if header.get("version") != 1 or not isinstance(roots, list) or len(roots) != 1:
            raise _Damaged("a CAR file of another kind than a repository export (version 1, one root)")
        return bytes(roots[0])

    def _index(self) -> None:
        place = self._stream.tell()
        while (size := self._varint()) is not None:
            start = self._stream.tell()
            cid = self._stream.read(_CID_BYTES)
            if size < _CID_BYTES or cid[:4] not in _CID_START:
                raise _Damaged(f"a block at byte {place} whose content id is of another kind")
            self._meter.add(size)
            self._places.setdefault(cid, place)
            if len(self._places) > self._limits.max_entries:
                raise TooBig(f"more than {self._limits.max_entries} blocks (max_entries)")
            place = self._stream.seek(start + size)

    def _varint(self) -> int | None:
        """An unsigned LEB128 number of at most nine bytes; None at the end of the file."""
        value = 0
        for position in range(9):
            byte = self._stream.read(1)
            if not byte:
                if position:
                    raise _Damaged("the file is cut off")
                return None
            value |= (byte[0] & 0x7F) << (7 * position)
            if byte[0] < 0x80:
                return value
        raise _Damaged("a length that is no length")

    def get(self, cid: bytes) -> dict[str, Any]:
        """The block of that id as a value. Raises _Damaged."""
        place = self._places.get(cid)
        if place is None:
            raise _Damaged(f"the block {cid_text(cid)[:16]}… is not in the file")
        self._stream.seek(place)
        size = (self._varint() or 0) - _CID_BYTES
        if size > self._limits.max_line_mb * MB:
            raise _Damaged(f"a block larger than {self._limits.max_line_mb:g} MB (max_line_mb)")
        self._stream.seek(_CID_BYTES, 1)
        data = self._stream.read(size)
        if hashlib.sha256(data).digest() != cid[4:]:
            raise _Damaged(f"the block {cid_text(cid)[:16]}… was changed or is cut off")
        return _decoded(data, "a block")


def _decoded(data: bytes, what: str) -> dict[str, Any]:
    decode: Callable[[bytes], Any] = libipld.decode_dag_cbor
    try:
        value = decode(data)
    except (ValueError, RecursionError) as error:
        raise _Damaged(f"{what} is not DAG-CBOR ({type(error).__name__})") from None
    if not isinstance(value, dict):
        raise _Damaged(f"{what} is not a map")
    return value


def cid_text(cid: bytes) -> str:
    """A content id as people write it: base 32 behind a `b`."""
    return "b" + base64.b32encode(cid).decode().lower().rstrip("=")


def _plain(value: Any, depth: int) -> Any:
    """A record in its JSON form (atproto.com/specs/data-model): content ids as `$link`, bytes as `$bytes`."""
    if depth > _MOST_DEPTH:
        raise _Damaged("nested too deep")
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, bytes):
        if len(value) == _CID_BYTES and value[:4] in _CID_START:
            return {"$link": cid_text(value)}
        return {"$bytes": base64.b64encode(value).decode().rstrip("=")}
    return value
