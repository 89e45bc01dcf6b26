"""Find the names of places in Chinese text: divisions from the gazetteer, the rest by endings and position.

Works on the simplified normal form. Nothing is resolved to a point here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.extract.place_zh_words import (
    AT,
    BEFORE_LOC,
    BRAND,
    BRAND_IS_SHOP,
    BRANDED,
    CITY_STAYS,
    COMMON_WORDS,
    CORNER,
    CROSSING,
    ENDING,
    EXIT,
    EXITS,
    HOME_AFTER,
    HOME_BEFORE,
    KIND_OF,
    LEFT,
    LOCATIVE,
    MAX_BODY,
    MISSING_NEAR,
    NOT_A_BODY,
    PEOPLE,
    STILL_CITIES,
    WEAK,
)
from bot.extract.placewords import Named, distance_km, settle
from store.records.place import NameHit, PlaceEntry
from store.records.sighting import PlaceKind

_K = PlaceKind


def find(
    text: str,
    hits: Sequence[NameHit],
    entry: Callable[[int], PlaceEntry],
    taken: Sequence[tuple[int, int]],
    around: Sequence[PlaceEntry] = (),
) -> list[Named]:
    """All names of places in the text. `taken` are spans (times, handles) which no name runs over;
    `around` are places known beside the text, in which a district's bare name is believed."""
    divisions = list(_divisions(text, hits, entry, taken, around))
    exits = list(_exits(text))
    stops = sorted({name.end for name in [*divisions, *exits]} | {end for _, end in taken})
    fine = [*exits, *_ways(text), *_crossings(text, stops), *_by_ending(text, stops, divisions)]
    fine += _brands(text)
    fine += _after_division(text, divisions, taken)
    fine += _by_position(text, divisions, stops, taken)
    if not divisions and not fine:
        fine = list(_beside_time(text, taken))
    return _told_apart(text, settle([*divisions, *fine], taken))


def kind_of(words: str) -> PlaceKind:
    """What kind of place these words name, by their ending."""
    if EXIT.fullmatch(words):
        return _K.EXIT
    if BRAND.search(words):
        return _K.SHOP
    last = next((m[0] for m in ENDING.finditer(words) if m.end() == len(words)), "")
    return KIND_OF[last][0] if last else _K.LANDMARK


_SEGMENT = re.compile(r"[^,。;!?:、\s\[\]()#@「」“”\"]{2,9}")


def _beside_time(text: str, taken: Sequence[tuple[int, int]]) -> Iterator[Named]:
    """Where nothing else names a place: a short noun that stands alone next to the time."""
    edges = {a for a, _ in taken} | {b for _, b in taken}
    for m in _SEGMENT.finditer(text):
        near = any(at in edges for at in (m.start() - 1, m.start() - 2, m.end() + 1, m.end() + 2))
        is_han = all("\u4e00" <= c <= "\u9fff" for c in m[0])
        if near and is_han and _could_be_name(m[0]) and not NOT_A_BODY.match(m[0]):
            yield Named(m.start(), m.end(), _K.LANDMARK, "beside the time", 0.5)


_BECOMES_STREET = re.compile(r"(?:[东西南北中]?路|街(?!坊|头|上|道)|大道)")


def _divisions(
    text: str,
    hits: Sequence[NameHit],
    entry: Callable[[int], PlaceEntry],
    taken: Sequence[tuple[int, int]],
    around: Sequence[PlaceEntry],
) -> Iterator[Named]:
    # 大厦门口 holds no 厦门: no name begins inside an ending, nor inside a time.
    inside = {at for m in ENDING.finditer(text) for at in range(m.start() + 1, m.end())}
    inside |= {at for a, b in taken for at in range(a, b)}
    last = 0
    for hit in hits:
        if hit.start < last or hit.start in inside or hit.end - 1 in inside or text[hit.start] < "\u2e80":
            continue
        name = text[hit.start : hit.end]
        best = entry(hit.ids[0])
        if not _is_believed(text, hit, name, best, entry, around):
            continue
        last = hit.end
        rank = (
            0.86 if name[-1] in "省市区县州盟旗" or best.kind in (_K.CITY, _K.PROVINCE, _K.COUNTRY) else 0.7
        )
        yield Named(hit.start, hit.end, best.kind, "gazetteer", rank, hit.ids)


