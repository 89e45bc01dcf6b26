"""How well a face model and its scoring find people again: ranks, hits at a false-positive rate, by age.

Numbers in, numbers out: no file, registry or picture is opened here, and nothing is kept. Closed set:
every probe's person is in the gallery. Open set: half of the persons are left out, again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.faces.evaluation_table import Floats, Persons, Shot, similarities
from bot.faces.models import Vector
from bot.match.normalise import COHORT_CASES, NEIGHBOURS, likely_age, looks, t_normed, template
from bot.match.thresholds import fewest, share, threshold_for
from store.errors import UsageError

TARGETS = (0.1, 0.01, 0.001)
NORMALISED = "cosines normalised against the gallery (T-norm), thresholds by likely age"
AGELESS = f"{NORMALISED}; half of what age does to the gallery's photos taken out"
RANKS = (1, 5, 20)
SEVERAL = 3
_BOOTSTRAPS = 1000
_BANDS = ((3, "0-2"), (6, "3-5"), (13, "6-12"), (19, "13-18"))
_GAPS = ((2, "under 2"), (5, "2 to 5"), (10, "5 to 10"), (20, "10 to 20"))

__all__ = ["Evaluation", "OpenPoint", "Ranks", "Rate", "Shot", "band", "evaluate", "gap"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval (persons drawn again with replacement) and what it rests on."""

    value: float
    low: float
    high: float
    probes: int
    persons: int


@dataclass(frozen=True, slots=True)
class Ranks:
    """The share of probes whose person is among the most similar 1, 5 and 20."""

    of: str
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """At one wished FPIR: what was got with people the threshold was not fixed on.

    `fpir` and `tpir` are None where there were too few unrelated probes to fix a threshold:
    `probes_needed` says how many it takes.
    """

    wished: float
    fpir: Rate | None
    tpir: Rate | None
    fpir_by_band: tuple[tuple[str, Rate], ...] = ()
    tpir_by_band: tuple[tuple[str, Rate], ...] = ()
    tpir_by_gap: tuple[tuple[str, Rate], ...] = ()
    probes_needed: int = 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that was measured. `det`: (FPIR, FNIR) pairs, the first rising."""

    persons: int
    photos: int
    probes: int
    probes_with_mate: int
    scored_by: str
    ranks: tuple[Ranks, ...]
    open_set: tuple[OpenPoint, ...]
    det: tuple[tuple[float, float], ...]


def band(age: float | None) -> str:
    """The age band: 0-2, 3-5, 6-12, 13-18, adult or unknown."""
    return _named(age, _BANDS, "adult")


def gap(years: float | None) -> str:
    """The band of the years between two photos, whichever is the older one."""
    return _named(None if years is None else abs(years), _GAPS, "over 20")


def _named(value: float | None, limits: Sequence[tuple[float, str]], last: str) -> str:
    if value is None:
        return "unknown"
    return next((name for limit, name in limits if value < limit), last)


def evaluate(
    gallery: Sequence[Shot],
    probes: Sequence[Shot],
    *,
    repeats: int = 10,
    seed: int = 1,
    targets: Sequence[float] = TARGETS,
    cohort: int = COHORT_CASES,
    takes_age: bool = True,
) -> Evaluation:
    """Measure. `cohort` and `takes_age` are those of the model's Thresholds (`cohort_size`, `takes_age`).

    Raises UsageError when a side is empty or no probe's person is in the gallery.
    """
    if not gallery or not probes:
        raise UsageError("the gallery" if not gallery else "the probes", "hold no usable photo")
    table = _Table.of(gallery, probes, takes_age)
    if not (table.mate >= 0).any():
        raise UsageError("the probes", "show nobody of the gallery: are the identities written alike?")
    tally, scored_by = _open_set(table, repeats, np.random.default_rng(seed), cohort)
    draw = np.random.default_rng([seed, 1])
    return Evaluation(
        persons=len(table.persons.names),
        photos=len(gallery),
        probes=len(probes),
        probes_with_mate=int((table.mate >= 0).sum()),
        scored_by=scored_by,
        ranks=_ranks(table, probes, draw),
        open_set=tuple(_point(table, target, tally.at(target), draw) for target in targets),
        det=tally.det(),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """Probes (rows) beside persons (columns): similarities, ages of photos, each probe's own column."""

    persons: Persons
    vectors: NDArray[np.float32]
    people: list[str]
    ages: list[float | None]
    cosines: Floats
    photo_ages: Floats
    mate: NDArray[np.int64]

    @classmethod
    def of(cls, gallery: Sequence[Shot], probes: Sequence[Shot], takes_age: bool) -> _Table:
        persons = Persons.of(gallery, takes_age=takes_age)
        vectors = np.array([shot.vector for shot in probes], dtype=np.float32)
        cosines, ages = similarities(vectors, persons)
        place = {name: column for column, name in enumerate(persons.names)}
        mate = np.array([place.get(shot.identity, -1) for shot in probes], dtype=np.int64)
        people = [shot.identity for shot in probes]
        return cls(persons, vectors, people, [shot.age for shot in probes], cosines, ages, mate)

    def gaps(self) -> list[str]:
        """Of each probe the band of years to its person's most similar photo."""
        found = []
        for row, (age, column) in enumerate(zip(self.ages, self.mate, strict=True)):
            own = self.photo_ages[row, column] if column >= 0 else np.nan
            found.append(gap(None if age is None or np.isnan(own) else age - own))
        return found


