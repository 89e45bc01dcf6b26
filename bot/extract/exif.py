"""Read what a camera wrote into a photo, and say what of it cannot be believed.

Pure: tag values in, an Exif record out. It opens no file and knows no clock; "now" is an argument.
Tags and their forms: Exif 3.0 (CIPA DC-008-2023), 4.6.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from store.records.photo import Exif

_MAKE, _MODEL = 0x010F, 0x0110
_TAKEN, _DIGITISED, _OFFSET_TAKEN, _OFFSET_DIGITISED = 0x9003, 0x9004, 0x9011, 0x9012
_LAT_REF, _LAT, _LON_REF, _LON, _GPS_TIME, _GPS_STATUS, _GPS_DATUM, _GPS_DATE = 1, 2, 3, 4, 7, 9, 18, 29

_DATE_TIME = re.compile(r"(\d{4})[:\-/. ](\d{1,2})[:\-/. ](\d{1,2})[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2}))?")
_DATE = re.compile(r"(\d{4})[:\-/. ](\d{1,2})[:\-/. ](\d{1,2})\Z")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})\Z")
_OFFSET_LIMITS_MIN = (-12 * 60, 14 * 60)
_WGS84 = frozenset({"", "WGS84", "WGS1984", "UNKNOWN"})

# Before this there was no camera that writes these tags (Exif 1.0 is of October 1995).
_FIRST_YEAR = 1995
_LAST_YEAR = 2099
# A clock that lost its battery starts again on 1 January of its maker's year.
_LAST_FACTORY_YEAR = 2020
_CLOCK_DRIFT = timedelta(hours=1)
_WIDEST_ZONE = timedelta(hours=14)
# A position may be some minutes old when the shutter opens.
_GPS_LAG = timedelta(minutes=5)


def read_exif(
    base: Mapping[int, object],
    camera: Mapping[int, object],
    gps: Mapping[int, object],
    *,
    now: datetime | None = None,
) -> Exif:
    """Read time, zone, position and camera from the tags of IFD 0, the Exif IFD and the GPS IFD.

    `now` (aware) bounds the time; without it no time is called future. Whatever is damaged or
    unlikely is left out and named in `problems`; nothing is raised, whatever the values are.
    """
    problems: list[str] = []
    local = _local_time(camera, problems)
    offset = _offset(camera, problems)
    utc = _gps_time(gps, problems)
    taken_at, offset = _combine(local, offset, utc, problems)
    if now is not None and _is_future(taken_at, local, now):
        problems.append(f"the camera's clock shows the future ({(taken_at or local):%Y-%m-%d %H:%M})")
        taken_at = local = offset = None
    lat, lon = _position(gps, problems)
    return Exif(
        taken_at=taken_at,
        taken_local=None if taken_at is not None else local,
        offset_min=None if offset is None else int(offset.total_seconds() // 60),
        lat=lat,
        lon=lon,
        camera=_camera(base),
        problems=tuple(problems),
    )


def _combine(
    local: datetime | None, offset: timedelta | None, utc: datetime | None, problems: list[str]
) -> tuple[datetime | None, timedelta | None]:
    """Bring wall clock, zone and satellite time together: (aware UTC or None, the zone or None)."""
    if local is None:
        return utc, None
    if utc is None:
        return (None if offset is None else _at(local, offset)), offset
    if offset is not None:
        taken = _at(local, offset)
        if abs(taken - utc) > _CLOCK_DRIFT:
            problems.append(f"the satellite time ({utc:%Y-%m-%d %H:%M} UTC) does not fit the camera's clock")
        return taken, offset
    found = _zone_between(local, utc)
    if found is None:
        problems.append(
            f"the satellite time ({utc:%Y-%m-%d %H:%M} UTC) does not fit the camera's clock"
            f" ({local:%Y-%m-%d %H:%M}) in any zone"
        )
        return None, None
    return _at(local, found), found


def _at(local: datetime, offset: timedelta) -> datetime:
    return (local - offset).replace(tzinfo=UTC)


def _zone_between(local: datetime, utc: datetime) -> timedelta | None:
    """The zone in which a wall clock and a satellite time are the same moment, None if there is none."""
    apart = local.replace(tzinfo=UTC) - utc
    quarters = round(apart / timedelta(minutes=15))
    offset = timedelta(minutes=15 * quarters)
    low, high = _OFFSET_LIMITS_MIN
    if not timedelta(minutes=low) <= offset <= timedelta(minutes=high):
        return None
    return offset if abs(apart - offset) <= _GPS_LAG else None


def _is_future(taken_at: datetime | None, local: datetime | None, now: datetime) -> bool:
    if taken_at is not None:
        return taken_at > now + _CLOCK_DRIFT
    return local is not None and local.replace(tzinfo=UTC) > now + _WIDEST_ZONE + _CLOCK_DRIFT


def _local_time(camera: Mapping[int, object], problems: list[str]) -> datetime | None:
    for tag in (_TAKEN, _DIGITISED):
        text = _text(camera.get(tag))
        if not text.strip(" :0"):
            continue
        found = _DATE_TIME.match(text)
        if not found:
            problems.append("the time taken cannot be read")
            continue
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        try:
            # Leap seconds exist in cameras and in no datetime.
            taken = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).replace(tzinfo=None)
        except ValueError:
            problems.append("the time taken is no date of the calendar")
            continue
        why = _why_unlikely(taken)
        if not why:
            return taken
        problems.append(f"{why} ({taken:%Y-%m-%d %H:%M})")
        return None
    return None


def _why_unlikely(taken: datetime) -> str:
    if not _FIRST_YEAR <= taken.year <= _LAST_YEAR:
        return "the camera's clock was not set"
    if (taken.month, taken.day) == (1, 1) and taken.year <= _LAST_FACTORY_YEAR and taken.hour == 0:
        return "the camera's clock shows the maker's first day"
    return ""


def _offset(camera: Mapping[int, object], problems: list[str]) -> timedelta | None:
    for tag in (_OFFSET_TAKEN, _OFFSET_DIGITISED):
        text = _text(camera.get(tag)).replace(" ", "")
        if not text.strip(":"):
            continue
        if text in ("Z", "z"):
            return timedelta(0)
        found = _OFFSET.match(text)
        if found:
            minutes = int(found[2]) * 60 + int(found[3])
            minutes = -minutes if found[1] == "-" else minutes
            if _OFFSET_LIMITS_MIN[0] <= minutes <= _OFFSET_LIMITS_MIN[1] and int(found[3]) < 60:
                return timedelta(minutes=minutes)
        problems.append("the zone of the time taken cannot be read")
        return None
    return None


def _gps_time(gps: Mapping[int, object], problems: list[str]) -> datetime | None:
    """The satellites' date and time in UTC; the clock alone says nothing without its date."""
    day = _DATE.match(_text(gps.get(_GPS_DATE)).strip())
    clock = _numbers(gps.get(_GPS_TIME))
    if day is None or len(clock) != 3:
        return None
    try:
        at = date(int(day[1]), int(day[2]), int(day[3]))
        hours, minutes, seconds = clock
        if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
            raise ValueError
        start = datetime(at.year, at.month, at.day, tzinfo=UTC)
        found = start + timedelta(hours=hours, minutes=minutes, seconds=math.floor(min(seconds, 59)))
    except (ValueError, OverflowError):
        problems.append("the satellite time is no date of the calendar")
        return None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        problems.append(f"the satellite time cannot be true ({found:%Y-%m-%d})")
        return None
    return found


