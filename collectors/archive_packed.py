"""Packed files (zip, tar, tar.gz) unpacked into a folder of our own, within limits and never outside it.

Only what an import reads is written: payloads, what lies beside them, and pictures. Links, devices and
names that lead out are set aside; a packed file inside a packed file stays closed.
"""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from collectors.archive_files import MB, ArchiveLimits, Meter, TooBig, opened
from store.records.page import SetAside

_BLOCK = 1 << 18
_MOST_NAME_BYTES = 1000
_MOST_PART_BYTES = 200
_MOST_HEADER_BYTES = 1_000_000
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257
PACKED_NAMES = (".zip", ".tar", ".tar.gz", ".tgz")
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")


def kind_of(path: Path) -> str:
    """ "zip", "tar" or "": told by the first bytes, also of what is packed once more with gzip."""
    try:
        with path.open("rb") as file:
            if file.read(4) in _ZIP_MARKS:
                return "zip"
        with opened(path) as (stream, _):
            head = stream.read(512)
    except (OSError, EOFError, zlib.error):
        return ""
    return "tar" if head[_TAR_MARK_AT : _TAR_MARK_AT + 5] == _TAR_MARK else ""


def unpack(
    path: Path, kind: str, to: Path, limits: ArchiveLimits, wanted: Callable[[str], bool], *, shown: str
) -> list[SetAside]:
    """Write the wanted members below `to`. Gives what was set aside; never raises for what the file holds."""
    writer = _Writer(to, limits, shown)
    try:
        if kind == "zip":
            _unzip(path, limits, writer, wanted)
        else:
            _untar(path, limits, writer, wanted)
    except TooBig as error:
        writer.aside("", f"{error}; what came before it was taken")
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        writer.aside(
            "", f"the packed file is damaged ({type(error).__name__}); what came before it was taken"
        )
    except NotImplementedError:
        writer.aside("", "packed in a way that cannot be read; pack it again as an ordinary zip")
    except OSError as error:
        writer.aside("", f"cannot be unpacked: {error.strerror or type(error).__name__}")
    return writer.troubles


def _unzip(path: Path, limits: ArchiveLimits, writer: _Writer, wanted: Callable[[str], bool]) -> None:
    meter = Meter(limits, path.stat().st_size, most_mb=limits.max_unpacked_mb)
    with zipfile.ZipFile(path) as packed:
        for info in packed.infolist():
            writer.count()
            mode = info.external_attr >> 16
            # Not `is_dir()`: it fails on a member without a name.
            if info.filename.endswith("/") or not writer.is_wanted(info.filename, wanted):
                continue
            if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
                writer.aside(info.filename, "a link or device in a packed file is not followed")
            elif info.flag_bits & 0x1:
                writer.aside(info.filename, "locked with a password; unlock it and pack it again")
            else:
                with packed.open(info) as stream:
                    writer.write(info.filename, stream, meter)


class _ShortHeaders(tarfile.TarInfo):
    """Long names and extended headers are read into memory whole: they may not be longer than names are."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        kinds = {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE}
        kinds |= {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
        if self.type in kinds and self.size > _MOST_HEADER_BYTES:
            raise tarfile.ReadError("a header longer than any name")
        return super()._proc_member(tar)  # type: ignore[misc,no-any-return]


def _untar(path: Path, limits: ArchiveLimits, writer: _Writer, wanted: Callable[[str], bool]) -> None:
    with opened(path) as (stream, packed_bytes):
        meter = Meter(limits, packed_bytes, most_mb=limits.max_unpacked_mb)
        counted = cast(IO[bytes], _Metered(stream, meter))
        with tarfile.open(fileobj=counted, mode="r|", tarinfo=_ShortHeaders) as packed:
            for member in packed:
                writer.count()
                vars(packed)["members"] = []  # Or every member is held to the end.
                if member.isdir() or not writer.is_wanted(member.name, wanted):
                    continue
                if not member.isreg() or member.sparse is not None:
                    writer.aside(member.name, "a link or device in a packed file is not followed")
                    continue
                data = packed.extractfile(member)
                if data is not None:
                    writer.write(member.name, data, None)


class _Metered:
    """What is read from the stream is counted, whatever the reader makes of it."""

    def __init__(self, stream: IO[bytes], meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._meter.add(len(data))
        return data


class _Writer:
    """Writes members below one folder, each name once, and remembers what it left out."""

    def __init__(self, to: Path, limits: ArchiveLimits, shown: str) -> None:
        self._to = to
        self._limits = limits
        self._shown = shown
        self._count = 0
        self._more = 0
        self._troubles: list[SetAside] = []

    @property
    def troubles(self) -> list[SetAside]:
        """What was left out and why."""
        rest = [SetAside(self._shown, f"{self._more} more could not be taken")] if self._more else []
        return self._troubles + rest

    def aside(self, name: str, reason: str) -> None:
        """Leave a member out."""
        shown = "".join(c if c.isprintable() else "\ufffd" for c in name[:200])
        if len(self._troubles) >= self._limits.listed_troubles:
            self._more += 1
        else:
            self._troubles.append(SetAside(f"{self._shown}/{shown}" if shown else self._shown, reason))

    def is_wanted(self, name: str, wanted: Callable[[str], bool]) -> bool:
        """Whether the member is to be written."""
        if name.lower().endswith(PACKED_NAMES):
            self.aside(name, "packed inside a packed file; unpack it and import it by itself")
            return False
        return wanted(name)

    def count(self) -> None:
        """One more member. Raises TooBig."""
        self._count += 1
        if self._count > self._limits.max_entries:
            raise TooBig(f"more than {self._limits.max_entries} files (max_entries)")

    def write(self, name: str, stream: IO[bytes], meter: Meter | None) -> None:
        """Write one member. Its bytes are counted, whatever size its header claims."""
        place = safe_place(name)
        if place is None:
            self.aside(name, "its name leads out of the packed file or cannot be a file's name")
            return
        target = self._to / place
        if any(part.is_symlink() for part in (target, *target.parents)):
            self.aside(name, "its place is a link")
            return
        if target.exists():
            self.aside(name, "a second file of the same name; the first was taken")
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                for block in _blocks(stream, int(self._limits.max_file_mb * MB)):
                    if meter is not None:
                        meter.add(len(block))
                    file.write(block)
        except (FileExistsError, NotADirectoryError):
            self.aside(name, "a file and a folder of the same name; the first was taken")


def _blocks(stream: IO[bytes], most_bytes: int) -> Iterator[bytes]:
    read = 0
    while block := stream.read(_BLOCK):
        read += len(block)
        if read > most_bytes:
            raise TooBig(f"a file in it unpacks to more than {most_bytes / MB:g} MB (max_file_mb)")
        yield block


def safe_place(name: str) -> Path | None:
    """The member's place below the folder; None for a name that leads out or is no name at all."""
    if not name or "\x00" in name or "\\" in name or len(name.encode("utf-8", "replace")) > _MOST_NAME_BYTES:
        return None
    path = PurePosixPath(name)
    parts = [part for part in path.parts if part != "."]
    is_odd = any(len(part.encode("utf-8", "replace")) > _MOST_PART_BYTES or ":" in part for part in parts)
    if path.is_absolute() or ".." in parts or not parts or is_odd:
        return None
    try:
        "".join(parts).encode()
    except UnicodeEncodeError:
        return None
    return Path(*parts)
