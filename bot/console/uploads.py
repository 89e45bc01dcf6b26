"""Forms that carry files: text fields and the files' bytes, with a limit on number and size.

What the files are is found out by whoever takes them: photos go through the gate, registries' files are
read row by row. Nothing is opened here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from bot.console.auth import MAX_FIELD_CHARS, Form, Right, asks, check_word, needs
from store.errors import UsageError

MAX_FILES, MAX_FIELDS, MAX_FILE_MB = 8, 60, 24


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with a form: its texts and its files (field, name, bytes)."""

    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    files: tuple[tuple[str, str, bytes], ...]

    def get(self, name: str) -> str:
        """A text without spaces around it, "" if it was left out. Raises UsageError if it is too long."""
        value = self.texts.get(name, "").replace("\0", "\ufffd").strip()
        if len(value) > MAX_FIELD_CHARS:
            raise UsageError(name, f"has {len(value)} characters; at most {MAX_FIELD_CHARS} are taken")
        return value

    def named(self, field: str) -> list[tuple[str, bytes]]:
        """The files of one field that hold anything: (name, bytes)."""
        return [(name, data) for each, name, data in self.files if each == field and data]


async def read(request: Request) -> Sent:
    """Read a form with files. Raises UsageError for a file that is too large."""
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    files = []
    limits = {"max_files": MAX_FILES, "max_fields": MAX_FIELDS}
    async with request.form(**limits) as data:
        for name, value in data.multi_items():
            if isinstance(value, UploadFile):
                if (value.size or 0) > MAX_FILE_MB * 2**20:
                    raise UsageError(name, f"is larger than {MAX_FILE_MB} MB")
                files.append((name, (value.filename or "")[:200], await value.read()))
            else:
                texts[name] = value
                lists[name] = (*lists.get(name, ()), value)
    return Sent(texts, lists, tuple(files))


@dataclass(frozen=True, slots=True)
class Upload(Form):
    """A checked form with files, from somebody with the right."""

    sent: Sent


def upload_for(right: Right) -> Callable[[Request], Awaitable[Upload]]:
    """A dependency: a form with files that carries its session's word."""
    may = needs(right)

    async def check(request: Request) -> Upload:
        viewer = may(request)  # Before a byte of the files is kept.
        sent = await read(request)
        check_word(viewer, sent.texts.get("csrf", ""))
        return Upload(viewer, sent.texts, sent)

    return asks(right, check)


RegistryUpload = Annotated[Upload, Depends(upload_for(Right.REGISTRY))]
