"""Whether every part of an installation works: one line each, with the way out. Changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.home import Home
from bot.observe import Check
from bot.pipeline import alert, profiles, silence, standing, tag_gate
from bot.pipeline.road import Road
from bot.pipeline.room import Room
from bot.pipeline.source import Source
from bot.rules import tag_words
from bot.senders.base import ChecksItself, Sender, TellsProfile
from bot.services import brake, levels, overview, thresholds
from collectors.base import Checked
from store import audit, imports, tag_gates
from store import brake as tests
from store.errors import ConfigError, HomewardError, ModelError

LOW_DISK_GB = 1.0
TESTS_LATE = 2
"""So many times the time between two tests may pass before a test is missed."""


def examine(road: Road, home: Home, tried: Sequence[Check] = ()) -> list[Check]:
    """Look at database, audit chain, disk, face models, gazetteer, sources.

    `tried` are sources that were tried out (see `try_sources`); for others their kept health speaks.
    """
    checks = [
        _try("database", lambda: f"{overview.overview(road).posts} posts"),
        _try("audit chain", lambda: _audit(road)),
        _disk(road, home),
        _try("face models", lambda: f"{road.faces().name}, {road.faces().licence}"),
        _try("gazetteer", lambda: _places(road)),
    ]
    checks += [*of_replies(road), *_matching(road), *_imports(road), *_quarantine(road), *_hashtags(road)]
    checks += tried
    seen, known = overview.overview(road), {check.name for check in tried}
    for source in seen.sources:
        if f"source {source.source}" in known:
            continue
        words = source.detail or source.state.value
        if not source.detail and source.last_ok_at is not None:
            words = f"{source.state.value}, read {overview.behind_s(source, seen.at):.0f} s ago"
        checks.append(Check(f"source {source.source}", source.failures == 0, words))
    return checks


def _hashtags(road: Road) -> list[Check]:
    """Collected hashtags that bring hardly anything first-hand, or that name a kind of people alone."""
    with road.store.reading() as tx:
        gates = {gate.tag: gate for gate in tag_gates.listing(tx)}
        asked = tag_gate.collected(tx)
    if not asked:
        return []
    refused = [f"#{tag}: {why}" for tag in asked if (why := tag_words.why(tag))]
    noise = [f"#{tag}" for tag in asked if tag in gates and gates[tag].closed]
    said = [f"{len(asked)} collected", *refused]
    if noise:
        said.append(f"only noise comes by {', '.join(noise)} (`tags gates`)")
    return [Check("hashtags", not refused, "; ".join(said))]


def try_sources(makers: Mapping[str, Callable[[], Source]]) -> list[Check]:
    """Try each source with its real credentials, all at once: one line each, with what is missing.

    `makers` build the sources by name; a missing secret or a wrong option is a line too.
    """
    if not makers:
        return []
    with ThreadPoolExecutor(min(len(makers), 8), thread_name_prefix="doctor") as pool:
        return list(pool.map(lambda item: _tried(*item), makers.items()))


def _tried(name: str, make: Callable[[], Source]) -> Check:
    label = f"source {name}"
    try:
        source = make()
    except ConfigError as error:
        return Check(label, False, str(error))
    try:
        found = silence.tried_out(source)
    except HomewardError as error:
        return Check(label, False, str(error))
    finally:
        source.collector.close()
    if not found:
        return Check(label, True, "is set up; it has no way of trying itself out")
    return _summary(label, found)


def try_senders(senders: Mapping[str, Sender]) -> list[Check]:
    """Ask each sender whether its account may write, without writing: one line for each platform."""
    return [_asked(platform, sender) for platform, sender in senders.items()]


def _asked(platform: str, sender: Sender) -> Check:
    label = f"replies {platform}"
    if not isinstance(sender, ChecksItself):
        return Check(label, True, f"set up for {sender.account}; it has no way of trying itself out")
    return _summary(label, sender.check())


def _summary(label: str, found: Sequence[Checked]) -> Check:
    broken = [item for item in found if not item.ok]
    said = [f"{each.part}: {each.words}{f' ({each.way_out})' if each.way_out else ''}" for each in broken]
    said = said or [item.words for item in found]
    return Check(label, all(item.ok for item in found), "; ".join(said))


def _try(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except HomewardError as error:
        return Check(name, False, str(error))


def _audit(road: Road) -> str:
    with road.store.reading() as tx:
        broken = audit.first_break(tx)
    if broken is not None:
        raise HomewardError(
            "audit", f"row {broken} does not fit the chain: it was changed after it was written"
        )
    return "whole"


def _places(road: Road) -> str:
    found = road.gazetteer()
    return f"{type(found).__name__} answers"


def _matching(road: Road) -> list[Check]:
    """Whether numbers of config.yaml do nothing, since the face model in force brings its own."""
    try:
        idle, name = thresholds.idle(road), road.faces().name
    except ModelError:  # Named by the check of the face model.
        return []
    if not idle:
        return []
    words = (
        f"{'; '.join(idle)}: {name} brings numbers measured with it. Take these lines out of config.yaml and "
        "use `thresholds propose` and `thresholds accept`, or go to `faces.model: sface`, where they count"
    )
    return [Check("matching", False, words)]


def of_replies(road: Road) -> list[Check]:
    """How far replies go by themselves, whether anything stops them, and how the last tests went."""
    held, stopped = levels.state(road), brake.state(road)
    words = f"{held.in_force.value} (the ceiling of config.yaml is {held.ceiling.value})"
    if held.waiting:
        words += f"; {len(held.waiting)} wished changes wait for a second person"
    checks = [Check("reply level", True, words)]
    said = "; ".join(each.words for each in stopped) or "nothing stops sending"
    checks.append(Check("brake", not stopped, f"{said}; `reply resume` lets go" if stopped else said))
    return [*checks, _channels(road), *_profiles(road)]


def _channels(road: Road) -> Check:
    """How the last daily test of the alert channels went."""
    label = "alert channels"
    if not road.alerts.is_set_up:
        return Check(label, True, "none is set up, so nobody on duty is told; see `alerts` in config.yaml")
    with road.store.reading() as tx:
        last = tests.last_test(tx, alert.CHANNELS)
    if last is None:
        return Check(label, True, "not tested yet; the running daemon does it once a day")
    is_old = road.clock() - last.at > TESTS_LATE * road.plan.self_test
    late = "; no test since: is the daemon running?" if is_old else ""
    words = f"tested {last.at:%Y-%m-%d %H:%M} UTC: {last.result}{late}"
    return Check(label, last.is_well and not is_old, words)


def _profiles(road: Road) -> list[Check]:
    """Where following is to count: whether our profile says so, as it was last read."""
    checks = []
    for platform, sender in road.senders.items() if road.rules.following else ():
        label = f"profile {platform}"
        with road.store.reading() as tx:
            last = tests.last_test(tx, f"{profiles.NAME}{platform}")
        if not isinstance(sender, TellsProfile):
            words = "is not given to programs here; look yourself whether it says the sentence"
            checks.append(Check(label, True, words))
        elif last is None:
            checks.append(Check(label, True, "was not read yet: following does not count so far"))
        else:
            checks.append(Check(label, last.is_well, last.result))
    return checks


def _imports(road: Road) -> list[Check]:
    """One line where something was imported: whether the basis of all of it is stated."""
    with road.store.reading() as tx:
        known, waiting = len(imports.listing(tx)), [made.id for made in imports.waiting(tx)]
    if not known:
        return []
    words = f"{standing.waiting_words(len(waiting))} Ids: {', '.join(waiting[:5])}" if waiting else ""
    return [Check("imports", not waiting, words or f"{known}, each with its basis or revoked")]


def _quarantine(road: Road) -> list[Check]:
    """Each hash list, and how many tasks wait for the quarantine officer; nothing of what they are about."""
    now, checks = road.clock(), []
    for each in road.lists.health():
        words = each.trouble or f"{each.size} hashes, version {each.version}"
        if each.bad_lines:
            words += f"; {each.bad_lines} lines cannot be used, see `quarantine lists`"
        if each.is_old(now):
            words += f"; older than {each.file.max_age_days:g} days, ask {each.file.terms.source} for a newer"
        is_well = not (each.trouble or each.is_old(now))
        checks.append(Check(f"hash list {each.file.terms.name}", is_well, words))
    counts = overview.overview(road).quarantine
    if counts["open"]:
        checks.append(Check("quarantine", not counts["overdue"], overview.quarantine_words(counts)))
    return checks


def _disk(road: Road, home: Home) -> Check:
    room = road.space.measure(anew=True)
    free_gb = shutil.disk_usage(home.folder).free / 1e9
    words = f"{road.space.words()} in {home.folder}"
    if room is Room.FULL:
        words += "; new photos wait for room, posts go on"
    return Check("disk", free_gb >= LOW_DISK_GB and room is not Room.FULL, words)