def _ranks(table: _Table, probes: Sequence[Shot], draw: np.random.Generator) -> tuple[Ranks, ...]:
    rows = np.flatnonzero(table.mate >= 0)
    own = table.cosines[rows, table.mate[rows]]
    rank = 1 + (table.cosines[rows] > own[:, None]).sum(axis=1)
    people = [table.people[row] for row in rows]
    found = [_ranked("all", rank, people, draw)]
    ages = [band(table.photo_ages[row, table.mate[row]]) for row in rows]
    ages = [
        "unknown" if np.isnan(table.photo_ages[r, table.mate[r]]) else a
        for r, a in zip(rows, ages, strict=True)
    ]
    gaps = table.gaps()
    for title, names in (("gallery photo", ages), ("years between", [gaps[row] for row in rows])):
        for name in dict.fromkeys(sorted(set(names) - {"unknown"}, key=_order)):
            chosen = np.array([each == name for each in names])
            some = [who for who, is_in in zip(people, chosen, strict=True) if is_in]
            found.append(_ranked(f"{title} {name}", rank[chosen], some, draw))
    several = _several(table.persons, probes, draw)
    return (*found, several) if several is not None else tuple(found)


def _order(name: str) -> int:
    names = [each for _, each in (*_BANDS, (0, "adult"), *_GAPS, (0, "over 20"))]
    return names.index(name)


def _ranked(of: str, rank: NDArray[np.int64], people: list[str], draw: np.random.Generator) -> Ranks:
    ones = np.ones(len(rank))
    return Ranks(of, tuple(_rate((rank <= k).astype(float), ones, people, draw) for k in RANKS))


def _several(whole: Persons, probes: Sequence[Shot], draw: np.random.Generator) -> Ranks | None:
    """Ranks where both sides have two or three photos of a person, each side as one template."""
    seen = dict[str, list[Vector]]()
    for shot in probes:
        seen.setdefault(shot.identity, []).append(shot.vector)
    registered = Persons(whole.names, tuple(shots[:SEVERAL] for shots in whole.shots), whole.takes_age)
    names = list(registered.names)
    chosen = [
        name
        for name, shots in zip(names, registered.shots, strict=True)
        if len(shots) > 1 and len(seen.get(name, ())) > 1
    ]
    if not chosen:
        return None
    several = np.array([template(seen[name][:SEVERAL]) for name in chosen], dtype=np.float32)
    cosines, _ = similarities(several, registered)
    own = cosines[np.arange(len(chosen)), [names.index(name) for name in chosen]]
    rank = 1 + (cosines > own[:, None]).sum(axis=1)
    return _ranked(f"up to {SEVERAL} + {SEVERAL} photos", rank, chosen, draw)


# ── open set ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Round:
    """One draw of who is left out, thresholds fixed on the people of `fixing`: scores, groups, roles."""

    best: Floats  # (probes,) best score of a stranger's probe, NaN for others
    own: Floats  # (probes,) score of a probe's own person, NaN for strangers
    group: list[str]
    fixing: Flags


@dataclass(frozen=True, slots=True)
class _Tally:
    """What the rounds gave, for any wished FPIR."""

    rounds: list[_Round]

    def at(self, target: float) -> tuple[Floats, Floats, Floats, Floats] | None:
        """Of each probe: false hits, tries as a stranger, true hits, tries with its person there."""
        size = len(self.rounds[0].best)
        sums = [np.zeros(size) for _ in range(4)]
        for each in self.rounds:
            for fixing in (each.fixing, ~each.fixing):
                limits = _limits(each, fixing, target)
                if limits is None:
                    return None
                line = np.array([limits[name] for name in each.group])
                for place, scores in ((0, each.best), (2, each.own)):
                    used = ~fixing & ~np.isnan(scores)
                    sums[place] += used & (scores >= line)
                    sums[place + 1] += used
        return sums[0], sums[1], sums[2], sums[3]

    def det(self, points: int = 60) -> tuple[tuple[float, float], ...]:
        """(FPIR, FNIR) over all rounds, at one threshold for all ages."""
        strangers = np.concatenate([each.best[~np.isnan(each.best)] for each in self.rounds])
        mated = np.concatenate([each.own[~np.isnan(each.own)] for each in self.rounds])
        if not len(strangers) or not len(mated):
            return ()
        shares = np.geomspace(max(1e-4, 1 / len(strangers)), 1, points)
        lines = np.quantile(strangers, 1 - shares)
        return tuple((float((strangers >= line).mean()), float((mated < line).mean())) for line in lines)


