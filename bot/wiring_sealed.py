"""What of the road lies under seal or is signed: put-away pictures, contacts, case files.

Part of bot/wiring.py; decides nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.config import Config
from bot.home import Home
from bot.services import casefile_plan
from bot.wiring_photos import bucket_of
from store.evidence import Evidence, FolderEvidence
from store.seal import SealKey, read_keys

CONTACT_KEYS = "HOMEWARD_CONTACT_KEYS"


def sealed_of(config: Config, home: Home, key: SealKey) -> dict[str, Any]:
    """These parts, by what they are called on the road. Raises ConfigError for a key that is none."""
    bucket = bucket_of(config, home)

    def kept(folder: Path) -> Evidence:
        if bucket is None:
            return FolderEvidence(folder, key)
        from store.objects import BucketEvidence

        return BucketEvidence(bucket, folder.name, key)

    return {
        "evidence": kept(home.quarantine),
        "contact_keys": read_keys(config.secrets.get(CONTACT_KEYS), CONTACT_KEYS),
        "case_files": casefile_plan.desk(config, home, kept(home.case_files)),
    }
