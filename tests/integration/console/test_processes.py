"""Two processes of the console on one PostgreSQL database, as real programs: one console to people."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from bot.services import incidents, people
from store import tables as t
from store.blobs import FolderBlobs
from store.db import Store, utc_now
from store.records.post import Author, Platform
from tests import stores
from tests.integration.console.test_proxy import NAME, NGINX, first_answer, free_port, shipped
from tests.integration.console.world import World, make_world

ROOT = Path(__file__).resolve().parents[3]
REVIEWERS, CANDIDATES = 6, 18
START_S, PATIENCE_S = 300, 300  # A busy machine is slow, not wrong.
pytestmark = pytest.mark.servers
CONFIG = """
campaign:
  name: Two processes
  hashtags: ["HomewardTag"]
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
console: {{allowed_hosts: ["{name}"], https: false}}
"""


OPENED: list[httpx.Client] = []


class Person:
    """A browser that goes to whichever process it is told to, with one cookie jar: as behind a proxy."""

    def __init__(self, bases: list[str]) -> None:
        self.bases = bases
        self.http = httpx.Client(timeout=PATIENCE_S, follow_redirects=False)
        OPENED.append(self.http)
        self.csrf = ""

    def get(self, at: int, path: str) -> httpx.Response:
        """Open a page at one of the processes."""
        answer = self.http.get(self.bases[at] + path)
        found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer

    def post(self, at: int, path: str, **fields: str) -> httpx.Response:
        """Send a form of the page opened last, to one of the processes."""
        headers = {"Origin": self.bases[at]}
        return self.http.post(self.bases[at] + path, data={"csrf": self.csrf, **fields}, headers=headers)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Path]]:
    """An installation on PostgreSQL in a data folder, with candidates enough, as its own programs find it."""
    folder = tmp_path_factory.mktemp("processes")
    with stores.postgres() as url:
        made = make_world(folder, Store(url))
        made.road = replace(made.road, clock=utc_now)
        for number in range(CANDIDATES):
            key = f"mastodon:https://social.example/statuses/{100 + number}"
            author = Author(str(number), f"p{number}@social.example")
            made.add_post(key, Platform.MASTODON, 100 + number, author=author)
            made.add_match(key, 0.4 + number / 100)
        for number in range(REVIEWERS):
            people.add(made.road, f"r{number}", "reviewer", by="tests")
        held = FolderBlobs(folder / "photos")
        for digest in (*made.originals, *made.served):
            held.put(made.road.blobs.get(digest))
        (folder / "seal.key").write_bytes(base64.urlsafe_b64encode(made.road.key.secret))
        (folder / "config.yaml").write_text(CONFIG.format(name=NAME) + f"database_url: {url}\n")
        yield made, folder
        made.road.store.close()


@contextmanager
def process(folder: Path, port: int) -> Iterator[str]:
    """`run_bot.py console` as a program of its own; gives its address."""
    asked = [sys.executable, str(ROOT / "run_bot.py"), "--config", str(folder / "config.yaml")]
    asked += ["--data", str(folder), "console", "--port", str(port)]
    said = (folder / f"{port}.log").open("wb")
    child = subprocess.Popen(asked, env={**os.environ}, stdout=said, stderr=said, cwd=folder)
    base, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_S
    try:
        while True:
            try:
                assert httpx.get(f"{base}/healthz").status_code == 200
                break
            except httpx.HTTPError:
                assert child.poll() is None, (folder / f"{port}.log").read_text()
                assert time.monotonic() < deadline, "the console did not start"
                time.sleep(0.1)
        yield base
    finally:
        child.terminate()
        assert child.wait(60) == 0
        said.close()


@pytest.fixture(scope="module")
def bases(world: tuple[World, Path]) -> Iterator[list[str]]:
    with ExitStack() as stack:
        yield [stack.enter_context(process(world[1], free_port())) for _ in range(2)]
        for client in OPENED:
            client.close()


def entered(world: World, bases: list[str], name: str, at: int = 0) -> Person:
    person = Person(bases)
    person.get(at, "/login")
    assert person.post(at, f"/enter/{world.token_of(name)}").status_code == 303
    person.get(at, "/me")
    return person


def forget_tries(world: World) -> None:
    """All these tests come from one address: each begins with none of its tries counted."""
    with world.road.store.transaction() as tx:
        tx.execute(sa.delete(t.sign_in_tries))


def test_who_came_in_at_one_process_is_known_to_the_other_and_its_forms_are_taken_there(
    world: tuple[World, Path], bases: list[str]
) -> None:
    token = world[0].token_of("ada")
    person, other = Person(bases), Person(bases)
    assert person.post(0, f"/enter/{token}").status_code == 303
    assert other.post(1, f"/enter/{token}").status_code == 410, "the link is spent everywhere"
    assert person.get(1, "/me").status_code == 200
    person.get(0, "/me")
    assert person.post(1, "/me/second/begin").status_code == 303, "the word of a form made by the other"
    person.csrf = "x" * 32
    assert person.post(1, "/me/second/begin").status_code == 403
    person.get(1, "/me")
    assert person.post(1, "/logout").status_code == 303
    assert person.get(0, "/me").status_code == 303, "signed out at both"


def test_no_two_reviewers_are_handed_one_candidate_whichever_process_they_ask(
    world: tuple[World, Path], bases: list[str]
) -> None:
    crowd = [entered(world[0], bases, f"r{number}", number % 2) for number in range(REVIEWERS)]
    ready = threading.Barrier(REVIEWERS)

    def work(number: int) -> list[str]:
        """What this reviewer was handed, one after the other: put off, at alternating processes."""
        person, handed = crowd[number], []
        page = person.get(number % 2, "/review")
        first = re.search(r'href="(/review\?key=[^"]+)"', page.text)
        assert first is not None
        key = parse_qs(urlsplit(first[1].replace("&amp;", "&")).query)["key"][0]
        ready.wait(60)
        for turn in range(CANDIDATES):
            fields = {"key": key, "verdict": "not_this_child"}
            answer = person.post((number + turn) % 2, "/review/decide", **fields)
            if answer.status_code == 409:  # At the start all ask for the first one of the list.
                shown = person.get((number + turn) % 2, f"/review?key={key}")
                following = re.search(
                    r'data-next[^>]*href="([^"]+)"|href="([^"]+)"[^>]*data-next', shown.text
                )
                if following is None:
                    break
                key = _key((following[1] or following[2]).replace("&amp;", "&"))
                continue
            assert answer.status_code == 303, answer.text
            handed.append(key)
            key = _key(answer.headers["location"])
            if not key:
                break
        return handed

    with ThreadPoolExecutor(REVIEWERS) as pool:
        found = [key for handed in pool.map(work, range(REVIEWERS)) for key in handed]
    assert len(found) == len(set(found)), "a verdict on each was taken from one person alone"
    assert len(found) >= CANDIDATES / 2


def _key(location: str) -> str:
    return parse_qs(urlsplit(location).query).get("key", [""])[0]


def test_what_is_decided_at_one_process_is_gone_from_the_live_page_of_the_other(
    world: tuple[World, Path], bases: list[str]
) -> None:
    key = "mastodon:https://social.example/statuses/999"
    world[0].add_post(key, Platform.MASTODON, 999, author=Author("999", "late@social.example"))
    match = world[0].add_match(key, 0.99)
    one, other = entered(world[0], bases, "rob"), entered(world[0], bases, "ada", 1)
    name = match.partition(":")[0]
    assert name in one.get(0, "/review").text and name in other.get(1, "/review").text
    assert one.post(0, "/review/decide", key=match, verdict="not_this_child").status_code == 303
    live = other.http.get(bases[1] + "/review", headers={"X-Homeward-Live": "1"})
    assert live.status_code == 200 and name not in live.text


def test_tries_to_sign_in_are_counted_over_all_processes_and_let_nobody_fill_the_database(
    world: tuple[World, Path], bases: list[str]
) -> None:
    forget_tries(world[0])
    person = Person(bases)
    said = [person.post(at % 2, "/login", name="r0", password="a guess").status_code for at in range(7)]
    assert said == [403] * 5 + [429] * 2
    more = [person.post(at % 2, "/login", name=f"nobody{at}", password="x").status_code for at in range(4)]
    assert more == [429] * 4, "the address has tried often enough, under whatever name"


def test_a_code_of_the_second_factor_opens_one_door_once(world: tuple[World, Path], bases: list[str]) -> None:
    forget_tries(world[0])
    person = entered(world[0], bases, "vera")
    person.post(0, "/me/second/begin")
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", person.get(1, "/me/second").text)
    assert shown is not None
    secret = base64.b32decode(shown[1].replace(" ", ""))
    code = TOTP(secret, 6, SHA1(), 30).generate(int(time.time())).decode()
    assert person.post(1, "/me/second/confirm", code=code).status_code == 200
    other = Person(bases)
    other.post(0, f"/enter/{world[0].token_of('vera')}")
    assert other.get(1, "/cases").headers["location"].startswith("/login/code")
    other.get(0, "/login/code")
    assert other.post(0, "/login/code", code=code).status_code == 403, "it was taken at the other process"


def test_people_are_served_by_both_processes_through_one_nginx(
    world: tuple[World, Path], bases: list[str], tmp_path: Path
) -> None:
    if NGINX is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    front, ports = free_port(), [int(base.rpartition(":")[2]) for base in bases]
    file = shipped(tmp_path, front, *ports)
    asked = [NGINX, "-c", str(file), "-p", str(tmp_path), "-g", "daemon off;"]
    child = subprocess.Popen(asked, stderr=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{front}"
        assert first_answer(base).status_code == 200
        given = {"Host": NAME, "Origin": f"https://{NAME}"}
        entry = httpx.post(f"{base}/enter/{world[0].token_of('rob')}", headers=given, timeout=PATIENCE_S)
        inside = {**given, "Cookie": entry.headers["set-cookie"].split(";")[0]}
        answers = [httpx.get(f"{base}/review", headers=inside, timeout=PATIENCE_S) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 6
    finally:
        child.terminate()
        child.wait(60)


def test_a_lockdown_shuts_every_process_within_five_seconds(
    world: tuple[World, Path], bases: list[str]
) -> None:
    crowd = [entered(world[0], bases, name) for name in ("ada", "rob")]
    assert all(person.get(at, "/me").status_code == 200 for person in crowd for at in (0, 1))
    incidents.lock(world[0].road, by="root", why="tests of the lockdown")
    # No process keeps a session in memory: the very next request is refused, whatever the clock says.
    assert all(person.get(at, "/me").status_code == 303 for person in crowd for at in (0, 1))
    assert all(httpx.get(f"{base}/readyz", timeout=PATIENCE_S).status_code in (200, 503) for base in bases)
