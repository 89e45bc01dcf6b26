"""What must never reach a browser, and what every answer must carry."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image, ImageChops, ImageStat
from structlog.testing import capture_logs

from bot.console import rendering
from bot.console.guard import CSP
from bot.console.renditions import BLURRED_PX, SMALL_PX
from bot.services import review, sightings
from store.records.campaign import SourceState
from store.records.post import Author, Media, Platform
from store.records.sighting import Where
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, World, sighting_of

SignIn = Callable[..., Browser]
CANARY = "\"'><script>alert(7)</script><img src=x onerror=alert(7)>{{ 7*7 }}"
FOLDER = Path(rendering.__file__).parent


def paths_of(world: World) -> list[str]:
    """Every page that shows something of the installation."""
    keys = [card.row.match.key for card in review.listing(world.road)]
    posts = [view.post.key for view in sightings.latest(world.road)]
    return [
        "/", "/review", "/review?pile=aside", "/sightings", "/sightings?show=1", "/cases", "/outbox", "/me",
        "/outbox/talks", "/outbox/tasks", "/outbox/words", "/outbox/level", "/outbox/people",
        "/outbox/summons", "/login",
        *(f"/review?key={quote(key, safe='')}" for key in keys),
        *(f"/sighting?key={quote(key, safe='')}" for key in posts), f"/case?id={quote(CASE, safe='')}",
        "/nope", "/enter/xyz",
    ]  # fmt: skip


class Reader(HTMLParser):
    """Collects what a strict page must not have, and what each must have."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.handlers: list[str] = []
        self.styles = 0
        self.tags: list[str] = []
        self.inputs: list[dict[str, str | None]] = []
        self.labels: set[str | None] = set()
        self.in_label = 0
        self.addresses: list[str] = []
        self.images_without_alt = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.handlers += [name for name in given if name.startswith("on")]
        self.styles += "style" in given or tag == "style"
        self.addresses += [str(given[name]) for name in ("href", "src", "action") if name in given]
        if tag == "script":
            self.scripts.append(given)
        if tag == "label":
            self.labels.add(given.get("for"))
            self.in_label += 1
        if (
            tag in ("input", "textarea")
            and given.get("type") != "hidden"
            and "hidden" not in given
            and not self.in_label
        ):
            self.inputs.append(given)
        if tag == "img" and "alt" not in given:
            self.images_without_alt += 1

    def handle_endtag(self, tag: str) -> None:
        self.in_label -= tag == "label"


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_what_people_wrote_never_becomes_markup(world: World, sign_in: SignIn) -> None:
    post = world.add_post(
        "mastodon:bad", Platform.MASTODON, 20, text=CANARY, author=Author("9", CANARY, CANARY),
        raw={CANARY: CANARY}, content_warning=CANARY, media=(Media("https://x.example/1", alt_text=CANARY),),
        permalink=CANARY, problems=(CANARY,), language=CANARY,
    )  # fmt: skip
    bad = sighting_of(post)
    place = replace(
        bad.where.candidates[0], name=CANARY, evidence=replace(bad.where.candidates[0].evidence, quote=CANARY)
    )
    from store import sightings as kept

    with world.road.store.transaction() as tx:
        kept.put(tx, replace(bad, where=Where((place,), conflict=CANARY), first_hand_why=CANARY))
    world.add_match("mastodon:bad", travel=CANARY)
    world.add_source(SourceState.NEEDS_PERSON, CANARY)
    ada = sign_in()
    seen = 0
    for path in paths_of(world):
        page = ada.get(path).text
        assert "<script>alert" not in page and "<img src=x" not in page, path
        reader = read(page)
        assert not reader.handlers, path
        assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|onerror=alert\(7\)&gt;(\d+)", page), path
        assert all(script.get("src", "") for script in reader.scripts), path
        seen += "&lt;script&gt;alert(7)" in page
    assert seen >= 5


