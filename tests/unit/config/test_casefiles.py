"""The blocks `case_files` and `exchange` of config.yaml: what is taken, what is refused with a way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import Config, load
from bot.home import Home
from bot.services import casefile_plan
from store.errors import ConfigError
from store.evidence import MemoryEvidence

KEY = "age1k0d2us8mt5fypunrwnah0jvyzy2ahv6smrccz99jmgf4r6uwkqcqqaxgy4"
GOOD = f"""
case_files:
  authorities: [{{name: City police, country: CN, key: {KEY}, key_checked: by telephone}}]
  link_h: 2
  time_stamp_roots: roots.pem
"""


def read(folder: Path, text: str) -> Config:
    file = folder / "config.yaml"
    file.write_text(text)
    return load(file, env={})


def test_authorities_and_spans_reach_the_plan_and_the_signing_key_stays(tmp_path: Path) -> None:
    config, home = read(tmp_path, GOOD), Home(tmp_path / "data", False)
    one = casefile_plan.desk(config, home, MemoryEvidence())
    authority = one.plan.authority("City police")
    assert authority is not None and authority.key == KEY and one.plan.authority("Other") is None
    assert one.plan.link.total_seconds() == 7200 and one.plan.stamp_roots == str(tmp_path / "roots.pem")
    assert not one.plan.exchange and one.plan.stamp_url == ""
    two = casefile_plan.desk(config, home, MemoryEvidence())
    assert two.public_key == one.public_key and (home.signing_key.stat().st_mode & 0o777) == 0o600
    assert home.signing_key.read_text() not in repr(one)


@pytest.mark.parametrize(
    "text",
    [
        "case_files: {authorities: [{name: A, country: CN, key: ssh-rsa x, key_checked: by telephone}]}",
        f"case_files: {{authorities: [{{name: A, country: CN, key: {KEY}, key_checked: no}}]}}",
        "case_files: {longest_days: 0}",
        "case_files: {time_stamp_url: 'ftp://x'}",
        GOOD.replace("}]", f"}}, {{name: City police, country: CN, key: {KEY}, key_checked: by telephone}}]"),
    ],
)
def test_what_will_not_do_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        read(tmp_path, text)


def test_a_field_that_may_never_leave_is_refused_by_name(tmp_path: Path) -> None:
    config = read(tmp_path, "exchange: {enabled: true, fields: [full_name, home_street]}")
    with pytest.raises(ConfigError, match="home_street"):
        casefile_plan.desk(config, Home(tmp_path / "data", False), MemoryEvidence())
