"""Printed pages: headings, paragraphs, tables, pictures, drawings become one PDF, the same bytes each time.

Text is text: nothing in it is read as markup. Pictures are our own re-encoded JPEG. Reads no clock.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, SimpleDocTemplate, Spacer
from reportlab.platypus import PageBreak as PageEnd
from reportlab.platypus import Paragraph as Lines
from reportlab.platypus import Table as Grid

from bot.services import typeface
from bot.services.drawing import INK, PALE, QUIET, Box, Disc, Drawing, Stroke, Words

PLAIN_FONT, BOLD_FONT = "HomewardSans", "HomewardSans-Bold"
WIDTH_MM = 174.0
"""Between the margins of an A4 page."""
MOST_CELL_CHARS = 1500
"""A row of a table has to fit on a page."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` 1 (the document's own), 2 or 3."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text; line ends stay. `style` is body, quiet (smaller, grey), strong or notice (in a frame)."""

    text: str
    style: str = "body"


@dataclass(frozen=True, slots=True)
class Bullets:
    """Short points, one below the other."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a head (may be empty). `shares` are the columns' widths against each other.

    The head stands again on every page. A cell is cut at 1,500 characters, with an ellipsis.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """Our own re-encoded JPEG with words below it. `box` (left, top, width, height in pixels) is outlined."""

    jpeg: bytes
    caption: str = ""
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures side by side, each at most `height_mm` tall."""

    items: tuple[Picture, ...]
    height_mm: float = 80.0


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins on a new page."""


Part = Heading | Paragraph | Bullets | Table | Pictures | Drawing | PageBreak


def render(
    parts: Sequence[Part], *, title: str, footer: str = "", language: str = "en", subject: str = ""
) -> bytes:
    """The document as PDF with an embedded font, page numbers and `footer` below every page.

    The same arguments give the same bytes. Raises ConfigError where the font's package is missing.
    """
    shown = [title, footer, subject, "0123456789/…", *(text for part in parts for text in _texts(part))]
    made = io.BytesIO()
    with _fonts(shown):
        document = SimpleDocTemplate(
            made, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=18 * mm,
            bottomMargin=20 * mm, title=_clean(title), author="Homeward", subject=_clean(subject),
            lang=language, invariant=1,
        )  # fmt: skip
        story = [flowable for part in parts for flowable in _flowables(part)]
        while story and isinstance(story[-1], Spacer):
            story.pop()  # Behind the last line a space that does not fit would begin an empty page.
        document.build(story, canvasmaker=_numbered(_clean(footer)))
    return made.getvalue()


@contextmanager
def _fonts(texts: Sequence[str]) -> Iterator[None]:
    """Both weights, cut to these texts, under our names for as long as one document is made.

    The library's register is global and keeps the first font of a name, so they are taken off again.
    """
    cuts = typeface.cut(_clean(text) for text in texts)
    with _FONT_LOCK:
        made = [
            TTFont(name, io.BytesIO(cuts[weight]))
            for name, weight in ((PLAIN_FONT, typeface.REGULAR), (BOLD_FONT, typeface.BOLD))
        ]
        try:
            for font in made:
                pdfmetrics.registerFont(font)
            yield
        finally:
            for font in made:
                font.unregister()


_FONT_LOCK = threading.Lock()


def _clean(text: str) -> str:
    return typeface.printable(text)


def _texts(part: Part) -> Iterator[str]:
    """Every text of a part, for the font."""
    if isinstance(part, Heading | Paragraph):
        yield part.text
    elif isinstance(part, Bullets):
        yield from part.items
        yield "•"
    elif isinstance(part, Table):
        yield from part.head
        for row in part.rows:
            yield from row
    elif isinstance(part, Pictures):
        yield from (picture.caption for picture in part.items)
    elif isinstance(part, Drawing):
        yield part.caption
        yield from (mark.text for mark in part.marks if isinstance(mark, Words))


# ── styles ───────────────────────────────────────────────────────────────────────────────────────


def _style(name: str, size: float, *, bold: bool = False, colour: str = INK, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        name, fontName=BOLD_FONT if bold else PLAIN_FONT, fontSize=size, leading=size * 1.45,
        textColor=colors.HexColor(colour), alignment=TA_LEFT, wordWrap="CJK", **more,
    )  # fmt: skip


_STYLES = {
    "body": _style("body", 9.5, spaceAfter=5),
    "quiet": _style("quiet", 8, colour=QUIET, spaceAfter=4),
    "strong": _style("strong", 9.5, bold=True, spaceAfter=5),
    "notice": _style(
        "notice", 9.5, spaceBefore=6, spaceAfter=10, borderColor=colors.HexColor(INK), borderWidth=0.6,
        borderPadding=6, leftIndent=6, rightIndent=6,
    ),
    "cell": _style("cell", 8.5),
    "head": _style("head", 8.5, bold=True),
    "caption": _style("caption", 8, colour=QUIET, spaceBefore=2),
    "point": _style("point", 9.5, spaceAfter=3, leftIndent=9, firstLineIndent=-9),
}  # fmt: skip
_HEADINGS = {
    1: _style("h1", 18, bold=True, spaceAfter=8),
    2: _style("h2", 13, bold=True, spaceBefore=10, spaceAfter=5, keepWithNext=1),
    3: _style("h3", 10.5, bold=True, spaceBefore=6, spaceAfter=3, keepWithNext=1),
}


def _lines(text: str, style: ParagraphStyle) -> Lines:
    return Lines(escape(_clean(text), quote=False).replace("\n", "<br/>"), style)


