"""Checking the installation's audit chain: row by row, against its signed heads, against a case file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.pipeline import heads, timestamps
from bot.pipeline.road import Road
from store import audit, chain_heads, counters
from store.chain_heads import Head
from store.db import Transaction
from store.errors import BadPayload


@dataclass(slots=True)
class ChainChecked:
    """What was found. `first_bad` is the number of the first row that does not fit, None if all do."""

    begins: int = 1
    rows: int = 0
    head: str = ""
    first_bad: int | None = None
    heads: int = 0
    stamped: int = 0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "whole": not self.problems, "begins": self.begins, "rows": self.rows, "head": self.head,
            "first_bad": self.first_bad, "heads": self.heads, "stamped": self.stamped,
            "problems": self.problems,
        }  # fmt: skip


def verify(road: Road, against: Sequence[dict[str, Any]] = ()) -> ChainChecked:
    """The whole chain. `against` are rows of a case file's chain: a chain rewritten from there on differs."""
    done = ChainChecked()
    with road.store.reading() as tx:
        last = chain_heads.last_row(tx)
        done.rows, done.head = last or (0, audit.GENESIS)
        done.first_bad = audit.first_break(tx)
        if done.first_bad is not None:
            done.problems.append(
                f"audit row {done.first_bad} does not fit: it was changed, or one before it went"
            )
        # Rows whose time was over have gone from the beginning; what named them says nothing any more.
        done.begins = max(1, counters.value(tx, audit.ANCHOR))
        kept = [head for head in chain_heads.listing(tx) if head.seq >= done.begins]
        against = [row for row in against if row["seq"] >= done.begins]
        done.problems += _differences(tx, [(h.seq, h.digest) for h in kept], "a signed head")
        done.problems += _differences(tx, [(r["seq"], r["digest"]) for r in against], "the case file")
    for head in kept:
        done.heads += 1
        done.problems += _head_problems(road, head, done)
    return done


def _differences(tx: Transaction, wanted: Sequence[tuple[int, str]], what: str) -> list[str]:
    now = chain_heads.digests(tx, [seq for seq, _ in wanted])
    return [
        f"audit row {seq} is not the one that {what} names"
        for seq, digest in wanted
        if now.get(seq) != digest
    ]


def _head_problems(road: Road, head: Head, done: ChainChecked) -> list[str]:
    said = heads.content(head.seq, head.digest)
    try:
        key = Ed25519PublicKey.from_public_bytes(road.case_files.public_key)
        key.verify(bytes.fromhex(head.signature), said)
    except (InvalidSignature, ValueError):
        return [f"the head of row {head.seq} is not signed by this installation's key"]
    if head.stamp is not None:
        try:
            timestamps.check(head.stamp, said, road.case_files.plan.stamp_roots)
        except BadPayload as error:
            return [f"the time stamp of row {head.seq} {error.detail}"]
        done.stamped += 1
    return []
