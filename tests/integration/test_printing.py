"""Printed pages carry Chinese and English in an embedded font, the same bytes each time, no markup."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from PIL import Image

from bot.services import drawing, printing, typeface
from bot.services.printing import Bullets, Heading, PageBreak, Paragraph, Part, Picture, Pictures, Table

pytestmark = pytest.mark.servers


def jpeg() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (300, 200), (120, 140, 160)).save(made, "JPEG")
    return made.getvalue()


PARTS: list[Part] = [
    Heading("卷宗 Case file", 1),
    Paragraph("只有 DNA 检测才能确定。 <b>not bold</b> & so on 😀\nsecond line", "notice"),
    Bullets(("一 one", "二 two")),
    Table(("时间 When", "内容 What"), tuple((f"day {n}", "文字 " * n) for n in range(1, 60)), (1, 3)),
    PageBreak(),
    Pictures((Picture(jpeg(), "左 left", (10, 10, 50, 50)), Picture(jpeg(), "右 right"))),
    drawing.bars(["#回家", "#home"], [12, 40.5], unit="帖"),
    drawing.line([str(n) for n in range(20)], list(range(20)), caption="每日 Daily"),
]


def texts(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    found = []
    for page in document:
        words = page.get_textpage()
        found.append(words.get_text_bounded())
        words.close()
        page.close()
    document.close()
    return found


def test_pages_hold_both_languages_page_numbers_and_the_footer_and_are_the_same_each_time() -> None:
    one = printing.render(PARTS, title="卷宗", footer="仅供机关 for the authority")
    assert one == printing.render(PARTS, title="卷宗", footer="仅供机关 for the authority")
    pages = texts(one)
    assert "卷宗 Case file" in pages[0] and "<b>not bold</b> & so on □" in pages[0]
    assert all(f"{at} / {len(pages)}" in page and "仅供机关" in page for at, page in enumerate(pages, 1))
    assert all("时间 When" in page for page in pages[:-1]), "the head of a table stands on every page"
    assert "每日 Daily" in pages[-1] and "#回家" in pages[-1]
    assert b"/FontFile2" in one and len(one) < 300_000


def test_every_text_that_people_write_is_printed_or_shown_as_unknown() -> None:
    hostile = (
        "\x00\x1b[31m<para>&amp;\u202e\ud800 ünïcödé Ελληνικά \U0001f468‍\U0001f469‍\U0001f467 ﷽" + "长" * 3000
    )
    parts: list[Part] = [Paragraph(hostile), Table(("a",), ((hostile,),)), Heading(hostile[:60])]
    assert "ünïcödé" in texts(printing.render(parts, title=hostile, footer=hostile[:80]))[0]
    assert "\x00" not in typeface.printable(hostile) and "\u202e" not in typeface.printable(hostile)


def test_a_document_carries_its_own_characters_whatever_was_printed_before() -> None:
    alone = printing.render([Paragraph("第二 second 丙丁")], title="two")
    printing.render([Paragraph("第一 first 甲乙")], title="one")
    after = printing.render([Paragraph("第二 second 丙丁")], title="two")
    assert after == alone and "第二 second 丙丁" in texts(after)[0]


def test_a_table_that_fills_its_page_is_followed_by_no_empty_one() -> None:
    for amount in range(34, 50):
        rows = tuple((f"row {number}", "words") for number in range(amount))
        pages = texts(printing.render([Table((), rows)], title="Full", footer="foot"))
        assert all("row" in page for page in pages), (amount, pages[-1])
