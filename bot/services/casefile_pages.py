"""The printed part of a case file, in Chinese and English: what a person at an authority reads first.

Says "possible resemblance" and no more: nothing here accuses anybody or names a finder. Draws values alone.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bot.services import casefile_map, printing
from bot.services.casefile_content import Content
from bot.services.casefile_map import Spot
from bot.services.drawing import Drawing
from bot.services.printing import Bullets, Heading, Paragraph, Part, Picture, Pictures, Table
from store.records.case import CaseStatus
from store.records.casefile import CaseFile
from store.records.match import Reason, Verdict
from store.records.photo import FaceBox
from store.records.sighting import Sighting, WhereCandidate

TITLE = "寻人线索卷宗 Case file"
NOTICE = (
    "可能相似，仅此而已。本卷宗中的任何内容都不能证明任何人的身份，也不能证明任何人有过错；"
    "只有 DNA 检测才能确定亲缘关系。"
    "照片中的成年人往往就是孩子的父母。请勿公开本卷宗。\n"
    "A possible resemblance, no more. Nothing in this file proves who anybody is or that anybody did wrong; "
    "a DNA test does. Adults in the photos are most often the child's own parents. Do not publish this file."
)
FOOTER = "仅供所列机关使用 For the named authority only"
UNKNOWN = "未知 unknown"
_SEX = {"female": "女 female", "male": "男 male", "other": "其他 other"}
_STATUS = {
    CaseStatus.DRAFT: "登记 registered",
    CaseStatus.VERIFIED: "核实 verified",
    CaseStatus.ACTIVE: "开始寻找 search began",
    CaseStatus.LOCATED: "已找到 located",
    CaseStatus.CLOSED: "结束 closed",
}
_VERDICTS = {
    Verdict.POSSIBLE: "人工判断：可能相似 a person said: possible resemblance",
    Verdict.NOT_THIS_CHILD: "人工判断：不是这个孩子 a person said: not this child",
    Verdict.LATER: "人工判断：稍后再看 a person said: later",
}
_REASONS = {
    "resemblance": "面部相似度",
    "untested": "未经检验",
    "known_picture": "已知图片",
    "other_picture": "他人图片",
    "very_alike": "过于相似",
    "quality": "图像质量",
    "young": "年幼",
    "age_unknown": "年龄不明",
    "age_gap": "年龄差距",
    "age_written": "文中年龄",
    "age_words": "文中年龄",
    "sex_words": "文中性别",
    "sex_written": "文中性别",
    "first_hand": "是否亲眼所见",
    "marks": "体貌特征",
    "before_last_seen": "早于失踪时间",
    "notice": "寻人启事",
    "travel": "时间与路程",
    "new_picture": "新图片",
    "second_sign": "第二佐证",
}
_ASIDE = "其他 other"


def report(content: Content, file: CaseFile, gazetteer: object, responsible: str) -> bytes:
    """The report as PDF; the same content gives the same bytes. Raises ConfigError without the font."""
    parts: list[Part] = [
        Heading(f"{TITLE} № {file.number}", 1),
        Paragraph(NOTICE, "notice"),
        _head(file, responsible),
        *_photos(content),
        *_child(content),
        *_sighting(content),
        *_map(content, gazetteer),
        *_time_line(content, file),
        *_reasons(content),
        *_limits(content),
    ]
    title = f"{TITLE} {file.number}"
    return printing.render(parts, title=title, footer=f"№ {file.number} · {FOOTER}", language="zh")


def moment(at: datetime | None) -> str:
    """A moment as a case file writes it."""
    return UNKNOWN if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _pairs(*rows: tuple[str, str]) -> Table:
    return Table((), tuple((label, value or UNKNOWN) for label, value in rows), (1, 2.4))


def _head(file: CaseFile, responsible: str) -> Table:
    return _pairs(
        ("致 For", file.authority),
        ("用途 Purpose", file.purpose),
        ("有效期至 Valid until", moment(file.expires_at)),
        ("编制 Prepared", f"{file.prepared_by}, {moment(file.prepared_at)}"),
        ("提供方 From", responsible),
    )


def _photos(content: Content) -> list[Part]:
    card = content.card
    age = card.registered.photo.age_years
    years = UNKNOWN if age is None else f"{age:g} 岁 years"
    registered = Picture(
        content.registered,
        f"登记照片 Registered photo · 照片中年龄 age in it: {years}",
        _box(card.case_face.box) if card.case_face else None,
    )
    heading = Heading("照片 Photos")
    if not content.seen:
        words = f"平台规定只能提供帖子编号 Only the post's id may be handed on: {content.why_id_alone}"
        return [heading, Pictures((registered,)), Paragraph(words)]
    caption = f"目击照片 Photo from the post · {card.post.platform.value} · {moment(card.post.created_at)}"
    seen = Picture(content.seen, caption, _box(card.face.box))
    note = "方框内为被比较的面部。The frames show the faces that were compared."
    return [heading, Pictures((registered, seen)), Paragraph(note, "quiet")]


def _box(box: FaceBox) -> tuple[float, float, float, float]:
    return box.x, box.y, box.width, box.height


def _child(content: Content) -> list[Part]:
    case, standing = content.card.case.case, content.standing
    authority = " ".join(filter(None, (standing.authority_name, standing.authority_reference)))
    seen_on = case.last_seen_on.isoformat() if case.last_seen_on else UNKNOWN
    return [
        Heading("失踪的孩子 The missing child"),
        _pairs(
            ("编号 Record", case.id),
            ("姓名 Name", case.full_name),
            ("性别 Sex", _SEX.get(case.sex, "")),
            ("出生日期 Date of birth", case.date_of_birth),
            ("特征 Marks", case.marks),
            ("描述 Description", case.description),
            ("最后一次出现 Last seen", f"{seen_on} · {case.last_seen_place or UNKNOWN}"),
            ("立案机关 Authority", authority),
        ),
    ]


def _sighting(content: Content) -> list[Part]:
    post, sighting = content.card.post, content.card.sighting
    heading = Heading("帖子 The post")
    if content.why_id_alone:
        return [heading, _pairs(("平台 Platform", post.platform.value), ("编号 Id", post.key))]
    rows = [
        ("平台 Platform", f"{post.platform.value} · {post.author.handle}"),
        ("链接 Address", post.permalink),
        ("编号 Id", post.key),
        ("发布 Posted", moment(post.created_at)),
        ("地点 Where", _where(sighting)),
        ("时间 When", _when(sighting)),
        ("孩子 The child", _who(sighting)),
        ("亲眼所见 First hand", _first_hand(sighting)),
    ]
    said = Paragraph("原文（未翻译） The words as they were written, not translated:", "strong")
    return [heading, _pairs(*rows), said, Paragraph(post.text or UNKNOWN)]


def _where(sighting: Sighting | None) -> str:
    found = sighting.where.candidates[:3] if sighting else ()
    return "\n".join(f"{place.name} ({_radius(place)}){_quote(place.evidence.quote)}" for place in found)


def _radius(place: WhereCandidate) -> str:
    return "" if place.radius_km is None else f"± {place.radius_km:g} km"


def _quote(words: str) -> str:
    return f" “{words}”" if words else ""


def _when(sighting: Sighting | None) -> str:
    found = sighting.when.candidates[:3] if sighting else ()
    return "\n".join(f"{moment(t.start)} – {moment(t.end)}{_quote(t.evidence.quote)}" for t in found)


def _who(sighting: Sighting | None) -> str:
    if sighting is None:
        return ""
    who = sighting.who
    ages = [f"{age:g}" for age in (who.age_low, who.age_high) if age is not None]
    parts = [_SEX.get(who.sex, ""), f"{'–'.join(ages)} 岁 years" if ages else "", *who.marks]
    return " · ".join(part for part in parts if part)


_FIRST_HAND = {
    "own": "作者亲见 the author saw it", "passed_on": "转述 passed on", "news": "新闻 news",
    "notice": "启事 a notice", "other": "不明 unclear",
}  # fmt: skip


def _first_hand(sighting: Sighting | None) -> str:
    return _FIRST_HAND.get(sighting.first_hand.value, "") if sighting else ""


def _map(content: Content, gazetteer: object) -> list[Part]:
    case, sighting, spots = content.card.case.case, content.card.sighting, list[Spot]()
    best = sighting.where.best if sighting and not content.why_id_alone else None
    if best is not None and best.lat is not None and best.lon is not None:
        spots.append(Spot(best.lat, best.lon, best.radius_km or 0.0, "目击 seen", is_main=True))
    if case.last_seen_lat is not None and case.last_seen_lon is not None:
        spots.append(Spot(case.last_seen_lat, case.last_seen_lon, 0.0, "失踪 last seen"))
    heading = Heading("地图 Map")
    if not spots:
        return [heading, Paragraph("没有可以标出的地点。No place is known that could be marked.")]
    words = "虚线圈内为可能的地点。The dashed circle holds the place of the sighting."
    if len(spots) > 1:
        words += f" 直线距离 Distance: {casefile_map.distance_km(*spots):.0f} km."
    drawing: Drawing = casefile_map.draw(spots, gazetteer, words)
    return [heading, drawing]


def _time_line(content: Content, file: CaseFile) -> list[Part]:
    card, rows = content.card, list[tuple[datetime, str, str]]()
    rows += [(s.at, _STATUS[s.status], s.by) for s in content.steps]
    if card.post.created_at is not None and not content.why_id_alone:
        rows.append((card.post.created_at, "帖子发布（据平台） posted, as the platform says", ""))
    rows += [(o.seen_at, f"收到帖子 post received ({o.source})", "") for o in content.observations]
    rows.append(
        (card.row.found_at, "机器发现相似 the machine found a resemblance", card.row.match.model[:12])
    )
    rows += [
        (d.at, _VERDICTS[d.verdict] + (" · 已撤销 taken back" if d.undone else ""), d.by)
        for d in card.decisions
        if d.at <= file.prepared_at
    ]
    rows.append((file.prepared_at, "编制本卷宗 this file was prepared", file.prepared_by))
    rows.sort(key=lambda row: row[0])
    table = Table(
        ("时间 When", "事项 What", "何人 Who"),
        tuple((moment(at), what, who) for at, what, who in rows),
        (1.3, 3, 1.2),
    )
    return [Heading("时间线 Time line"), table]


def _reasons(content: Content) -> list[Part]:
    match = content.card.row.match
    known = "未测 untested" if match.fpir is None else f"{match.fpir:.2g}"
    numbers = _pairs(
        ("相似度 Similarity (cosine)", f"{match.similarity:.2f}"),
        ("排名 Rank", f"{match.rank} / {match.gallery_size}"),
        ("误报率 FPIR at this size", known),
    )
    sides = [
        ("支持相似 For a resemblance", [r for r in match.reasons if r.weight > 0]),
        ("不支持 Against", [r for r in match.reasons if r.weight < 0]),
        ("说明 To know", [r for r in match.reasons if r.weight == 0]),
    ]
    parts: list[Part] = [Heading("理由 Reasons"), numbers]
    for words, reasons in sides:
        if reasons:
            parts += [Heading(words, 3), Bullets(tuple(_reason(reason) for reason in reasons))]
    return parts


def _reason(reason: Reason) -> str:
    return f"{_REASONS.get(reason.name, _ASIDE)}: {reason.words}"


def _limits(content: Content) -> list[Part]:
    card = content.card
    rows = (
        ("登记照片原件 registered photo, original", card.case_photo.digest),
        ("登记照片副本 registered photo, copy here", card.case_photo.served),
        ("目击照片原件 photo of the post, original", card.photo.digest),
        ("目击照片副本 photo of the post, copy here", card.photo.served),
    )
    points = (
        "机器只提出相似之处，由人判断。A machine proposes, people decide.",
        "小龄儿童的面部彼此相似，比较结果不可靠。Faces of small children resemble one another.",
        "帖子的时间和地点由作者所写或由软件读出，可能有误。Time and place of a post may be wrong.",
        "不含家庭联系方式、住址和内部备注。Contacts, addresses and internal notes are not included.",
        "每一步的记录见 audit-chain.jsonl。Every step since collection is in audit-chain.jsonl.",
    )
    return [
        Heading("本卷宗的限度 What this file can and cannot say"),
        Bullets(points),
        Heading("照片摘要 Digests of the photos (SHA-256)", 3),
        Table((), rows, (1, 1.9)),
    ]
