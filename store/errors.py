"""The one error tree of Homeward. Nothing else defines exceptions that cross a package border.

    HomewardError
    ├── UsageError            the caller asked for something that cannot be (exit 2)
    │   └── NotAllowed        a rule of the house forbids it, whoever asks
    ├── ConfigError           config.yaml or the environment is wrong (exit 3)
    ├── StoreError            the database or the blob folder
    │   ├── Missing           no such row
    │   ├── Conflict          the row changed under the caller, or the step is not possible from here
    │   ├── SchemaMismatch    a newer or unknown database schema
    │   ├── Unwritable        the disk takes nothing just now; try again
    │   ├── StoreUnreachable  a server that keeps our bytes did not answer; try again
    │   └── Sealed            a sealed value that this key cannot open
    ├── SourceError           a platform could not be read
    │   ├── RateLimited       try again after `retry_after`
    │   ├── Unreachable       network or server trouble; try again later
    │   ├── NeedsPerson       credentials or contract: a person has to act
    │   └── BadPayload        an answer or a file that cannot be understood
    ├── PhotoError            a photo could not be had
    │   ├── PhotoRefused      it breaks a limit or a safety rule; never try again
    │   └── PhotoUnavailable  not there just now; try again
    │       └── NoRoom          the disk is full; fetched once it is not
    ├── ModelError            a model file is missing, damaged or of the wrong kind
    └── EngineError           the work queue
        └── LeaseLost         somebody else holds the work now; drop what was done

Every error names its subject and says whether a retry can help. It must never carry a secret, a
contact or a payload: `str(error)` goes to logs and pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


class HomewardError(Exception):
    """Base of all errors of the project.

    `subject` is what failed (a key, a path, a setting's name), `detail` one clear sentence that
    says what was found and the way out. `retry` tells whether the same call can succeed later.
    """

    retry: ClassVar[bool] = False

    def __init__(self, subject: str, detail: str) -> None:
        super().__init__(subject, detail)
        self.subject = subject
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.subject}: {self.detail}"


class UsageError(HomewardError):
    """The caller asked for something that cannot be: wrong value, wrong name, wrong step."""


class NotAllowed(UsageError):
    """A rule of the house forbids it, and no setting lifts the rule."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a settings file: where (`line` from 1, 0 if the whole file), what is there, what may be.

    `path` is the setting, such as `campaign.sources[0].kind`, "" where the file cannot be read at all.
    `found` never shows a secret.
    """

    file: str
    line: int
    path: str
    found: str
    allowed: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        setting = f" {self.path}:" if self.path else ""
        return f"{place}:{setting} found {self.found}; allowed: {self.allowed}"


class ConfigError(HomewardError):
    """config.yaml or the environment is wrong. `subject` is file:line or the variable's name.

    `mistakes` lists every mistake of a settings file, in the order of its lines.
    """

    def __init__(self, subject: str, detail: str, mistakes: tuple[Mistake, ...] = ()) -> None:
        super().__init__(subject, detail)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {mistake}" for mistake in self.mistakes)])


class StoreError(HomewardError):
    """The database or the blob folder did not do what was asked."""


class StoreUnreachable(StoreError):
    """A server that keeps our bytes did not answer; the same call may succeed later."""

    retry = True


class Missing(StoreError):
    """There is no such row."""


class Conflict(StoreError):
    """The row changed under the caller, or the step is not possible from its present state."""


class SchemaMismatch(StoreError):
    """The database has a newer or unknown schema."""


class Unwritable(StoreError):
    """The disk takes nothing just now (full, read-only, broken); the same call may succeed later."""

    retry = True


class Sealed(StoreError):
    """A sealed value that the present key cannot open."""


class SourceError(HomewardError):
    """A platform could not be read."""


class RateLimited(SourceError):
    """The platform asks to wait. `retry_after` counts from now."""

    retry = True

    def __init__(self, subject: str, detail: str, retry_after: timedelta) -> None:
        super().__init__(subject, detail)
        self.retry_after = retry_after


class Unreachable(SourceError):
    """Network or server trouble; the same call may succeed later."""

    retry = True


class NeedsPerson(SourceError):
    """Credentials are refused or a contract is missing: a person has to act."""


class BadPayload(SourceError):
    """An answer, file or line that cannot be understood."""


class PhotoError(HomewardError):
    """A photo could not be had."""


class PhotoRefused(PhotoError):
    """The photo or its address breaks a limit or a safety rule; never try again."""


class PhotoUnavailable(PhotoError):
    """The photo is not there just now."""

    retry = True


class NoRoom(PhotoUnavailable):
    """The disk has no room for another photo; it is fetched once there is some."""


class ModelError(HomewardError):
    """A model file is missing, damaged or of the wrong kind."""


class EngineError(HomewardError):
    """The work queue did not do what was asked."""


class LeaseLost(EngineError):
    """Somebody else holds this work now; what was done for it must be dropped."""
