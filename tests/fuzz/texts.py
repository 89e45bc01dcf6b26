"""Parsers of what people write: posts as sightings, answers, wishes to be left alone, addresses, EXIF."""

# ruff: noqa: E501  (tables and examples, one case a line)
from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec

from benchmarks.hostile_texts import KINDS, post_of
from bot.extract import answer, exif, sighting
from bot.photos import fetch
from bot.photos.wire import answer_of, order_of
from bot.rules import optout, urls
from bot.rules.lengths import fits, measure
from store.errors import HomewardError
from store.records.photo import Exif
from store.records.post import Platform
from tests.fuzz.mutating import Make, clean_text, of_bytes, of_text, text_of
from tests.fuzz.platforms import NOW, plain
from tests.fuzz.target import Parse, Target
from tests.unit.extract.fake_gazetteer import FakeGazetteer

SEEN = (
    "今天下午三点左右在成都春熙路地铁站口看到一个七八岁的女孩，穿红色外套", "刚刚，朝阳区和平里，大概 12:30",
    "Saw a boy of about 6 with a man yesterday at half past 3 near Springfield Station #SeenAtThePier",
    "转发：昨晚在武侯祠门口见到 //@甲人: 去年 https://t.cn/a", "My friend says it was between 5 and 6pm on Sat the 5th of May",
    "大年初三 晚上八点多，农历腊月廿三", "3 days before Eid, 30.6598N 104.0633E", "[图片] 1/2/2026 25:99",
)  # fmt: skip
WISHES = (
    "stop",
    "please don't reply to me",
    "请不要再回复我了",
    "delete everything about me",
    "@bot 退订",
    "he shouted: stop!",
)
LINKS = (
    "https://good.example/a.jpg?x=1#y", "http://127.0.0.1/", "http://[::1]:80/", "//good.example/", "HTTP://a.b.公司/路?q=（x）",
    "see example.com/a(b)c, t.co/abc and http://xn--fiqs8s.cn:8080/x。", "http://user:pw@good.example/", "x.y.z@w.example",
)  # fmt: skip
GAZETTEER = FakeGazetteer()


def _sighting(data: bytes) -> object:
    text = clean_text(data)[:10_000]
    found = sighting.read(post_of(text, len(text)), ((("a" * 64), Exif()),), GAZETTEER)
    for candidate in (*found.where.candidates, *found.when.candidates):
        said = candidate.evidence
        assert said.start < 0 or said.start <= said.end <= len(text), "evidence outside of the text"
    return found


def _answer(data: bytes) -> object:
    first, _, second = clean_text(data)[:4000].partition("\n")
    original, reply = post_of(first, 1), post_of(second or first, 2)
    claim = sighting.read(original, (), GAZETTEER)
    return answer.read(original, claim, reply, GAZETTEER, is_stored=len(data) % 2 == 0)


def _wish(data: bytes) -> object:
    text = clean_text(data)
    return optout.wish_of(text), optout.wish_of(text, is_answer=False), optout.names_of(text[:300])


def _links(data: bytes) -> object:
    text = clean_text(data)[:5000]
    spans = urls.find_urls(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans)), "links overlap"
    return [(measure(each, text), fits(each, text, "a@b.example")) for each in Platform]


def _address(data: bytes) -> object:
    text = text_of(data)
    assert fetch.shown(text).isprintable()
    fetch.retry_after(text[:100], text[100:200])
    return fetch.checked_url(text)


def _wire(data: bytes) -> object:
    order_of(data)
    return answer_of(data)


_VALUES: tuple[Any, ...] = (
    "2026:02:07 09:30:00", "2026:02:07", "0000:00:00 00:00:00", "2026:13:45 99:99:99", "+08:00", "-99:99", "N", "S", "E",
    b"N\x00", b"WGS-84", b"\xff\xfe", 0, 1, -1, 10**30, 1.5, float("nan"), float("inf"), Fraction(1, 3), None, (), (1,),
    (30, 39, 35.3), (Fraction(181), 0, 0), (float("nan"),) * 3, ("a", "b", "c"), [1, 2], {"a": 1}, "x" * 3000, "\x00", "\ud800",
    (1, 2, 3, 4), object(), "Pixel 9", "²", b"2026:02:07 09:30:00\x00",
)  # fmt: skip
_TAGS = (0x010F, 0x0110, 0x9003, 0x9004, 0x9011, 0x9012, 1, 2, 3, 4, 7, 9, 18, 29, 0x9291, 0x0132, 0x8825)


def _tags(data: bytes) -> object:
    """The input chooses tags and values: what Pillow gives for a damaged file can be of any type."""
    chance = random.Random(data)
    folders = [
        {chance.choice(_TAGS): chance.choice(_VALUES) for _ in range(chance.randrange(9))} for _ in range(3)
    ]
    found = exif.read_exif(*folders, now=NOW if chance.random() < 0.5 else None)
    msgspec.json.encode(found)
    assert found.lat is None or -90 <= found.lat <= 90
    return found


def targets() -> list[Target]:
    """All of them."""
    wire = [
        b'{"size":10,"max_pixels":100,"max_side_px":32,"quality":85,"cpu_s":10.0,"now":"2026-02-08T12:00:00Z"}',
        b'{"facts":{"mime":"image/jpeg","width":1,"height":1,"phash":"0","exif":{}},"refused":"","size":3}',
    ]
    hostile: tuple[Callable[[random.Random], str], ...] = KINDS

    def target(
        name: str,
        what: str,
        make: Make,
        parse: Parse,
        errors: tuple[type[Exception], ...],
        is_slow: bool = False,
    ) -> Target:
        return Target(name, what, lambda _: make, plain(parse), errors, is_slow)

    noise: Make = lambda chance: chance.randbytes(16)  # noqa: E731
    return [
        target(
            "sighting", "texts: where, when, who, first-hand", of_text(SEEN, *hostile), _sighting, (), True
        ),
        target("answer", "texts: answers to our questions", of_text(SEEN, *hostile), _answer, (), True),
        target("wishes", "texts: opting out, erasure, names", of_text((*WISHES, *SEEN), *hostile), _wish, ()),
        target("links", "texts: links and lengths", of_text((*LINKS, *SEEN), *hostile), _links, ()),
        target("address", "addresses of photos, Retry-After", of_text(LINKS), _address, (HomewardError,)),
        target("exif-tags", "EXIF: tags of any type", noise, _tags, ()),
        target(
            "wire",
            "what the photo worker says",
            of_bytes(wire),
            _wire,
            (msgspec.MsgspecError, UnicodeDecodeError),
        ),
    ]