def _is_believed(
    text: str,
    hit: NameHit,
    name: str,
    best: PlaceEntry,
    entry: Callable[[int], PlaceEntry],
    around: Sequence[PlaceEntry],
) -> bool:
    """Whether these characters are the division's name here and not part of a word or a street."""
    if text.startswith("时间", hit.end):
        return False  # 北京时间 is a clock
    full = name[-1] in "省市县州盟旗镇" or (name[-1] == "区" and len(name) > 2)
    if _BECOMES_STREET.match(text, hit.end) and not full:
        return False
    is_small = best.source == "GeoNames" and best.population < _LARGE
    if full or (
        not is_small and best.kind in (_K.PROVINCE, _K.COUNTRY, _K.CITY) and name not in COMMON_WORDS
    ):
        return True
    if _known_above(text, hit, entry) or any(_inside(entry(i), place) for i in hit.ids for place in around):
        return text[hit.end : hit.end + 1] not in _PARTS_OF_WORDS.get(name[-1], "")
    if is_small and around:
        return any(distance_km(place.lat, place.lon, best.lat, best.lon) <= _NEAR_KM for place in around)
    if name in COMMON_WORDS:
        return name in STILL_CITIES
    # A county's bare name needs a place where names stand; a city district's needs more than that.
    return best.name[-1] in "县市旗" and bool(_NAME_STANDS.search(text[max(0, hit.start - 3) : hit.start]))


_LARGE = 300_000
_NEAR_KM = 80.0
_PARTS_OF_WORDS = {"海": "滩边浪", "江": "边水滩", "山": "上下", "河": "边水", "湖": "边水"}
_NAME_STANDS = re.compile(r"(?:^|[\s,。;!?:、(#「“\"]|[在到去回从于是来说])$")


def _inside(place: PlaceEntry, around: PlaceEntry) -> bool:
    if place.country != around.country:
        return False
    if around.city and place.city:
        return around.city == place.city
    return bool(around.province) and around.province == place.province


def _known_above(text: str, hit: NameHit, entry: Callable[[int], PlaceEntry]) -> bool:
    """A word that is also a district's name counts when the place above it stands right before it."""
    before = text[max(0, hit.start - 5) : hit.start]
    for place_id in hit.ids:
        place = entry(place_id)
        for above in (place.city, place.province):
            short = above[:-1] if above[-1:] in "市省区" else above
            if short and (before.endswith((short, above))):
                return True
    return False


_WAY = re.compile(
    r"[国省]道[一二三四五六七八九十\d]{1,4}[号线]|(?<![A-Za-z0-9])[GS]\d{1,4}(?:国道|省道|高速)"
)
_BETWEEN = re.compile(
    r"(?:高铁|动车|火车|地铁|公交|轻轨)?(?P<name>[\u4e00-\u9fff]{2,5}?到[\u4e00-\u9fff]{2,5}?之间)"
)


def _ways(text: str) -> Iterator[Named]:
    for m in _WAY.finditer(text):
        yield Named(m.start(), m.end(), _K.OTHER, "numbered road", 0.85)
    for m in _BETWEEN.finditer(text):
        start = m.start("name")
        yield Named(max(start, _left(text, start + 2, ())), m.end(), _K.OTHER, "between", 0.92)


def _exits(text: str) -> Iterator[Named]:
    for m in EXITS.finditer(text):
        yield Named(m.start(), m.end(), _K.EXIT, "exit", 0.85)


def _left(text: str, end: int, stops: Sequence[int], most: int = MAX_BODY) -> int:
    """Where the name that ends at `end` begins: after the nearest thing that no name runs over."""
    low = max(0, end - most)
    m = LEFT.match(text[low:end])
    start = low + (m.end() if m else 0)
    nearest = bisect_right(stops, end)
    return max(start, stops[nearest - 1]) if nearest else start


def _crossings(text: str, stops: Sequence[int]) -> Iterator[Named]:
    for m in CROSSING.finditer(text):
        start = max(m.start(), _left(text, m.end("a") - 1, stops))
        end = m.end() if not CORNER.match(text[m.end("b") :]) or m["mouth"] else m.end("b")
        if m.end("a") - start >= 2:
            yield Named(start, end, _K.CROSSING, "crossing", 0.9)


