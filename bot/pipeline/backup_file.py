"""One backup as a file: a tar stream encrypted with age, and what is checked when it is read.

Any age program opens it with the key (https://age-encryption.org/v1). Knows no database and no clock.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

import msgspec
import pyrage

from store import snapshot
from store.codec import from_json, to_json
from store.errors import ConfigError, StoreError, UsageError
from store.snapshot import Copied

FORMAT = 1
DATABASE, HEAD, DIGESTS = "homeward.db", "backup.json", "digests.json"
FOLDERS = ("photos", "quarantine", "inbox", "case-files")
FILES = (DATABASE, HEAD, DIGESTS, "seal.key", "signing.key", "config.yaml")
BLOCK = 1 << 20
MOST_TEXT_BYTES = 1 << 28
_AGE = pyrage.x25519


class Identity(Protocol):
    """A key that opens, as the age library holds it; `str()` of it is the secret."""

    def to_public(self) -> Recipient: ...


class Recipient(Protocol):
    """A key for which is encrypted."""


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Who can open what is written, and our own key if we hold one. Its representation shows neither."""

    recipients: tuple[Recipient, ...]
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds. `seal_key` is the short name of the key that its sealed values need."""

    format: int
    made_at: datetime
    schema: str
    seal_key: str
    rows: Mapping[str, int] = field(default_factory=dict)
    files: int = 0


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────


def load_keys(given: str, path: Path, others: Iterable[str]) -> Keys:
    """Our own key from `given` (an age identity) or from the file, made if it is new, and the others'.

    Raises ConfigError for a text that is no such key.
    """
    recipients = tuple(_recipient(each) for each in others)
    identity = _identity(given, "HOMEWARD_BACKUP_KEY") if given else _kept_identity(path)
    return Keys((identity.to_public(), *recipients), identity)


def keys_of(path: Path | None, given: str) -> Keys:
    """The key that opens backups, from a file or from `given`. Makes none. Raises ConfigError, UsageError."""
    identity = read_identity(path) if path is not None else _identity(given, "HOMEWARD_BACKUP_KEY")
    return Keys((identity.to_public(),), identity)


def _kept_identity(path: Path) -> Identity:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = _AGE.Identity.generate()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(f"# opens Homeward's backups; keep a copy elsewhere\n{fresh}\n")
            file.flush()
            os.fsync(file.fileno())
    return read_identity(path)


def read_identity(path: Path) -> Identity:
    """The key in a file, as `age-keygen` writes it. Raises ConfigError, UsageError if there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(str(path), "is no readable key file; give the one that opens the backup") from error
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return _identity(lines[0] if lines else "", str(path))


def _identity(text: str, subject: str) -> Identity:
    try:
        found: Identity = _AGE.Identity.from_str(text.strip())
    except (pyrage.IdentityError, UnicodeEncodeError) as error:
        raise ConfigError(subject, "holds no age key (AGE-SECRET-KEY-1…); `age-keygen` makes one") from error
    return found


def _recipient(text: str) -> Recipient:
    try:
        found: Recipient = _AGE.Recipient.from_str(text)
    except (pyrage.RecipientError, UnicodeEncodeError) as error:
        raise ConfigError("backup.recipients", f"{text[:12]}… is no age public key") from error
    return found


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def write(
    path: Path,
    files: Iterable[tuple[str, Path]],
    database: Copied,
    at: datetime,
    seal_key: str,
    keys: Keys,
) -> Contents:
    """Write these files, encrypted, to `path`, on disk when this returns. Gives what went in."""
    head = Contents(FORMAT, at, database.schema, seal_key, database.rows)
    digests: dict[str, str] = {}

    def fill(stream: BinaryIO) -> None:
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, HEAD, io.BytesIO(msgspec.json.encode(to_json(head))), digests)
            for name, file in files:
                _add_file(tar, name, file, digests)
            _add(tar, DIGESTS, io.BytesIO(msgspec.json.encode(digests)), {})

    with path.open("xb") as target:
        os.fchmod(target.fileno(), 0o600)
        with _piped(fill) as source:
            pyrage.encrypt_io(source, target, list(keys.recipients))
        target.flush()
        os.fsync(target.fileno())
    return Contents(FORMAT, at, database.schema, seal_key, database.rows, len(digests) - 1)


def _add_file(tar: tarfile.TarFile, name: str, path: Path, digests: dict[str, str]) -> None:
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return  # Forgotten since the folder was listed: then it is not to be in the backup either.
    with source:
        # Files of the inbox may still grow: as much is taken as there was when it was opened.
        _add(tar, name, source, digests, os.fstat(source.fileno()).st_size)


def _add(
    tar: tarfile.TarFile, name: str, source: BinaryIO, digests: dict[str, str], size: int | None = None
) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(source.read()) if size is None else size
    source.seek(0)
    counted = _Digested(source)
    tar.addfile(info, counted)
    digests[name] = counted.digest.hexdigest()


