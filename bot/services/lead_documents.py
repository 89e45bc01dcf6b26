"""Documents of leads: checked, sealed with the installation's key, and opened again as bytes for one person.

They are never shown in a page. A picture goes through the decoder's process and the lists of known abuse
before it is kept; no other document is opened here at all.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.pipeline import quarantining, record_sealing
from bot.pipeline.road import Road
from bot.rules import leads as rules
from bot.rules.leads import Field
from store import audit, lead_documents
from store.db import Transaction
from store.errors import Sealed, UsageError
from store.records.lead import LeadDocument, LeadRow, Topic

MEGABYTE = 1_000_000
MOST_NAME_CHARS = 120
PICTURES = frozenset({"jpeg", "png"})
_SIGNS = ((b"%PDF-", "pdf"), (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"))
KINDS = ("PDF", "JPEG", "PNG", "UTF-8 text")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that may be kept: its plain name, what it is, its bytes."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as who may read of its topic sees it: never its bytes."""

    document: LeadDocument
    name: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A document's bytes with the name under which it is handed out."""

    name: str
    data: bytes


def prepare(road: Road, files: Sequence[tuple[str, bytes]]) -> list[Prepared]:
    """Look at files (name, bytes) before they are kept. Raises UsageError, PhotoRefused, PhotoUnavailable."""
    found = []
    for name, data in files:
        if not data:
            raise UsageError("document", "is empty")
        if len(data) > road.leads.max_document_mb * MEGABYTE:
            raise UsageError("document", f"is larger than {road.leads.max_document_mb:g} MB")
        kind = kind_of(data)
        if kind in PICTURES:
            quarantining.admit(road, data)
        found.append(Prepared(plain_name(name, kind), kind, data))
    return found


def kind_of(data: bytes) -> str:
    """What a document is by its first bytes. Raises UsageError for what is not taken."""
    for sign, kind in _SIGNS:
        if data.startswith(sign):
            return kind
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if any(unicodedata.category(char) == "Cc" and char not in "\n\r\t\f" for char in text):
        raise UsageError("document", f"is of no kind that is kept; taken are {', '.join(KINDS)}")
    return "txt"


def plain_name(name: str, kind: str) -> str:
    """A file name without a folder or signs that a computer would read, ending in what the file is."""
    stem = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or name
    kept = "".join(char if char.isalnum() or char in "-_ ()" else "_" for char in stem).strip(" _")
    return f"{kept[:MOST_NAME_CHARS] or 'document'}.{'jpg' if kind == 'jpeg' else kind}"


def put(
    road: Road, tx: Transaction, lead: LeadRow, topic: Topic, files: Sequence[Prepared], *, by: str
) -> None:
    """Keep prepared files with the lead's last row. Raises UsageError beyond the lead's limit."""
    held, _ = lead_documents.size_of_all(tx, lead.id)
    if held + len(files) > road.leads.max_documents:
        raise UsageError("document", f"is one too many: a lead holds {road.leads.max_documents}")
    for at, file in enumerate(files, 1):
        made = LeadDocument(
            f"{lead.id}-{lead.steps}-{at}", lead.id, lead.steps, topic, file.kind, len(file.data),
            hashlib.sha256(file.data).hexdigest(), by, road.clock(),
        )  # fmt: skip
        name = record_sealing.seal(road, tx, file.name, row=f"lead-document-name:{made.id}")
        sealed = record_sealing.seal_bytes(road, tx, file.data, row=f"lead-document:{made.id}")
        lead_documents.put(tx, made, name=name, sealed=sealed, key_id=record_sealing.RECORD)
        audit.write(tx, road.clock(), by, "lead.document", made.id, sha256=made.digest, kind=made.kind)


def of_lead(road: Road, tx: Transaction, lead_id: str, shown: Collection[Field]) -> list[DocumentView]:
    """The documents of a lead whose topic is shown, oldest first. Raises Sealed."""
    found = []
    for document, name in lead_documents.of_lead(tx, lead_id):
        if rules.FIELD_OF_TOPIC[document.topic] in shown:
            opened = record_sealing.open_text(road, tx, name, row=f"lead-document-name:{document.id}")
            found.append(DocumentView(document, opened))
    return found


def opened(road: Road, tx: Transaction, document_id: str, *, by: str) -> Opened:
    """A document's bytes, written down as opened; the caller has seen to it that they may be.

    Raises Missing, Sealed where the bytes are not those that were kept.
    """
    document, name, sealed = lead_documents.get(tx, document_id)
    data = record_sealing.open_bytes(road, tx, sealed, row=f"lead-document:{document.id}")
    if hashlib.sha256(data).hexdigest() != document.digest:
        raise Sealed(document.id, "is not what was kept: its digest differs")
    audit.write(tx, road.clock(), by, "lead.document_opened", document.id)
    return Opened(record_sealing.open_text(road, tx, name, row=f"lead-document-name:{document.id}"), data)
