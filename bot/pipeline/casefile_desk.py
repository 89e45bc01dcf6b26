"""What case files are made with: the plan, the installation's signing key, where encrypted files lie.

Only holds things; `bot/services/casefile_plan.py` builds one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.rules.casefiles import CaseFilePlan
from store.evidence import Evidence, MemoryEvidence


@dataclass(frozen=True, slots=True, repr=False)
class CaseFileDesk:
    """The plan, the key that signs, and the encrypted files by digest (sealed once more where they lie)."""

    plan: CaseFilePlan = field(default_factory=CaseFilePlan)
    signing: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    files: Evidence = field(default_factory=MemoryEvidence)

    @property
    def public_key(self) -> bytes:
        """The public half of the signing key, 32 bytes."""
        return self.signing.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"CaseFileDesk(key={self.public_key.hex()[:16]})"
