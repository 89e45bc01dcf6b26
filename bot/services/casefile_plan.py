"""What config.yaml says of case files and exchange, with the signing key and the folder that go with it."""

from __future__ import annotations

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.config import Config
from bot.home import Home
from bot.pipeline.casefile_desk import CaseFileDesk
from bot.rules.casefiles import Authority, CaseFilePlan, refused_fields
from store.errors import ConfigError
from store.evidence import Evidence
from store.seal import load_key, read_keys

SIGNING_KEY = "HOMEWARD_SIGNING_KEY"


def desk(config: Config, home: Home, files: Evidence) -> CaseFileDesk:
    """The plan, the signing key (from the environment, or a file made when new), and where files lie.

    Raises ConfigError for a key that is none and for a field that exchange may never let out.
    """
    given = read_keys(config.secrets.get(SIGNING_KEY), SIGNING_KEY)
    signing = given[0] if given else load_key(None, home.signing_key)
    return CaseFileDesk(
        _plan(config),
        Ed25519PrivateKey.from_private_bytes(signing.secret),
        files,
    )


def _plan(config: Config) -> CaseFilePlan:
    block, exchange, console = config.case_files, config.exchange, config.console
    wrong = refused_fields(exchange.fields)
    if wrong:
        raise ConfigError("exchange.fields", f"names {wrong[0]}, which may never leave by exchange")
    roots = block.time_stamp_roots
    return CaseFilePlan(
        authorities=tuple(Authority(a.name, a.country, a.key, a.key_checked) for a in block.authorities),
        longest=timedelta(days=block.longest_days),
        link=timedelta(hours=block.link_h),
        kept_after=timedelta(hours=block.kept_after_h),
        tries=block.code_tries,
        base_url=(config.registry.public_address or f"http://{console.host}:{console.port}").rstrip("/"),
        stamp_url=block.time_stamp_url,
        stamp_roots=str(config.file.resolve().parent / roots) if roots else "",
        stamp_timeout_s=block.time_stamp_timeout_s,
        responsible=config.legal.responsible if config.legal else "",
        exchange=exchange.enabled,
        exchange_fields=frozenset(exchange.fields),
        exchange_expires=timedelta(days=exchange.expire_days),
    )