def _by_ending(text: str, stops: Sequence[int], divisions: Sequence[Named]) -> Iterator[Named]:
    by_end = {d.end: d for d in reversed(divisions)}
    last: Named | None = None
    has_people = PEOPLE.search(text) is not None
    for m in ENDING.finditer(text):
        if _is_no_ending(text, m):
            continue
        name = _ended(text, m, last, stops, by_end, has_people=has_people)
        if name:
            last = name
            yield name


def _ended(
    text: str,
    m: re.Match[str],
    last: Named | None,
    stops: Sequence[int],
    by_end: Mapping[int, Named],
    *,
    has_people: bool,
) -> Named | None:
    """The name that ends with this ending, or None if these characters are an ordinary word."""
    kind, score = KIND_OF[m[0]]
    last_end = last.end if last and last.end <= m.start() else 0
    start = max(_left(text, m.start(), stops), last_end)
    # 体育西路天桥: the earlier ending belongs to the name when nothing else stands between.
    joined = bool(last) and start == m.start() == last_end and m[0] not in _NEVER_JOINS
    if joined and last:
        start = last.start
    division = by_end.get(start)
    if division and not joined:
        bare = start == m.start()
        if bare and m[0] in _STANDS_ALONE and division.kind is not _K.DISTRICT:
            return Named(start, m.end(), kind, "ending", score)
        if (bare and (division.kind is not _K.CITY or m[0] in _STANDS_ALONE)) or CITY_STAYS.match(
            text[start : m.end()]
        ):
            start = division.start
    body = text[start : m.start()]
    if not body or NOT_A_BODY.match(body) or (m[0] in WEAK and len(body) > 5):
        return None
    # A row of endings is one long name that grows: it is not read again and again for nothing.
    if has_people and PEOPLE.search(body):
        return None
    score -= 0.1 if m[0] in WEAK or len(body) > 5 else 0.0
    score += 0.25 if joined else 0.1 if division and start == division.start else 0.0
    gate = _GATE.match(text, m.end()) if kind is _K.LANDMARK else None
    # 丽江古城 lies in 丽江; 南京东路 need not lie in 南京.
    ids = division.ids if division and start == division.start and kind is not _K.STREET else ()
    return Named(start, gate.end() if gate else m.end(), kind, "ending", score, ids)


_NEVER_JOINS = {"城", "路", "街", "巷", "弄", "村", "乡"}
_STANDS_ALONE = {"火车站", "汽车站", "高铁站", "客运站"}
_GATE = re.compile(r"[东西南北]{1,2}门(?![口外前])")


_STREET_FOLLOWS = re.compile(r"[东西南北中]?路(?!过|上|边)|街(?!道|头|上)|巷|大道")


def _is_no_ending(text: str, m: re.Match[str]) -> bool:
    if m[0][-1] not in "路街巷" and _STREET_FOLLOWS.match(text, m.end()):
        return True
    after, before = text[m.end() : m.end() + 1], text[max(0, m.start() - 1) : m.start()]
    if m[0] == "站":
        return (bool(after) and after in "着在起立岗长点台不了住") or before in "网停再个一"
    if m[0] == "路" and text.startswith("过街", m.end()):
        return False
    if m[0] == "路":
        return (
            bool(after) and after in "过人边灯线况费面程由上"
        ) or before in "走一迷问带让挡赶网思铁公马半细"
    if m[0] == "城":
        return bool(after) and after in "市管里外区"
    if m[0] in ("村", "乡"):
        return (bool(after) and after in "里民下亲") or before in "返回老下城还进离"
    return m[0] == "街" and ((bool(after) and after in "头上坊友道") or before in "过逛满沿扫上")


def _brands(text: str) -> Iterator[Named]:
    for m in BRANDED.finditer(text):
        yield Named(m.start(), m.end(), _K.SHOP, "chain", BRAND_IS_SHOP)


_AFTER_DIVISION = re.compile(rf"(?P<name>[\u4e00-\u9fff]{{2,6}}?)(?=[,。;!?、\s(]|$|{LOCATIVE})")


