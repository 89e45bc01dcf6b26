"""A host on loopback: a Jetstream that sends at a rate, and the network's answers about authors.

A process of its own: `python -m benchmarks.stream.host WIRE EVENTS_PER_S WANTED_SHARE`. Prints its two ports.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from benchmarks.stream.frames import WANTED, Maker, posts
from collectors.jetstream import Wire

_TICK_S = 0.01


def send(connection: ServerConnection, wire: Wire, rate: float, wanted: float) -> None:
    """Post events at `rate` a second until the reader leaves; wanted ones carry the time of their sending."""
    maker, chance = Maker(7, wire), random.Random(7)
    pool, owed, n = posts(11, wire, 4000, wanted=0.0), 0.0, 0
    due = time.monotonic()
    try:
        while True:
            due += _TICK_S
            owed += rate * _TICK_S
            while owed >= 1:
                owed -= 1
                n += 1
                is_wanted = chance.random() < wanted
                now_us = time.time_ns() // 1000
                frame = maker.post(now_us, (chance.choice(WANTED),)) if is_wanted else pool[n % len(pool)]
                connection.send(frame)
            time.sleep(max(0.0, due - time.monotonic()))
    except ConnectionClosed:
        return


class Network(BaseHTTPRequestHandler):
    """Profiles for whoever is asked for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer getProfiles; anything else is empty."""
        actors = parse_qs(urlsplit(self.path).query).get("actors", [])
        found = [{"did": did, "handle": f"{did[-6:]}.example.org", "labels": []} for did in actors]
        body = json.dumps({"profiles": found}).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until standard input is closed."""
    wire, rate, wanted = Wire(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    network = ThreadingHTTPServer(("127.0.0.1", 0), Network)
    threading.Thread(target=network.serve_forever, daemon=True).start()
    with serve(
        lambda connection: send(connection, wire, rate, wanted), "127.0.0.1", 0, compression=None
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.socket.getsockname()[1], network.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