class _Digested(io.RawIOBase):
    """A file that remembers the SHA-256 of what was read of it."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.digest.update(data)
        return data


def write_text(path: Path, text: str, keys: Keys) -> None:
    """A small text, encrypted, on disk when this returns."""
    path.unlink(missing_ok=True)
    with path.open("xb") as target:
        os.fchmod(target.fileno(), 0o600)
        target.write(pyrage.encrypt(text.encode(), list(keys.recipients)))
        target.flush()
        os.fsync(target.fileno())


def read_text(path: Path, keys: Keys) -> str:
    """The text again. Raises StoreError where this key does not open it or a byte was changed."""
    if path.stat().st_size > MOST_TEXT_BYTES:
        raise StoreError(str(path), f"is larger than {MOST_TEXT_BYTES} bytes")
    try:
        plain: bytes = pyrage.decrypt(path.read_bytes(), [_own(keys)])
        return plain.decode()
    except (pyrage.DecryptError, UnicodeDecodeError) as error:
        raise StoreError(str(path), "cannot be opened with this key, or was changed") from error


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def verify(path: Path, keys: Keys, work: Path) -> Contents:
    """Read a backup whole: every byte authentic, every digest right, the database sound in every page.

    `work` is a folder of its own for the database. Raises StoreError naming what is wrong.
    """
    return _read(path, keys, work, {DATABASE})


def unpack(path: Path, keys: Keys, folder: Path) -> Contents:
    """The same, and every file is left in the new folder `folder`. Raises StoreError."""
    return _read(path, keys, folder, None)


def _read(path: Path, keys: Keys, folder: Path, wanted: set[str] | None) -> Contents:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found: dict[str, str] = {}
    texts: dict[str, bytes] = {}
    with _decrypted(path, keys) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            name = _safe(path, member)
            source = tar.extractfile(member)
            assert source is not None
            if name in (HEAD, DIGESTS):
                texts[name] = source.read(MOST_TEXT_BYTES)
                found[name] = hashlib.sha256(texts[name]).hexdigest()
            else:
                keep = wanted is None or name in wanted
                found[name] = _copy(source, folder / name if keep else None)
    return _judged(path, folder, found, texts)


def _judged(path: Path, folder: Path, found: Mapping[str, str], texts: Mapping[str, bytes]) -> Contents:
    said = _json(path, texts.get(DIGESTS), "its list of digests")
    head = from_json(Contents, _json(path, texts.get(HEAD), "its head"), subject=str(path))
    if head.format != FORMAT:
        raise StoreError(str(path), f"has format {head.format}; this version reads {FORMAT}")
    have = {name: digest for name, digest in found.items() if name != DIGESTS}
    if have != said:
        wrong = sorted(name for name in {*have, *said} if have.get(name) != said.get(name))
        raise StoreError(str(path), f"is not what was written: {', '.join(wrong[:5])}")
    copied = snapshot.examine(folder / DATABASE)
    if copied.rows != head.rows or copied.schema != head.schema:
        raise StoreError(str(path), "its database is not the one that was copied")
    return Contents(head.format, head.made_at, head.schema, head.seal_key, head.rows, len(have) - 1)


def _json(path: Path, data: bytes | None, what: str) -> Any:
    try:
        return msgspec.json.decode(data or b"")
    except msgspec.DecodeError as error:
        raise StoreError(str(path), f"{what} is missing; the file was cut or is no backup") from error


def _safe(path: Path, member: tarfile.TarInfo) -> str:
    """The name of a member that may be written below a folder. Raises StoreError for any other."""
    name = PurePosixPath(member.name)
    is_plain = not name.is_absolute() and ".." not in name.parts and member.isreg()
    is_known = member.name in FILES or (len(name.parts) > 1 and name.parts[0] in FOLDERS)
    if not (is_plain and is_known):
        raise StoreError(str(path), f"holds {member.name[:80]!r}, which no backup of ours holds")
    return str(name)


def _copy(source: Any, path: Path | None) -> str:
    digest = hashlib.sha256()
    if path is None:
        while block := source.read(BLOCK):
            digest.update(block)
        return digest.hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("xb") as target:
        os.fchmod(target.fileno(), 0o600)
        while block := source.read(BLOCK):
            digest.update(block)
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def _own(keys: Keys) -> Identity:
    if keys.identity is None:
        raise UsageError("HOMEWARD_BACKUP_KEY", "is needed to open a backup; give --key FILE")
    return keys.identity


@contextmanager
def _decrypted(path: Path, keys: Keys) -> Iterator[BinaryIO]:
    """The plain stream of an encrypted file. Errors of reading become StoreError."""
    identity = _own(keys)

    def fill(stream: BinaryIO) -> None:
        with path.open("rb") as source:
            pyrage.decrypt_io(source, stream, [identity])

    try:
        with _piped(fill) as stream:
            yield stream
            while stream.read(BLOCK):
                pass  # To the end: the last block carries the proof that nothing was cut off.
    except (pyrage.DecryptError, tarfile.TarError, EOFError, OSError) as error:
        words = f"cannot be opened with this key, was changed, or was cut ({type(error).__name__})"
        raise StoreError(str(path), words) from error


@contextmanager
def _piped(fill: Callable[[BinaryIO], None]) -> Iterator[BinaryIO]:
    """What `fill` writes in a thread, to be read here. Its error is raised here."""
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with os.fdopen(write_end, "wb") as stream:
                fill(stream)
        except BaseException as error:  # noqa: BLE001  (handed over to the thread that reads)
            failed.append(error)

    thread = threading.Thread(target=work, name="backup", daemon=True)
    with os.fdopen(read_end, "rb") as source:
        thread.start()
        try:
            yield source
        except BaseException:
            source.close()  # Whoever still writes is not waited for.
            thread.join()
            if failed and not isinstance(failed[0], BrokenPipeError):
                raise failed[0] from None
            raise
    thread.join()
    if failed:
        raise failed[0]
