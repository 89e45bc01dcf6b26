"""A registry's file between the look and the yes: kept sealed, read from a folder of its own, forgotten."""

from __future__ import annotations

import secrets
import tempfile
from base64 import b64decode, b64encode
from pathlib import Path, PurePosixPath

from bot.pipeline.road import Road
from bot.services import case_files
from bot.services.case_files import CaseImport
from store import family_links
from store.errors import Missing, UsageError
from store.family_links import Upload

SUFFIXES = frozenset({".csv", ".json", ".xml", ".pfif"})


def keep(road: Road, name: str, data: bytes, *, by: str) -> str:
    """Keep a file under seal for the person who brought it; gives its token. Raises UsageError."""
    plain = PurePosixPath(name.replace("\\", "/")).name
    if PurePosixPath(plain).suffix.lower() not in SUFFIXES:
        raise UsageError("file", "is neither .csv, .json nor .xml (PFIF); photos come by the form of a case")
    token = secrets.token_urlsafe(18)
    sealed = road.key.seal(b64encode(data).decode(), row=f"upload:{token}")
    with road.store.transaction() as tx:
        family_links.put_upload(tx, Upload(token, plain, sealed, by, road.clock()))
    return token


def run(road: Road, token: str, *, by: str, source_name: str, dry_run: bool) -> CaseImport:
    """Read the kept file; once taken it is forgotten. Raises Missing for another person's."""
    with road.store.reading() as tx:
        upload = family_links.upload(tx, token)
    if upload.by != by:
        raise Missing("upload", "is not kept any more; choose the file again")
    data = b64decode(road.key.open(upload.sealed, row=f"upload:{token}"))
    try:
        with tempfile.TemporaryDirectory(prefix="homeward-import-") as folder:
            path = Path(folder) / upload.name
            path.write_bytes(data)
            report = case_files.import_file(road, path, by=by, source_name=source_name, dry_run=dry_run)
    except UsageError as error:
        # The person knows the file by its name, not by where it lay for a moment.
        raise UsageError(upload.name, error.detail) from error
    if not dry_run:
        with road.store.transaction() as tx:
            family_links.drop_uploads(tx, token=token)
    return report
