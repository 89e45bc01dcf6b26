"""What ships for operators fits the program: metrics that exist, alerts with a runbook, a closed service."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.observe import Metrics
from bot.pipeline.work import WORKERS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
_NAME = re.compile(r"homeward_[a-z_]+")


def known() -> set[str]:
    names = set()
    for family in Metrics().registry.collect():
        names |= {family.name, f"{family.name}_total", f"{family.name}_bucket"}
    return names


def rules() -> list[dict[str, Any]]:
    (group,) = YAML(typ="safe").load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return list(group["rules"])


def test_alerts_and_boards_ask_for_metrics_that_there_are() -> None:
    board = json.loads((DEPLOY / "grafana" / "homeward.json").read_text())
    asked = [rule["expr"] for rule in rules()]
    asked += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    found = {name for words in asked for name in _NAME.findall(words)}
    assert len(found) > 8 and found <= known()


def test_every_alert_stands_in_the_runbook() -> None:
    book = (ROOT / "docs" / "operating.md").read_text()
    assert [rule["alert"] for rule in rules() if f"| {rule['alert']} |" not in book] == []


def test_the_compose_file_gives_no_container_more_than_it_needs() -> None:
    services = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())["services"]
    ours = services["homeward"]
    assert ours["read_only"] and ours["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for each in services.values() for port in each.get("ports", ()))


def test_the_compose_file_of_many_hosts_is_whole_and_asks_for_commands_that_there_are() -> None:
    whole = YAML(typ="safe").load((DEPLOY / "compose-scale.yaml").read_text())
    services, volumes = whole["services"], set(whole["volumes"])
    ours = {name: each for name, each in services.items() if each.get("image") == "homeward-scale"}
    assert len(ours) == 6 and all(each["read_only"] and each["cap_drop"] == ["ALL"] for each in ours.values())
    named = {mount.partition(":")[0] for each in services.values() for mount in each.get("volumes", ())}
    assert {name for name in named if not name.startswith(".")} == volumes
    assert all(set(each.get("depends_on", ())) <= set(services) for each in services.values())
    ports = [port for each in services.values() for port in each.get("ports", ())]
    assert len(ports) == len(set(ports)) and all(port.startswith("127.0.0.1:") for port in ports)
    roles = [each["command"][2] for each in ours.values() if each.get("command", [""])[0] == "worker"]
    assert roles and set(roles) <= set(WORKERS)
    own = [mount for each in ours.values() for mount in each["volumes"] if mount.endswith(":/data")]
    assert len(own) == len(set(own)) == len(ours), "each process locks a data folder of its own"
    scraped = YAML(typ="safe").load((DEPLOY / "prometheus" / "prometheus-scale.yml").read_text())
    (job,) = scraped["scrape_configs"]
    assert {target.partition(":")[0] for target in job["static_configs"][0]["targets"]} <= set(ours)


@pytest.mark.servers
def test_the_service_is_hardened() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    line = [program, "security", "--offline=yes", str(DEPLOY / "homeward.service")]
    told = subprocess.run(line, capture_output=True, text=True, check=False)
    if "Overall exposure" not in told.stdout:
        pytest.skip(f"systemd-analyze cannot look at a file here: {told.stderr[:100]}")
    assert float(told.stdout.rsplit("homeward.service: ", 1)[1].split()[0]) <= 2.0
