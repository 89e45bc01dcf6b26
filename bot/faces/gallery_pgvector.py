"""The gallery in PostgreSQL with pgvector: for installations whose many workers share one.

Exact: the database orders by its inner product, everything near the last wanted case is then computed
in double precision here. An approximate index would be faster and miss children.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from bot.faces.gallery import DIGITS, ROUNDING, checked_vector, in_order
from bot.faces.gallery_near import SAMPLES_CASES, Block, Near, Part, grouped, nearest
from bot.faces.models import Vector
from bot.match.inputs import Cohort, Hit
from store.db import Store, Transaction
from store.errors import StoreError, StoreUnreachable

SCHEMA = "homeward_gallery"
_STREAMED_ROWS = 8192
_LOCK = 0x686F6D65
_NO_SUCH_TABLE = "42P01"


class PgVectorGallery:
    """A shared, exact Gallery in a table of its own, one a version of a model's vectors.

    `version` counts what the vectors were turned by (bot/pipeline/centring.py): processes that still have an
    older one never search or change the newer table, and are told once theirs is gone. Raises StoreError
    without pgvector, StoreUnreachable when another process has gone on to a newer version.
    """

    def __init__(self, store: Store, model: str, dimension: int, version: int = 0) -> None:
        self._store = store
        self._dimension = dimension
        self._base, self._version = f"g_{model[:16]}", version
        self._name = f"{self._base}_{version}" if version else self._base
        self._table = f"{SCHEMA}.{self._name}"
        self._own = threading.local()
        self._cases: int | None = None
        try:
            with store.transaction() as tx:
                self._prepare(tx)
        except sa.exc.DBAPIError as error:
            raise StoreError(
                "pgvector", "cannot be used in this database; install it, or set faces.gallery to memory"
            ) from error

    def _prepare(self, tx: Transaction) -> None:
        tx.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        for statement in (
            "CREATE EXTENSION IF NOT EXISTS vector",
            f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
            f"CREATE TABLE IF NOT EXISTS {SCHEMA}.state (name text PRIMARY KEY, seq bigint NOT NULL)",
            f"CREATE TABLE IF NOT EXISTS {self._table} (photo_key text PRIMARY KEY, case_id text NOT NULL, "
            f"vector vector({self._dimension}) NOT NULL)",
            f"CREATE INDEX IF NOT EXISTS ix_{self._name}_case ON {self._table} (case_id)",
        ):
            tx.execute(sa.text(statement))

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        """The transaction of `follow` within it, one of its own otherwise."""
        held = getattr(self._own, "tx", None)
        try:
            if held is not None:
                yield held
                return
            with self._store.transaction() as tx:
                yield tx
        except sa.exc.ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != _NO_SUCH_TABLE:
                raise
            raise StoreUnreachable(
                "the gallery", "was made anew by another process; the same search finds the new one"
            ) from error

    def drop_older(self) -> None:
        """Take away the tables of this model's older versions, which nobody keeps up any more."""
        with self._store.transaction() as tx:
            tx.execute(self._sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            found = tx.execute(
                self._sql("SELECT tablename FROM pg_tables WHERE schemaname = :schema"), {"schema": SCHEMA}
            )
            for (name,) in found.all():
                base, _, version = name[len(self._base) :].rpartition("_")
                is_mine = name.startswith(self._base) and not base and (version.isdigit() or not version)
                if is_mine and int(version or 0) < self._version:
                    tx.execute(sa.text(f"DROP TABLE {SCHEMA}.{name}"))
                    tx.execute(self._sql("DELETE FROM {schema}.state WHERE name = :name"), {"name": name})

    def follow(self, bring_up: Callable[[int], int]) -> int:
        """One process at a time applies the changes that came after the last one applied."""
        with self._store.transaction() as tx:
            tx.execute(self._sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            found = tx.execute(
                self._sql("SELECT seq FROM {schema}.state WHERE name = :name"), {"name": self._name}
            )
            before = found.scalar() or 0
            self._own.tx = tx
            try:
                after = bring_up(before)
            finally:
                self._own.tx = None
            if after != before:
                keep = (
                    "INSERT INTO {schema}.state VALUES (:name, :seq) "
                    "ON CONFLICT (name) DO UPDATE SET seq = excluded.seq"
                )
                tx.execute(self._sql(keep), {"name": self._name, "seq": after})
                self._cases = None
        return after

    @property
    def size_cases(self) -> int:
        """How many cases have at least one vector here."""
        if self._cases is None:
            self._cases = self._number("SELECT count(DISTINCT case_id) FROM {table}")
        return self._cases

    @property
    def size_vectors(self) -> int:
        """How many vectors are here."""
        return self._number("SELECT count(*) FROM {table}")

    def _number(self, query: str) -> int:
        with self._writing() as tx:
            return int(tx.execute(self._sql(query)).scalar_one())

    def _sql(self, words: str) -> sa.TextClause:
        """A statement about this gallery's table; its name is made of hex digits alone."""
        return sa.text(words.replace("{table}", self._table).replace("{schema}", SCHEMA))

    def put(self, photo_key: str, case_id: str, vector: Vector) -> None:
        """Add or replace a photo's vector. Raises UsageError for a bad one."""
        values = {"key": photo_key, "case": case_id, "vector": _text(checked_vector(vector, self._dimension))}
        query = (
            "INSERT INTO {table} VALUES (:key, :case, CAST(:vector AS vector)) "
            "ON CONFLICT (photo_key) DO UPDATE SET case_id = excluded.case_id, vector = excluded.vector"
        )
        with self._writing() as tx:
            self._cases = None
            tx.execute(self._sql(query), values)

    def remove(self, photo_key: str) -> None:
        """Take a photo out; nothing happens if it is not there."""
        with self._writing() as tx:
            self._cases = None
            tx.execute(self._sql("DELETE FROM {table} WHERE photo_key = :key"), {"key": photo_key})

    def remove_case(self, case_id: str) -> None:
        """Take all photos of a case out; nothing happens if there are none."""
        with self._writing() as tx:
            self._cases = None
            tx.execute(self._sql("DELETE FROM {table} WHERE case_id = :case"), {"case": case_id})

    def search(self, vector: Vector, k: int) -> list[Hit]:
        """The k most similar cases, best first, each once, by its best photo."""
        probe = checked_vector(vector, self._dimension)
        return [
            Hit(case_id=case, photo_key=photo, similarity=similarity, rank=rank)
            for rank, (similarity, case, photo) in enumerate(self._best(probe, k), start=1)
        ]

    def cohort(self, vector: Vector, k: int) -> Cohort:
        """The similarities of the k most similar cases, greatest first, one a case."""
        return Cohort(tuple(hit.similarity for hit in self.search(vector, k)))

    def _best(self, probe: NDArray[np.float32], k: int) -> list[tuple[float, str, str]]:
        taken = 2 * k + 16
        if k <= 0:
            return []
        query = self._sql(
            "SELECT photo_key, case_id, CAST(vector AS real[]) AS vector FROM {table} "
            "ORDER BY vector <#> CAST(:probe AS vector) LIMIT :most"
        )
        with self._writing() as tx:
            while True:
                rows = tx.execute(query, {"probe": _text(probe), "most": taken}).all()
                exact = _matrix(rows).astype(np.float64) @ probe.astype(np.float64) if rows else np.empty(0)
                best = in_order(
                    (round(float(similarity), DIGITS), row.case_id, row.photo_key)
                    for similarity, row in zip(exact.tolist(), rows, strict=True)
                )
                is_whole = len(rows) < taken
                if is_whole or (len(best) >= k and exact[-1] + 4 * ROUNDING < best[k - 1][0]):
                    return best[:k]
                taken *= 4

    def near(self, vectors: Block, case_id: str, k: int, others: int) -> Near:
        """Which of many vectors have this case among their k most similar ones."""
        with self._writing() as tx:
            own = self._sql("SELECT CAST(vector AS real[]) AS vector FROM {table} WHERE case_id = :case")
            rows = tx.execute(own, {"case": case_id}).all()
            if not rows or k <= 0 or not len(vectors):
                return Near.none()
            samples, whole = self._sample(tx, case_id), self._parts(tx, case_id)
            return nearest(vectors, _matrix(rows), samples, whole, k, others, slack=4 * ROUNDING)

    def _sample(self, tx: Transaction, case_id: str) -> list[Part]:
        """Some photos of other cases: what beats one photo of a case, the case itself beats too."""
        query = self._sql(
            "SELECT DISTINCT ON (case_id) case_id, CAST(vector AS real[]) AS vector FROM (SELECT * FROM "
            "{table} WHERE case_id <> :case LIMIT :most) AS picked ORDER BY case_id"
        )
        rows = tx.execute(query, {"case": case_id, "most": 2 * SAMPLES_CASES[-1]}).all()
        return [_part(rows)] if rows else []

    def _parts(self, tx: Transaction, case_id: str) -> Iterator[Part]:
        """All other cases, streamed in their order; no case is in two parts."""
        query = self._sql(
            "SELECT case_id, CAST(vector AS real[]) AS vector FROM {table} WHERE case_id <> :case "
            "ORDER BY case_id"
        )
        held: list[Any] = []
        streamed = tx.execute(query.execution_options(yield_per=_STREAMED_ROWS), {"case": case_id})
        for rows in streamed.partitions():
            held += rows
            whole = [row for row in held if row.case_id != held[-1].case_id]
            held = held[len(whole) :]
            if whole:
                yield _part(whole)
        if held:
            yield _part(held)


def _part(rows: Any) -> Part:
    numbers = {case: number for number, case in enumerate(dict.fromkeys(row.case_id for row in rows))}
    cases = grouped(np.array([numbers[row.case_id] for row in rows], dtype=np.int64))
    return Part(_matrix(rows), cases, np.arange(len(numbers)))


def _matrix(rows: Any) -> Block:
    return np.array([row.vector for row in rows], dtype=np.float32)


def _text(vector: NDArray[np.float32]) -> str:
    """A vector as pgvector reads it; nine digits give the same single-precision values again."""
    return "[" + ",".join(f"{value:.9g}" for value in vector.tolist()) + "]"
