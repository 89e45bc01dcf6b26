"""What of the road lies under seal or is signed: put-away pictures, contacts, case files.

Part of bot/wiring.py; decides nothing.
"""

from __future__ import annotations

from typing import Any

from bot.config import Config
from bot.home import Home
from bot.services import casefile_plan
from store.evidence import FolderEvidence
from store.seal import SealKey, read_keys

CONTACT_KEYS = "HOMEWARD_CONTACT_KEYS"


def sealed_of(config: Config, home: Home, key: SealKey) -> dict[str, Any]:
    """These parts, by what they are called on the road. Raises ConfigError for a key that is none."""
    return {
        "evidence": FolderEvidence(home.quarantine, key),
        "contact_keys": read_keys(config.secrets.get(CONTACT_KEYS), CONTACT_KEYS),
        "case_files": casefile_plan.desk(config, home, FolderEvidence(home.case_files, key)),
    }
