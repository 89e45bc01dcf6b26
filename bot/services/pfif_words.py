"""PFIF's words: fields of persons and notes in versions 1.1 to 1.4, older names, what may stand in them.

Values in, values out. The format: zesty.ca/pfif/1.4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from store.errors import UsageError

NAMESPACES = {f"http://zesty.ca/pfif/{version}": version for version in ("1.1", "1.2", "1.3", "1.4")}
VERSIONS = tuple(NAMESPACES.values())
HOME = (
    "home_street", "home_neighborhood", "home_city", "home_state", "home_postal_code", "home_country",
)  # fmt: skip
AUTHOR = ("author_name", "author_email", "author_phone")
OPEN = (
    "given_name", "family_name", "alternate_names", "source_name", "source_url", "source_date", "entry_date",
    "expiry_date", "age", "photo_url", "profile_urls",
)  # fmt: skip
ON_CASE = ("person_record_id", "full_name", "description", "sex", "date_of_birth")
PERSON = (
    "person_record_id", "entry_date", "expiry_date", *AUTHOR, "source_name", "source_date", "source_url",
    "full_name", "given_name", "family_name", "alternate_names", "description", "sex", "date_of_birth",
    "age", *HOME, "photo_url", "profile_urls",
)  # fmt: skip
NOTE = (
    "note_record_id", "person_record_id", "linked_person_record_id", "entry_date", *AUTHOR, "source_date",
    "author_made_contact", "status", "email_of_found_person", "phone_of_found_person", "last_known_location",
    "text", "photo_url",
)  # fmt: skip
STATUSES = (
    "information_sought", "is_note_author", "believed_alive", "believed_missing", "believed_dead",
)  # fmt: skip
# What a version called a field that 1.4 calls otherwise.
_OLD_NAMES = {"first_name": "given_name", "last_name": "family_name", "home_zip": "home_postal_code"}
_RENAMED_PERSON = {
    "1.1": _OLD_NAMES,
    "1.2": {k: v for k, v in _OLD_NAMES.items() if k != "home_zip"},
    "1.3": {"first_name": "given_name", "last_name": "family_name"},
    "1.4": {},
}
_RENAMED_NOTE = {version: {"found": "author_made_contact"} for version in ("1.1", "1.2", "1.3")} | {"1.4": {}}
_AGE = re.compile(r"\d{1,3}(-\d{1,3})?")
_ID = re.compile(r"[^/\s]+\.[^/\s]+/\S+")
_COUNTRY = re.compile(r"[A-Z]{2}")
OTHER, DESCRIBED = "other", "description:"
MAX_FIELD_CHARS = 50_000


def modern(fields: Mapping[str, str], version: str, *, is_note: bool) -> dict[str, str]:
    """The fields under their names in 1.4. What 1.1 and 1.2 keep in `other` also gives the description."""
    names = (_RENAMED_NOTE if is_note else _RENAMED_PERSON)[version]
    found = {names.get(name, name): value for name, value in fields.items()}
    if not is_note and OTHER in found and "description" not in found:
        described = described_in(found[OTHER])
        if described:
            found["description"] = described
    return found


def old(fields: Mapping[str, str], version: str, *, is_note: bool) -> dict[str, str]:
    """The fields under the names of an older version; the opposite of `modern`."""
    names = {new: given for given, new in (_RENAMED_NOTE if is_note else _RENAMED_PERSON)[version].items()}
    return {names.get(name, name): value for name, value in fields.items()}


def described_in(other: str) -> str:
    """The description inside the `other` field of 1.1 and 1.2: `description:` and indented lines."""
    lines, found, inside = other.splitlines(), list[str](), False
    for line in lines:
        if line.startswith(DESCRIBED):
            inside = True
            found.append(line.removeprefix(DESCRIBED).strip())
        elif inside and (line[:1].isspace() or not line):
            found.append(line.strip())
        else:
            inside = False
    return "\n".join(found).strip()


def is_description_alone(other: str) -> bool:
    """Whether the `other` field holds a description and nothing else."""
    first, *rest = other.splitlines() or [""]
    return first.startswith(DESCRIBED) and all(line[:1].isspace() or not line for line in rest)


def moment(name: str, value: str) -> datetime:
    """A PFIF moment, yyyy-mm-ddThh:mm:ssZ. Raises UsageError."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise UsageError(name, f"is {value[:40]!r}; write YYYY-MM-DDTHH:MM:SSZ") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def stamp(value: datetime) -> str:
    """A moment as PFIF writes it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_id(name: str, value: str) -> str:
    """A record's id, domain/unique. Raises UsageError."""
    if not _ID.fullmatch(value):
        raise UsageError(name, f"is {value[:80]!r}; PFIF wants domain/unique, such as police.example/17")
    return value


def domain_of(record_id: str) -> str:
    """The domain of a record's id."""
    return record_id.partition("/")[0]


def check_person(fields: Mapping[str, str]) -> None:
    """Raises UsageError for a person's field that says what PFIF does not know."""
    check_id("person_record_id", fields.get("person_record_id", ""))
    for name in ("source_date", "entry_date", "expiry_date"):
        if fields.get(name):
            moment(name, fields[name])
    _check_size(fields)
    age, country = fields.get("age", ""), fields.get("home_country", "")
    if age and not _AGE.fullmatch(age):
        raise UsageError("age", f"is {age[:20]!r}; write years, such as 7 or 5-8")
    if country and not _COUNTRY.fullmatch(country):
        raise UsageError("home_country", f"is {country[:20]!r}; write two capital letters of ISO 3166")


def check_note(fields: Mapping[str, str]) -> None:
    """Raises UsageError for a note's field that says what PFIF does not know."""
    check_id("note_record_id", fields.get("note_record_id", ""))
    for name in ("source_date", "entry_date"):
        if fields.get(name):
            moment(name, fields[name])
    _check_size(fields)
    contact, status = fields.get("author_made_contact", ""), fields.get("status", "")
    if contact not in ("", "true", "false"):
        raise UsageError("author_made_contact", f"is {contact[:20]!r}; PFIF knows true and false")
    if status and status not in STATUSES:
        raise UsageError("status", f"is {status[:40]!r}; PFIF knows {', '.join(STATUSES)}")


def _check_size(fields: Mapping[str, str]) -> None:
    for name, value in fields.items():
        if len(value) > MAX_FIELD_CHARS:
            raise UsageError(name[:80], f"has {len(value)} characters; at most {MAX_FIELD_CHARS} are read")


def full_name(fields: Mapping[str, str]) -> str:
    """The name in one: `full_name`, or from given and family name, as before 1.3."""
    parts = (fields.get("given_name", ""), fields.get("family_name", ""))
    return fields.get("full_name") or " ".join(part for part in parts if part)


def is_expired(fields: Mapping[str, str], now: datetime) -> bool:
    """Whether a record's day is over: its data may not be taken, only that it is gone."""
    return bool(fields.get("expiry_date")) and moment("expiry_date", fields["expiry_date"]) <= now
