"""The console behind Debian's nginx with the shipped file; two people deciding at the same moment."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.daemon import serve
from bot.services import clusters, people, review
from bot.services.clusters import Scope
from store.errors import Conflict
from tests.integration.console.world import World

ROOT = Path(__file__).resolve().parents[3]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
NAME = "homeward.example"
pytestmark = pytest.mark.servers


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def shipped(folder: Path, front: int, *behind: int) -> Path:
    """The shipped file with our ports and without certificates, inside a small main file."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    before, secure = text.split("server {\n    listen 443 ssl;")
    upstream = before[before.index("upstream ") : before.index("server {\n")]
    one = "    server 127.0.0.1:8780;\n"
    assert one in upstream
    upstream = upstream.replace(one, "".join(one.replace("8780", str(port)) for port in behind))
    secure = re.sub(r"(?m)^    ssl_.*\n", "", "server {\n" + f"    listen 127.0.0.1:{front};" + secure)
    secure = secure.replace("$scheme;", "https;")
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temps = "".join(f"{part}_temp_path {folder}/{part};\n" for part in parts)
    file = folder / "nginx.conf"
    file.write_text(
        f"pid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\n{temps}{upstream}{secure}}}\n"
    )
    return file


@pytest.fixture
def proxied(world: World, tmp_path: Path) -> Iterator[str]:
    """The address of nginx in front of a console."""
    if NGINX is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    app = world.app(allowed_hosts=(NAME,), secure_cookies=True)
    server, thread = serve(app, "127.0.0.1", 0)
    front = free_port()
    file = shipped(tmp_path, front, server.servers[0].sockets[0].getsockname()[1])
    asked = [NGINX, "-c", str(file), "-p", str(tmp_path), "-g", "daemon off;"]
    process = subprocess.Popen(asked, env={**os.environ}, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{front}"
    finally:
        process.terminate()
        process.wait(20)
        server.should_exit = True
        thread.join(20)


def first_answer(base: str) -> httpx.Response:
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.get(f"{base}/login", headers={"Host": NAME})
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_people_come_in_through_nginx_and_photos_are_kept_nowhere(world: World, proxied: str) -> None:
    assert first_answer(proxied).status_code == 200
    token, given = world.token_of("rob"), {"Host": NAME, "Origin": f"https://{NAME}"}
    entered = httpx.post(f"{proxied}/enter/{token}", headers=given)
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("__Host-") and "Secure" in cookie
    inside = {"Host": NAME, "Cookie": cookie.split(";")[0]}
    assert httpx.get(f"{proxied}/review", headers=inside).status_code == 200
    photo = httpx.get(f"{proxied}/photo/{world.served[1]}", headers=inside)
    assert (photo.status_code, photo.headers["cache-control"]) == (200, "private, no-store")
    assert "max-age" in photo.headers["strict-transport-security"]
    assert httpx.get(f"{proxied}/metrics", headers={"Host": NAME}).status_code == 404
    assert httpx.get(f"{proxied}/login", headers={"Host": "evil.example"}).status_code == 400


def test_nobody_dodges_the_limit_by_claiming_another_address(world: World, proxied: str) -> None:
    first_answer(proxied)
    people.set_password(world.road, "rob", "correct horse battery")
    said = []
    for number in range(7):
        headers = {"Host": NAME, "Origin": f"https://{NAME}", "X-Forwarded-For": f"10.0.0.{number}"}
        data = {"name": f"somebody{number}", "password": "a guess"}
        said.append(httpx.post(f"{proxied}/login", headers=headers, data=data).status_code)
    assert said == [403] * 5 + [429] * 2


def test_two_people_who_say_different_things_at_once_do_not_both_win(world: World) -> None:

    key = review.queue(world.road, viewer="rob")[0].row.match.key
    ready, results = threading.Barrier(2), []

    def turn_down(by: str) -> None:
        ready.wait(30)
        try:
            clusters.turn_down(world.road, key, Scope.COPIES, by=by)
            results.append(by)
        except Conflict:
            results.append("")

    threads = [threading.Thread(target=turn_down, args=(by,)) for by in ("rob", "ada")]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(map(bool, results)) == [False, True]
