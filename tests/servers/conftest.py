"""What the tests against servers share: the fault proxy, the Bluesky network, and the seed of their chances.

HOMEWARD_SEED repeats a run; it is printed with every run. What cannot be here is skipped with the reason.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Iterator

import pytest

from tests.servers import cuts, setup_servers
from tests.servers.fault_proxy import FaultProxy
from tests.servers.jetstream_bridge import JetstreamBridge
from tests.servers.pds import Network

SEED = int(os.environ.get("HOMEWARD_SEED") or secrets.randbelow(10**6))


def pytest_report_header() -> str:
    """Said at the top of the run, so that it can be repeated."""
    return f"HOMEWARD_SEED={SEED}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Quiet runs have no header; the seed is said at the end as well."""
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(cuts.happened.items()))
    terminalreporter.write_line(f"random faults: {told or 'none'}; to repeat them: HOMEWARD_SEED={SEED}")


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Chance, different in each test and the same for a seed."""
    return random.Random(f"{SEED} {request.node.nodeid}")


@pytest.fixture(scope="session")
def proxy() -> Iterator[FaultProxy]:
    """mitmproxy."""
    lacks = setup_servers.missing_proxy()
    if lacks:
        pytest.skip(lacks)
    with FaultProxy() as running:
        yield running


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    """The Bluesky network."""
    lacks = setup_servers.missing_network()
    if lacks:
        pytest.skip(lacks)
    with Network() as running:
        yield running


@pytest.fixture
def bridge(network: Network) -> Iterator[JetstreamBridge]:
    """A Jetstream that has just begun to listen to the network."""
    with JetstreamBridge(network.pds) as running:
        yield running