def _after_division(
    text: str, divisions: Sequence[Named], taken: Sequence[tuple[int, int]]
) -> Iterator[Named]:
    """What stands between a city's name and the next stop is a place in it: 贵阳喷水池,"""
    starts = {a for a, _ in taken}
    for division in divisions:
        m = _AFTER_DIVISION.match(text, division.end)
        if m is None:
            limit = next((a for a in sorted(starts) if division.end + 2 <= a <= division.end + 6), None)
            name_end = limit
        else:
            name_end = min([m.end("name"), *(a for a in starts if division.end < a < m.end("name"))])
        if name_end is None:
            continue
        body = text[division.end : name_end]
        if 2 <= len(body) <= 6 and all("\u4e00" <= c <= "\u9fff" for c in body) and _could_be_name(body):
            yield Named(division.end, name_end, _K.LANDMARK, "after a city", 0.62)


_NO_NAME = re.compile(
    r"[的了是我你他她们第着被看卖睇抽收拉派挤转等送哪让]|[上下里中边面头身地时后前腰手腿脚]$|"
    r"[的了是我你他她们吗呢吧啊呀哦在有没不很就都也还又再个位只条张些么什谁怎为因所但如果这那哪]|"
    r"今天|昨天|前天|市民|警方|网友|加油|朋友|公安|快乐|大家|回来|到了|街头"
    r"|^(?:膝盖|脖子|胳膊|肩膀|大腿|地|身|家|路|门|旁|怀|手|公[交司]|外地|网上|微博|评论|照片|"
    r"马路|天桥|街|车[上里]|火车|单位|学校|医院|超市|地铁|方面|地区|境内|本地|当地|全城|市里|市区|"
    r"这边|那边|姑娘|妹子|伢|这里|口音|老乡|卖|回|飞|来|去|到|那)"
)


def _could_be_name(body: str) -> bool:
    return not _NO_NAME.search(body) and not PEOPLE.search(body)


def _by_position(
    text: str, divisions: Sequence[Named], stops: Sequence[int], taken: Sequence[tuple[int, int]]
) -> Iterator[Named]:
    """A noun after "in" or before "outside, opposite, next to" names a place even without an ending."""
    for pattern, score in ((AT, 0.58), (BEFORE_LOC, 0.55)):
        for m in pattern.finditer(text):
            start = max([m.start("name"), *(s for s in stops if m.start("name") <= s < m.end("name"))])
            name = text[start : m.end("name")]
            if len(name) < 2 or not _could_be_name(name) or NOT_A_BODY.match(name):
                continue
            if any(d.start < m.end("name") and start < d.end for d in divisions):
                continue
            yield Named(start, m.end("name"), _K.LANDMARK, "position", score)


def _told_apart(text: str, names: Sequence[Named]) -> list[Named]:
    """Mark names that are homes, goals of journeys or places of another event."""
    told: list[Named] = []
    for name in names:
        why = ""
        before, after = text[max(0, name.start - 8) : name.start], text[name.end : name.end + 6]
        inherited = told and told[-1].other and told[-1].end == name.start
        if inherited:
            why = told[-1].other
        elif name.ids and HOME_AFTER.match(after):
            why = "origin of a person or of news"
        elif name.ids and HOME_BEFORE.search(before):
            why = "home or goal of a journey"
        elif MISSING_NEAR.search(_clause(text, name.start, name.end)):
            why = "place of another event"
        told.append(replace(name, other=why) if why else name)
    for i in range(len(told) - 2, -1, -1):
        # 百色田阳人: the whole chain of divisions is the origin.
        if told[i + 1].other and told[i].ids and told[i + 1].ids and told[i].end == told[i + 1].start:
            told[i] = replace(told[i], other=told[i + 1].other)
    return told


_STOP = re.compile(r"[。!?;\n,]")


def _clause(text: str, start: int, end: int) -> str:
    low = max([0, *(m.end() for m in _STOP.finditer(text, max(0, start - 15), start))])
    m = _STOP.search(text, end, min(len(text), end + 20))
    return text[max(low, start - 15) : m.start() if m else end + 20]
