"""X's compliance jobs: ids of stored posts go up, and what became of them comes back. One step a call.

Begun with the app's own token, then a file up and a file down at an address that X names, without any
token. Keeps nothing: the job under way is the cursor. Never waits (docs.x.com, compliance/batch-compliance).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from collectors.payload import Fields, decode_json
from collectors.x_http import Caller
from store.errors import BadPayload, NeedsPerson
from store.records.page import Page, SetAside
from store.records.post import Gone, Platform, Post

STORAGE = "storage.googleapis.com"  # where X keeps the files of its jobs
MOST_MB = 20.0
_GONE = {
    "deleted": "deleted",
    "deactivated": "its author has left",
    "suspended": "its author is suspended",
    "protected": "protected",
    "bounced": "withdrawn",
}
_PLACE_TAKEN_BACK = "scrub_geo"
_UNDER_WAY = frozenset({"created", "in_progress"})

Lookup = Callable[[Sequence[str]], list[Post | Gone]]


@dataclass(frozen=True, slots=True)
class Job:
    """A job under way: its number, where its files are, whether the ids have gone up."""

    id: str
    upload: str
    download: str
    is_sent: bool = False


class Jobs:
    """The jobs of one app; X runs one at a time."""

    def __init__(self, caller: Caller, base_url: str, clock: Callable[[], datetime]) -> None:
        self._caller = caller
        self._subject = caller.subject
        self._base_url = base_url
        self._clock = clock

    def step(self, ids: Sequence[str], cursor: str, lookup: Lookup) -> Page:
        """The page after the next step; `more` until the job has come to its end.

        What X does not name stands as it was. Posts whose place was taken back are read again by
        `lookup`, and come as they are now.
        """
        if not cursor:
            return Page(cursor=_dump(self._begun()), more=True) if _listed(ids) else Page(cursor="")
        job = self._load(cursor)
        if not job.is_sent:
            self._caller.beside("PUT", job.upload, "\n".join(_listed(ids)).encode())
            return Page(cursor=_dump(replace(job, is_sent=True)), more=True)
        status = self._status(job)
        if status in _UNDER_WAY:
            return Page(cursor=cursor, more=True)
        if status != "complete":
            raise BadPayload(self._subject, f"compliance job {job.id} ended as {status or 'nothing'}")
        body = self._caller.beside("GET", job.download, max_answer_mb=MOST_MB).body
        return self._found(body, job, lookup)

    def _begun(self) -> Job:
        try:
            answer = self._caller.call(self._caller.client.create_compliance_job, "tweets")
        except NeedsPerson as error:
            words = (
                f"{error.detail}; compliance jobs are not part of every plan: "
                "get them from X, or set compliance: false"
            )
            raise NeedsPerson(self._subject, words) from None
        data = Fields(answer.json(), []).obj("data")
        job = Job(data.ident("id"), data.text("upload_url"), data.text("download_url"))
        if not job.id.isdecimal():
            raise BadPayload(self._subject, f"{answer.path} answered no job")
        for url in (job.upload, job.download):
            self._checked(url)
        return job

    def _checked(self, url: str) -> None:
        """The ids of our posts go nowhere but to X's own storage."""
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        is_storage = (parts.scheme, parts.netloc) == ("https", STORAGE)
        ours = urlsplit(self._base_url)
        if not is_storage and (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc):
            host = f"the host {parts.hostname}" if parts.hostname else "no host"
            raise BadPayload(self._subject, f"a compliance job names {host} for its files, not {STORAGE}")

    def _load(self, cursor: str) -> Job:
        try:
            job = msgspec.json.decode(cursor.encode(), type=Job)
        except msgspec.MsgspecError as error:
            raise BadPayload(self._subject, f"the kept compliance job cannot be read ({error})") from None
        for url in (job.upload, job.download):
            self._checked(url)
        return job

    def _status(self, job: Job) -> str:
        answer = self._caller.call(self._caller.client.get_compliance_job, job.id)
        return Fields(answer.json(), []).obj("data").text("status")

    def _found(self, body: bytes, job: Job, lookup: Lookup) -> Page:
        gone: list[Gone] = []
        aside: list[SetAside] = []
        changed: list[str] = []
        for at, line in enumerate(_lines(body)):
            where = f"{self._subject} compliance job {job.id} line {at}"
            result = _result(line)
            if isinstance(result, str):
                aside.append(SetAside(where, result, line[:200].decode("utf-8", "replace")))
            elif result[1] == _PLACE_TAKEN_BACK:
                changed.append(result[0])
            else:
                why = _GONE.get(result[1], "not to be shown")
                gone.append(Gone(f"x:{result[0]}", Platform.X, f"{why}, says X", self._clock()))
        again = lookup(changed) if changed else []
        posts = tuple(item for item in again if isinstance(item, Post))
        gone += [item for item in again if isinstance(item, Gone)]
        return Page(posts, tuple(gone), cursor="", set_aside=tuple(aside))


def _dump(job: Job) -> str:
    return msgspec.json.encode(job).decode()


def _listed(ids: Sequence[str]) -> list[str]:
    return [ident for ident in dict.fromkeys(ids) if ident.isascii() and ident.isdecimal()]


def _lines(body: bytes) -> Iterator[bytes]:
    return (line for line in body.split(b"\n") if line.strip())


def _result(line: bytes) -> tuple[str, str] | str:
    """(id, reason) of a line, or why it cannot be taken."""
    try:
        value = decode_json(line)
    except ValueError as error:
        return f"not JSON: {error}"
    fields = Fields(value, [])
    ident, action = fields.ident("id"), fields.text("action")
    if not ident or action != "delete":
        return "neither an id nor an action that is known"
    return ident, fields.text("reason")
