"""From the services' values to what `/api/v1` says of them. Leaves out, decides nothing."""

from __future__ import annotations

from bot.console.pages import api_models as out
from bot.services.alarms import Alarm
from bot.services.cases import CaseView
from bot.services.coverage import TagCoverage
from bot.services.review import Card
from bot.services.sightings import SightingView
from store.cases import CaseRow
from store.records.reply import Reply
from store.records.sighting import Sighting


def _where(sighting: Sighting | None) -> out.WhereOut | None:
    best = sighting.where.best if sighting else None
    if best is None:
        return None
    return out.WhereOut(
        name=best.name, kind=best.kind.value, lat=best.lat, lon=best.lon, radius_km=best.radius_km,
        weight=best.weight,
    )  # fmt: skip


def _when(sighting: Sighting | None) -> out.WhenOut | None:
    best = sighting.when.best if sighting else None
    if sighting is None or best is None:
        return None
    return out.WhenOut(from_=best.start, until=best.end, weight=best.weight, zone=sighting.when.zone or "")


def sighting_out(view: SightingView) -> out.SightingOut:
    """A post."""
    post = view.post
    return out.SightingOut(
        key=post.key, platform=post.platform.value, permalink=post.permalink, author=post.author.handle,
        text=post.text, language=post.language, created_at=post.created_at, received_at=post.received_at,
        gone=view.gone, comparison=view.comparison, consent=view.consent.words,
        where=_where(view.sighting), when=_when(view.sighting),
        candidates=[row.match.key for row in view.matches],
        photos=[seen.photo.served for seen in view.photos if seen.photo is not None],
    )  # fmt: skip


def candidate_out(card: Card) -> out.CandidateOut:
    """A candidate."""
    match = card.row.match
    return out.CandidateOut(
        key=match.key, state=card.row.state, tier=match.tier, label=match.label, similarity=match.similarity,
        score=match.score, rank=match.rank, gallery_size=match.gallery_size, fpir=match.fpir,
        odds=card.odds.words if card.odds else None, age_gap_years=match.age_gap_years, travel=match.travel,
        reasons=[out.ReasonOut(name=r.name, weight=r.weight, words=r.words) for r in match.reasons],
        case_id=match.case_id, post_key=match.post_key, found_at=card.row.found_at,
        where=_where(card.sighting), when=_when(card.sighting), photo=card.photo.served,
        case_photo=card.case_photo.served, who_hears=card.who_hears, consent=card.consent.words,
    )  # fmt: skip


def case_out(row: CaseRow) -> out.CaseOut:
    """A case in a list."""
    case = row.case
    return out.CaseOut(
        id=case.id, status=row.status, full_name=case.full_name, type=case.type, sex=case.sex,
        date_of_birth=case.date_of_birth, last_seen_on=case.last_seen_on,
        last_seen_place=case.last_seen_place, expires_at=case.expires_at, sealed=case.sealed,
        registered_at=row.registered_at,
    )  # fmt: skip


def case_detail_out(view: CaseView, *, shows_faces: bool) -> out.CaseDetailOut:
    """A case; the photos' digests only for who is shown faces."""
    photos = [
        out.CasePhotoOut(age_years=item.photo.age_years, served=served if shows_faces else None)
        for item, served in zip(view.photos, view.served, strict=True)
    ]
    case = view.row.case
    return out.CaseDetailOut(
        **case_out(view.row).model_dump(), description=case.description, marks=case.marks, photos=photos,
        steps=[out.StepOut(status=step.status, by=step.by, at=step.at) for step in view.steps],
        holds=[hold.words for hold in view.holds],
    )  # fmt: skip


def reply_out(reply: Reply) -> out.ReplyOut:
    """A row of the outbox."""
    return out.ReplyOut(
        key=reply.key, post_key=reply.post_key, purpose=reply.purpose, platform=reply.platform,
        to_handle=reply.to_handle, text=reply.text, language=reply.language, visibility=str(reply.visibility),
        state=reply.state, level=reply.level, drafted_at=reply.drafted_at, approved_by=reply.approved_by,
        sent_at=reply.sent_at, receipt_url=reply.receipt_url, why=reply.why,
    )  # fmt: skip


def coverage_out(tag: TagCoverage) -> out.CoverageOut:
    """A hashtag's coverage."""
    spans = [
        out.SpanOut(start=each.span.start, end=each.span.end, state=each.state.value, why=each.why)
        for each in tag.stretches
    ]
    return out.CoverageOut(
        source=tag.source, tag=tag.tag, complete_share=tag.share, complete_until=tag.complete_until,
        next_poll_at=tag.next_poll_at, spans=spans,
    )  # fmt: skip


def hashtag_out(tag: TagCoverage) -> out.HashtagOut:
    """A hashtag's numbers."""
    slot = tag.slot
    return out.HashtagOut(
        source=tag.source, tag=tag.tag, posts_48h=sum(posts for _, posts in tag.hours),
        rate_per_h=slot.rate_per_h if slot else None, interval_s=slot.interval_s if slot else None,
        hours=[out.HourOut(hour=hour, posts=posts) for hour, posts in tag.hours],
    )  # fmt: skip


def alarm_out(alarm: Alarm) -> out.AlarmOut:
    """An alarm."""
    seen = alarm.seen
    return out.AlarmOut(
        name=alarm.name, words=alarm.words, since=alarm.since, seen_by=seen.by if seen else "",
        seen_at=seen.at if seen else None,
    )  # fmt: skip
