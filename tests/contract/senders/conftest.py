"""One Mastodon server of each kind for all tests of senders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.records.reply import Reply
from tests.contract.senders.contract import row
from tests.contract.senders.mastodon_bench import MastodonBench, fresh, opened


@pytest.fixture(scope="package")
def honouring() -> Iterator[MastodonBench]:
    yield from opened(ignore_idempotency=False)


@pytest.fixture(scope="package")
def ignoring() -> Iterator[MastodonBench]:
    yield from opened(ignore_idempotency=True)


@pytest.fixture
def bench(honouring: MastodonBench) -> MastodonBench:
    return fresh(honouring)


@pytest.fixture
def reply(bench: MastodonBench) -> Reply:
    return row(bench, *bench.post())