def test_every_page_keeps_the_strict_policy_and_the_basics(world: World, sign_in: SignIn) -> None:
    ada = sign_in(app=world.app(sample=True))
    for path in [*paths_of(world), "/sample/leave"]:
        answer = ada.get(path)
        reader = read(answer.text)
        assert not reader.styles and not reader.handlers, path
        assert [script.get("src", "").split("?")[0] for script in reader.scripts] == ["/static/console.js"], (
            path
        )
        assert reader.tags.count("h1") == 1, path
        assert '<html lang="en">' in answer.text and 'class="skip" href="#main"' in answer.text, path
        assert not reader.images_without_alt, path
        unlabelled = [given for given in reader.inputs if given.get("id") not in reader.labels]
        assert not unlabelled, (path, unlabelled)
        assert not [url for url in reader.addresses if url.startswith(("javascript:", "data:"))], path


@pytest.mark.parametrize(
    "path", ["/", "/login", "/nope", "/healthz", "/api/v1/overview", "/static/console.css", "/review?key=x"]
)
def test_every_answer_carries_the_security_headers(sign_in: SignIn, path: str) -> None:
    headers = sign_in().get(path).headers
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    assert "unsafe" not in CSP and "http" not in CSP and "*" not in CSP
    for needed in ("default-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
        assert needed in CSP


def test_no_template_has_inline_style_or_script_or_loads_from_elsewhere() -> None:
    templates = list((FOLDER / "templates").glob("*.html"))
    assert len(templates) > 10
    for file in templates:
        text = file.read_text()
        assert not re.search(r"<style|\sstyle=|\son(?!e=)\w+=|<script(?![^>]+src=)", text), file.name
        assert "|safe" not in text and "http://" not in text and "https://" not in text, file.name
    script = (FOLDER / "static" / "console.js").read_text()
    style = (FOLDER / "static" / "console.css").read_text()
    assert "innerHTML =" not in script and "eval(" not in script and "http" not in script
    assert "url(" not in style and "@import" not in style


def is_like(one: bytes, other: bytes) -> bool:
    """Whether two pictures have the same size and differ by no more than light lettering."""
    first, second = (Image.open(io.BytesIO(each)).convert("L") for each in (one, other))
    return first.size == second.size and ImageStat.Stat(ImageChops.difference(first, second)).mean[0] < 25


def test_only_the_served_copy_of_a_photo_leaves(world: World, sign_in: SignIn, stranger: Browser) -> None:
    ada = sign_in()
    assert world.originals and len(world.originals) == len(world.served)
    for original, served in zip(world.originals, world.served, strict=True):
        assert ada.get(f"/photo/{original}").status_code == 404
        answer = ada.http.get(f"/photo/{served}")
        # With the viewer's name over it, it is the served copy and nothing else that is shown.
        assert answer.status_code == 200
        assert is_like(answer.content, world.road.blobs.get(served)) and b"original" not in answer.content
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-disposition"].startswith("inline")
        for view in ("clear", "blurred", "small"):
            assert stranger.get(f"/photo/{served}?view={view}").status_code == 303
    assert ada.get("/photo/" + "0" * 64).status_code == 404
    assert ada.get(f"/photo/{world.served[0]}?view=original").status_code == 400
    assert ada.get("/photo/..%2f..%2fetc%2fpasswd").status_code == 404


def test_blurring_happens_on_the_server_and_leaves_no_detail(world: World, sign_in: SignIn) -> None:
    ada, served = sign_in(), world.served[0]
    blurred = Image.open(io.BytesIO(ada.http.get(f"/photo/{served}?view=blurred").content))
    small = Image.open(io.BytesIO(ada.http.get(f"/photo/{served}?view=small").content))
    assert max(blurred.size) == BLURRED_PX and max(small.size) == SMALL_PX

    def detail(image: Image.Image) -> float:
        """Greatest step between neighbouring pixels of a row, of 255."""
        grey = image.convert("L")
        row = [grey.getpixel((x, grey.height // 2)) for x in range(grey.width)]
        return max(abs(one - other) for one, other in pairwise(row))

    original = Image.open(io.BytesIO(world.road.blobs.get(served)))
    assert detail(original) > 100
    assert detail(blurred) < 20


def test_a_forgotten_photo_is_not_served_from_memory(world: World, sign_in: SignIn) -> None:
    ada, served = sign_in(), world.served[0]
    assert ada.get(f"/photo/{served}?view=blurred").status_code == 200
    world.road.blobs.drop(served)
    assert ada.get(f"/photo/{served}?view=blurred").status_code == 404


def test_an_unknown_error_gives_a_plain_page_and_is_logged_without_its_words(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = sign_in()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret words of a post")

    monkeypatch.setattr(sightings, "chosen", fail)
    with capture_logs() as logs:
        answer = ada.get("/sightings")
    assert answer.status_code == 500
    assert "secret words" not in answer.text and "Traceback" not in answer.text
    line = next(entry for entry in logs if entry["event"] == "console_failed")
    assert line["request_id"] in answer.text
    assert "secret words" not in str(logs) and line["kind"] == "RuntimeError" and "fail" in line["at"]
    assert answer.headers["content-security-policy"] == CSP
    monkeypatch.undo()
    assert ada.get("/sightings").status_code == 200


def test_odd_addresses_get_a_readable_page(sign_in: SignIn) -> None:
    ada = sign_in()
    for path, status in (
        ("/sighting", 400), ("/sighting?key=%00", 400), ("/sighting?key=", 404), ("/review?show=x", 400),
        ("/cases?status=dead", 400), ("/outbox?state=dead", 400), ("/sighting?key=%ff%fe", 404),
        ("/nope/%00", 400),
        ("/outbox/row?key=x", 404),
    ):  # fmt: skip
        answer = ada.get(path)
        assert answer.status_code == status, path
        assert "<h1>" in answer.text and "Traceback" not in answer.text, path


def test_probes_need_no_login_and_tell_no_content(world: World, stranger: Browser) -> None:
    alive = stranger.get("/healthz")
    assert (alive.status_code, alive.text) == (200, "ok")
    assert stranger.get("/readyz").json()["ready"] is True
    world.add_source(SourceState.NEEDS_PERSON, "token of @somebody refused")
    late = stranger.get("/readyz")
    assert late.status_code == 503
    source = late.json()["sources"][0]
    assert (source["source"], source["state"], source["behind_s"]) == ("mastodon", "needs_person", 90.0)
    assert "somebody" not in late.text and "春熙路" not in late.text
    assert stranger.get("/metrics").status_code == 404
    told = Browser(world.app(metrics=lambda: b"homeward_up 1\n")).get("/metrics")
    assert (told.status_code, told.text) == (200, "homeward_up 1\n")
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_readyz_says_so_when_the_database_is_gone(world: World, stranger: Browser) -> None:
    with world.road.store.transaction() as tx:
        tx.exec_driver_sql("DROP TABLE campaign_versions")
    answer = stranger.get("/readyz")
    assert answer.status_code == 503 and answer.json()["ready"] is False
    assert stranger.get("/healthz").status_code == 200


def test_the_api_answers_json_to_a_session_and_a_problem_to_others(
    world: World, sign_in: SignIn, stranger: Browser
) -> None:
    refused = stranger.get("/api/v1/candidates")
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json" and refused.json()["status"] == 401
    ada = sign_in()
    assert ada.get("/api/v1/overview").json()["posts"] == 3
    match = ada.get("/api/v1/candidates").json()["items"][0]
    assert (match["case_id"], match["post_key"], match["fpir"]) == (CASE, NAMED, None)
    assert match["who_hears"] == "case team and author" and match["where"]["radius_km"] == 0.4
    seen = ada.get("/api/v1/sightings?limit=1").json()["items"]
    assert len(seen) == 1 and seen[0]["when"]["zone"] == "Asia/Shanghai"
    for path in ("/api/v1/sightings?limit=0", "/api/v1/sightings?limit=x", "/api/v1/candidates?state=first"):
        wrong = ada.get(path)
        assert wrong.status_code == 400 and wrong.headers["content-type"] == "application/problem+json", path
    assert ada.get("/api/v1/nothing").status_code == 404
    known = ada.get("/api/v1/openapi.json").json()["paths"]
    assert {"/api/v1/overview", "/api/v1/candidates", "/api/v1/sightings"} < set(known)