def _flowables(part: Part) -> list[Flowable]:
    if isinstance(part, Heading):
        return [_lines(part.text, _HEADINGS[part.level])]
    if isinstance(part, Paragraph):
        return [_lines(part.text, _STYLES[part.style])]
    if isinstance(part, Bullets):
        return [_lines(f"• {item}", _STYLES["point"]) for item in part.items]
    if isinstance(part, Table):
        return [_grid(part), Spacer(1, 3 * mm)]
    if isinstance(part, Pictures):
        return [_gallery(part), Spacer(1, 3 * mm)]
    if isinstance(part, Drawing):
        below = [_lines(part.caption, _STYLES["caption"])] if part.caption else []
        return [KeepTogether([_Painted(part), *below]), Spacer(1, 3 * mm)]
    return [PageEnd()]


def _grid(part: Table) -> Flowable:
    count = len(part.head) or max((len(row) for row in part.rows), default=1)
    shares = part.shares or (1.0,) * count
    widths = [WIDTH_MM * mm * share / sum(shares) for share in shares]
    rows = [[_lines(_cut(cell), _STYLES["cell"]) for cell in row] for row in part.rows]
    if part.head:
        rows.insert(0, [_lines(cell, _STYLES["head"]) for cell in part.head])
    grid = Grid(rows or [[""] * count], colWidths=widths, repeatRows=1 if part.head else 0, hAlign="LEFT")
    rule = colors.HexColor(PALE)
    grid.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, rule),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 5),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        ]
    )
    return grid


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CELL_CHARS else f"{text[:MOST_CELL_CHARS]}…"


def _gallery(part: Pictures) -> Flowable:
    width = WIDTH_MM / max(1, len(part.items)) - 4
    cells = [
        [_Photo(item, width, part.height_mm), _lines(item.caption, _STYLES["caption"])] for item in part.items
    ]
    grid = Grid([cells], colWidths=[WIDTH_MM * mm / max(1, len(cells))] * len(cells), hAlign="LEFT")
    grid.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    return grid


# ── what is painted ──────────────────────────────────────────────────────────────────────────────


class _Photo(Flowable):  # type: ignore[misc]
    """A JPEG as large as its frame allows, with the face outlined where one is meant."""

    def __init__(self, picture: Picture, width_mm: float, height_mm: float) -> None:
        super().__init__()
        self._picture, self._image = picture, ImageReader(io.BytesIO(picture.jpeg))
        across, down = self._image.getSize()
        self._scale = min(width_mm * mm / across, height_mm * mm / down)
        self.width, self.height = across * self._scale, down * self._scale

    def draw(self) -> None:
        """Paint it on the page."""
        self.canv.drawImage(self._image, 0, 0, self.width, self.height)
        if self._picture.box is None:
            return
        left, top, wide, tall = (value * self._scale for value in self._picture.box)
        for colour, line in ((colors.white, 1.8), (colors.HexColor(INK), 0.8)):
            self.canv.setStrokeColor(colour)
            self.canv.setLineWidth(line)
            self.canv.rect(left, self.height - top - tall, wide, tall)


class _Painted(Flowable):  # type: ignore[misc]
    """A drawing on the page."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self._drawing = drawing
        self.width, self.height = drawing.width * mm, drawing.height * mm

    def draw(self) -> None:
        """Paint it on the page."""
        for mark in self._drawing.marks:
            self._paint(mark)

    def _paint(self, mark: Stroke | Box | Disc | Words) -> None:
        page, colour = self.canv, colors.HexColor(mark.colour)
        page.setStrokeColor(colour)
        page.setFillColor(colour)
        if isinstance(mark, Words):
            page.setFont(BOLD_FONT if mark.bold else PLAIN_FONT, mark.size_pt)
            write = {"start": page.drawString, "middle": page.drawCentredString, "end": page.drawRightString}
            write[mark.anchor](mark.x * mm, mark.y * mm, _clean(mark.text).replace("\n", " "))
        elif isinstance(mark, Box):
            page.rect(mark.x * mm, mark.y * mm, mark.width * mm, mark.height * mm, stroke=0, fill=1)
        elif isinstance(mark, Disc):
            page.setLineWidth(0.3 * mm)
            page.setDash([mark.dash_mm * mm] if mark.dash_mm else [])
            if mark.fill:
                page.setFillColor(colors.HexColor(mark.fill))
            page.circle(mark.x * mm, mark.y * mm, mark.radius * mm, stroke=1, fill=int(bool(mark.fill)))
            page.setDash([])
        else:
            page.setLineWidth(mark.width_mm * mm)
            page.setDash([mark.dash_mm * mm] if mark.dash_mm else [])
            path = page.beginPath()
            path.moveTo(*(value * mm for value in mark.points[0]))
            for x, y in mark.points[1:]:
                path.lineTo(x * mm, y * mm)
            page.drawPath(path)
            page.setDash([])


def _numbered(footer: str) -> type:
    """A page maker that knows at the end how many pages there are."""
    from reportlab.pdfgen.canvas import Canvas

    class Numbered(Canvas):  # type: ignore[misc]
        """Keeps pages back until all are there, then writes the foot of each."""

        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 (the library calls it so)
            """Keep a finished page back."""
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            """Write every page with its foot."""
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self.setFont(PLAIN_FONT, 7.5)
                self.setFillColor(colors.HexColor(QUIET))
                self.drawString(18 * mm + 6, 11 * mm, footer)
                self.drawRightString(A4[0] - 18 * mm - 6, 11 * mm, f"{number} / {len(self._pages)}")
                Canvas.showPage(self)
            super().save()

    return Numbered
