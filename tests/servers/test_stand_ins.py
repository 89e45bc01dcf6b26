"""The table rule -> proof: every rule of a stand-in has a proof, and each proof notices its rule missing."""

from __future__ import annotations

import pytest

# The modules beside the two tables are imported because they enter their proofs into them.
from tests.servers import (
    proofs_weibo,
    proofs_weibo_commercial,
    proofs_weibo_replies,
    proofs_x_acting,
    proofs_x_reading,
    proofs_x_shape,
)
from tests.servers.proof_tools import Proof, Table, fixed_clock
from tests.servers.stand_in import HERE, Rules, StandIn
from tests.servers.weibo import WeiboServer
from tests.servers.x import XServer

FILLED_BY = (proofs_x_acting, proofs_x_shape, proofs_weibo_commercial, proofs_weibo_replies)
PLATFORMS: list[tuple[type[StandIn], Table]] = [(XServer, proofs_x_reading.X), (WeiboServer, proofs_weibo.W)]
PAIRS = [
    pytest.param(server, rule_id, proof, id=f"{rule_id}-{proof.name}")
    for server, table in PLATFORMS
    for rule_id, proof in table.pairs()
]


@pytest.mark.parametrize(("server_class", "table"), PLATFORMS)
def test_every_rule_has_a_proof_and_every_proof_a_rule(server_class: type[StandIn], table: Table) -> None:
    rules = Rules(HERE / server_class.rules_file)
    assert set(table.proofs) == set(rules.sentences)
    assert all(rules.sentences.values()) and all(rules.sources.values())


@pytest.mark.parametrize(("server_class", "rule_id", "proof"), PAIRS)
def test_rule_is_kept(server_class: type[StandIn], rule_id: str, proof: Proof) -> None:
    with server_class(clock=fixed_clock, **proof.options) as server:
        proof.check(server)


@pytest.mark.parametrize(("server_class", "rule_id", "proof"), PAIRS)
def test_rule_switched_off_is_noticed(server_class: type[StandIn], rule_id: str, proof: Proof) -> None:
    off = server_class(clock=fixed_clock, without={rule_id}, **proof.options)
    with off as server, pytest.raises(AssertionError):
        proof.check(server)
