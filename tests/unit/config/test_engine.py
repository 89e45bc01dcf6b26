"""Which engines a config may ask for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot import wiring_engine
from bot.config import load
from bot.config_engine import EngineBlock
from bot.engine.leading import CLOCK, Alone
from bot.engine.local import LocalEngine
from store.db import Store, utc_now
from store.errors import ConfigError
from store.seal import SealKey


def test_a_file_has_the_local_engine_alone_and_leads_everything(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("campaign: {hashtags: [Tag]}\n")
    config = load(tmp_path / "config.yaml", env={})
    store, key = Store("sqlite://"), SealKey(b"k" * 32)
    try:
        made = wiring_engine.work_of(config, store, utc_now, key)
        assert isinstance(made["engine"], LocalEngine) and isinstance(made["leading"], Alone)
        assert made["leading"].leads(CLOCK) and made["leading"].number("any") is None
        wished = replace(config, engine=EngineBlock.model_validate({"kind": "distributed"}))
        with pytest.raises(ConfigError, match="database_url of PostgreSQL"):
            wiring_engine.work_of(wished, store, utc_now, key)
    finally:
        store.close()