def _position(gps: Mapping[int, object], problems: list[str]) -> tuple[float | None, float | None]:
    if _LAT not in gps and _LON not in gps:
        return None, None
    lat = _degrees(gps.get(_LAT), _text(gps.get(_LAT_REF)), "N", "S")
    lon = _degrees(gps.get(_LON), _text(gps.get(_LON_REF)), "E", "W")
    datum = re.sub(r"[^A-Z0-9]", "", _text(gps.get(_GPS_DATUM)).upper())
    problem = ""
    if _text(gps.get(_GPS_STATUS)).upper() == "V":
        problem = "the receiver had no position (status V)"
    elif lat is None or lon is None:
        problem = "the position is incomplete"
    elif abs(lat) > 90 or abs(lon) > 180:
        problem = f"the position is not on Earth ({lat:.1f}, {lon:.1f})"
    elif abs(lat) < 1e-4 and abs(lon) < 1e-4:
        problem = "the position is 0, 0"
    elif datum not in _WGS84:
        problem = f"the position is given in another datum ({datum[:20]})"
    if problem:
        problems.append(problem)
        return None, None
    return lat, lon


def _degrees(value: object, reference: str, positive: str, negative: str) -> float | None:
    """Degrees, minutes and seconds with their hemisphere as signed degrees, None if any is missing."""
    parts = _numbers(value)
    sign = {positive: 1, negative: -1}.get(reference.strip().upper()[:1])
    if not 1 <= len(parts) <= 3 or sign is None or any(part < 0 for part in parts):
        return None
    if any(part >= 60.001 for part in parts[1:]):
        return None
    return sign * round(math.fsum(part / 60.0**power for power, part in enumerate(parts)), 7)


def _numbers(value: object) -> list[float]:
    """A tag's numbers, [] if there are none or one of them is none (0/0, text)."""
    if isinstance(value, str | bytes) or value is None:
        return []
    parts = list(value) if isinstance(value, tuple | list) else [value]
    found: list[float] = []
    for part in parts[:4]:
        try:
            number = float(part)  # type: ignore[arg-type]
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            return []
        if not math.isfinite(number):
            return []
        found.append(number)
    return found


def _text(value: object) -> str:
    """A tag's text up to its first NUL, at most 80 characters, "" if it is none."""
    if isinstance(value, tuple | list):
        value = value[0] if value else ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return value.split("\0", 1)[0][:80].strip()


def _camera(base: Mapping[int, object]) -> str:
    make, model = _text(base.get(_MAKE)), _text(base.get(_MODEL))
    if model.casefold().startswith(make.casefold().split(" ")[0]):
        make = ""
    joined = " ".join(f"{make} {model}".split())
    return "".join(letter for letter in joined if letter.isprintable())[:80]