def _limits(each: _Round, fixing: Flags, target: float) -> dict[str, float] | None:
    """The threshold of every group of likely ages; groups with too few strangers take that of all."""
    used = fixing & ~np.isnan(each.best)
    common = threshold_for(each.best[used].tolist(), target)
    if common is None:
        return None
    groups = np.array(each.group)
    found = {}
    for name in set(each.group):
        of_group = threshold_for(each.best[used & (groups == name)].tolist(), target)
        found[name] = common if of_group is None else of_group
    return found


def _open_set(table: _Table, repeats: int, draw: np.random.Generator, cohort: int) -> tuple[_Tally, str]:
    size = len(table.persons.names)
    persons = sorted({*table.persons.names, *table.people})
    rounds, ways = [], set()
    for _ in range(repeats):
        inside = draw.permutation(size)[: max(1, (size + 1) // 2)]
        fixing = dict(zip(persons, draw.permutation(len(persons)) % 2 == 0, strict=True))
        cosines, ages = similarities(table.vectors, table.persons.some(inside.tolist()))
        scores = t_normed(cosines, cohort)
        if np.isnan(scores).any():
            scores, way = cosines, "cosine: too few persons for normalised scores"
        else:
            way = NORMALISED if table.persons.age() is None else AGELESS
        ways.add(way)
        place = {int(column): at for at, column in enumerate(inside)}
        own = np.array([place.get(int(column), -1) for column in table.mate])
        rows = np.arange(len(own))
        mated = np.where(own >= 0, scores[rows, own], np.nan)
        best = np.where(own >= 0, np.nan, scores.max(axis=1))
        group = _groups(cosines, ages)
        rounds.append(_Round(best, mated, group, np.array([fixing[name] for name in table.people])))
    return _Tally(rounds), " / ".join(sorted(ways))


def _groups(cosines: Floats, ages: Floats) -> list[str]:
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :NEIGHBOURS]
    found = np.take_along_axis(ages, nearest, axis=1)
    return [looks(likely_age([None if np.isnan(age) else float(age) for age in row])) for row in found]


def _point(
    table: _Table,
    target: float,
    sums: tuple[Floats, Floats, Floats, Floats] | None,
    draw: np.random.Generator,
) -> OpenPoint:
    if sums is None:
        return OpenPoint(target, None, None, probes_needed=2 * fewest(target, 0.5))
    false, strange, true, mated = sums
    bands, gaps = [band(age) for age in table.ages], table.gaps()

    def by(names: list[str], hits: Floats, tries: Floats) -> tuple[tuple[str, Rate], ...]:
        found = []
        for name in sorted(set(names) - {"unknown"}, key=_order):
            chosen = np.array([each == name for each in names]) & (tries > 0)
            if chosen.any():
                found.append((name, _rate(hits[chosen], tries[chosen], _some(table.people, chosen), draw)))
        return tuple(found)

    whole: Callable[[Floats, Floats], Rate | None] = lambda hits, tries: (  # noqa: E731
        _rate(hits[tries > 0], tries[tries > 0], _some(table.people, tries > 0), draw)
        if tries.any()
        else None
    )
    return OpenPoint(
        target,
        whole(false, strange),
        whole(true, mated),
        by(bands, false, strange),
        by(bands, true, mated),
        by(gaps, true, mated),
    )


def _some(people: list[str], chosen: Flags) -> list[str]:
    return [name for name, is_in in zip(people, chosen, strict=True) if is_in]


def _rate(hits: Floats, tries: Floats, people: list[str], draw: np.random.Generator) -> Rate:
    """Hits of tries, with the interval of persons drawn again: one person's photos are no new persons."""
    names, person = np.unique(np.array(people), return_inverse=True)
    won = np.bincount(person, weights=hits, minlength=len(names))
    tried = np.bincount(person, weights=tries, minlength=len(names))
    size = len(names)
    if won.sum() in (0, tried.sum()):
        # All alike: drawing again tells nothing, the number of persons does.
        none = share(size if won.sum() else 0, size)
        return Rate(none.value, none.low, none.high, len(hits), size)
    times = draw.multinomial(size, np.full(size, 1 / size), size=_BOOTSTRAPS)
    low, high = np.quantile((times @ won) / (times @ tried), (0.025, 0.975))
    return Rate(float(won.sum() / tried.sum()), float(low), float(high), len(hits), size)
