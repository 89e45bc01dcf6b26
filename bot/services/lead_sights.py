"""What of a lead is looked at beyond its page: pictures, the exact place, the family's contact, documents.

Each is shown to the roles that need it (bot/rules/leads.py); places, contacts and documents are written
down each time they are opened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.pipeline import record_sealing
from bot.pipeline.casework import named
from bot.pipeline.road import Road
from bot.rules.leads import FIELD_OF_TOPIC, Field
from bot.services import exact, lead_documents, leads, metering
from bot.services.exact import ExactPlace
from bot.services.lead_documents import Opened
from bot.services.sightings import served_photo
from store import audit, case_profiles, cases, matches, photos, posts, sightings, veils
from store import lead_documents as document_rows
from store.cases import CaseRow
from store.db import Transaction
from store.errors import Missing, NotAllowed, UsageError
from store.records.lead import LeadRow
from store.records.sighting import Sighting

LEAST_WHY = 4


@dataclass(frozen=True, slots=True)
class Sights:
    """What a lead's page shows around its life; None and () where it is for others, or gone.

    `seen` and `registered` are digests of served copies.
    """

    case: CaseRow | None
    sighting: Sighting | None
    seen: str
    registered: tuple[str, ...]
    is_gone: bool
    has_contact: bool


def around(road: Road, lead_id: str, *, by: str) -> Sights:
    """The child, the sighting and the pictures of a lead, as far as they are for this account."""
    with road.store.reading() as tx:
        row = leads.seen(tx, lead_id, by)
        shown = leads.fields_of(tx, row, by)
        is_gone = posts.is_gone(tx, row.post_key) or bool(veils.kinds_of(tx, row.post_key))
        case = cases.get(tx, row.case_id) if Field.CASE in shown else None
        return Sights(
            case,
            sightings.get(tx, row.post_key) if Field.PLACE in shown and not is_gone else None,
            _seen_photo(tx, row) if Field.SIGHTING_PHOTOS in shown and not is_gone else "",
            _registered(tx, row) if Field.CASE_PHOTOS in shown else (),
            is_gone,
            Field.CONTACT in shown and case_profiles.contact(tx, row.case_id) is not None,
        )


def _seen_photo(tx: Transaction, row: LeadRow) -> str:
    try:
        face = photos.face(tx, matches.get(tx, row.match_key).match.face_key)
        return photos.get(tx, face.photo).served
    except Missing:  # The picture was forgotten; the lead's page says so.
        return ""


def _registered(tx: Transaction, row: LeadRow) -> tuple[str, ...]:
    return tuple(photos.get(tx, item.photo.digest).served for item in cases.photos_of(tx, row.case_id))


def picture(road: Road, lead_id: str, served: str, *, by: str) -> bytes:
    """A picture of a lead by the digest of its served copy. Raises Missing, for any other picture too."""
    found = around(road, lead_id, by=by)
    if served not in (found.seen, *found.registered) or not served:
        raise Missing(served[:16], "is not a picture that may be shown")
    return served_photo(road, served, viewer=by)


def reveal_place(road: Road, lead_id: str, *, by: str, why: str) -> ExactPlace:
    """The exact place of the sighting, written down. Raises Missing, NotAllowed, UsageError."""
    with road.store.reading() as tx:
        row = leads.seen(tx, lead_id, by)
        leads.need_field(tx, row, by, Field.EXACT)
    return exact.reveal(road, row.post_key, by=by, why=why)


def reveal_contact(road: Road, lead_id: str, *, by: str, why: str) -> dict[str, str]:
    """The family's contact for who arranges a test, written down. Raises Missing, NotAllowed, UsageError."""
    if len(why.strip()) < LEAST_WHY:
        raise UsageError("why", "is missing; say for what the contact is needed")
    with road.store.transaction(durable=True) as tx:
        row = leads.seen(tx, lead_id, by)
        leads.need_field(tx, row, by, Field.CONTACT)
        sealed = case_profiles.contact(tx, row.case_id)
        if sealed is None:
            raise Missing(row.id, "has no contact of the family under seal")
        case = cases.get(tx, row.case_id).case
        audit.write(
            tx, road.clock(), by, "case.contact_opened", named(road, case), lead=row.id, why=why.strip()
        )
        metering.count(road, tx, by, metering.Kind.CONTACT)
        found = json.loads(record_sealing.open_text(road, tx, sealed, row=f"contact:{row.case_id}"))
    return {str(name): str(value) for name, value in found.items()}


def open_document(road: Road, document_id: str, *, by: str) -> Opened:
    """A document's bytes for somebody who reads of its topic, written down.

    Raises Missing, in the same words for one that this account must not know of, and Sealed.
    """
    with road.store.transaction(durable=True) as tx:
        document, _, _ = document_rows.get(tx, document_id)
        try:
            row = leads.seen(tx, document.lead_id, by)
        except (Missing, NotAllowed):
            raise Missing(document_id[:40], "is not a document of a lead") from None
        leads.need_field(tx, row, by, FIELD_OF_TOPIC[document.topic])
        metering.count(road, tx, by, metering.Kind.EXPORT)
        return lead_documents.opened(road, tx, document_id, by=by)
