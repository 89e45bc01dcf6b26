"""A stand-in as a process of its own, and the calls that steer it from outside.

Server side: `run(Server)` is the command line, `control` answers `/_test/…`. Test side: `spawned` starts the
process, `Remote.call(name, …)` runs one of the server's helper methods. Knows no platform.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from tests.servers.stand_in import Answer, Request, StandIn, json_answer

ROOT = Path(__file__).parent.parent.parent


def plain(value: Any) -> Any:
    """A helper's result as JSON can hold it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value.decode("latin-1") if isinstance(value, bytes) else value


def control(owner: StandIn, request: Request) -> Answer:
    """`POST /_test/call {"name", "kwargs"}`; only names that the server lists in `controls`."""
    try:
        asked = request.json()
        name, kwargs = asked["name"], asked.get("kwargs", {})
        if name not in owner.controls:
            raise KeyError(name)
        member = getattr(owner, name)
        with owner.lock:
            result = member(**kwargs) if callable(member) else member
    except (ValueError, KeyError, TypeError) as error:
        return json_answer({"error": repr(error)}, 400)
    return json_answer({"result": plain(result)})


class Remote:
    """Steers a stand-in that runs elsewhere."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def call(self, name: str, **kwargs: Any) -> Any:
        """Runs the helper method (or reads the attribute) `name`; ValueError says what was refused."""
        answer = httpx.post(
            f"{self.base_url}/_test/call", json={"name": name, "kwargs": kwargs}, timeout=10, trust_env=False
        )
        if answer.status_code != 200:
            raise ValueError(answer.text)
        return answer.json()["result"]


@contextlib.contextmanager
def spawned(module: str, *arguments: str) -> Iterator[Remote]:
    """`python -m module --port 0 …` until the block ends."""
    command = [sys.executable, "-m", module, "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], 20)
            line = process.stdout.readline().strip() if ready else ""
            if not line.startswith("http"):
                raise RuntimeError(f"{module} did not start: {line!r}")
            yield Remote(line)
        finally:
            process.terminate()
            process.wait(10)


def run(server_class: type[StandIn], arguments: Sequence[str] | None = None) -> None:
    """The command line: prints the address, serves until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--without", default="", help="rule ids to switch off, with commas between")
    parser.add_argument("--options", type=json.loads, default={}, help="more keyword arguments, as JSON")
    given = parser.parse_args(arguments)
    without = [rule for rule in given.without.split(",") if rule]
    with server_class(port=given.port, without=without, **given.options) as server:
        sys.stdout.write(server.base_url + "\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
