"""The settings: the one reader of config.yaml, .env and the environment, and what follows from them.

Never writes a file, never touches the network or the database. Secrets come from the environment
or .env alone, and never leave `Config.secrets` except through `Secrets.get`.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from dotenv.parser import parse_stream
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.config_backup import Backup
from bot.config_engine import EngineBlock
from bot.config_faces import Faces
from bot.config_life import Life
from bot.config_outcomes import Outcomes
from bot.config_report import either, explain, found_at, secrets_in, without_empty_keys
from bot.config_schema import (
    AbuseList,
    Accounts,
    Alerts,
    Campaign,
    CaseFiles,
    Console,
    Exchange,
    Forgetting,
    Limits,
    Matching,
    Photos,
    Registry,
    Reply,
    Settings,
)
from bot.config_sources import Specs, named_variables, take_options, take_platforms
from bot.config_types import DatabaseUrl
from bot.config_yaml import Document, Where, read
from bot.masking import MASK, mask_text
from collectors.base import Secret
from store.errors import ConfigError, Mistake
from store.records.permit import Legal, Permission

ENV_PREFIX = "HOMEWARD_"
SECRETS = (
    Secret("HOMEWARD_MASTODON_TOKEN", "access token of our Mastodon account"),
    Secret("HOMEWARD_BLUESKY_APP_PASSWORD", "app password of our Bluesky account"),
    Secret("HOMEWARD_X_BEARER", "app-only bearer token of our X app"),
    Secret("HOMEWARD_X_CLIENT_ID", "OAuth 2.0 client id of our X app, for replies"),
    Secret("HOMEWARD_X_CLIENT_SECRET", "OAuth 2.0 client secret of our X app, if it is confidential"),
    Secret("HOMEWARD_X_REFRESH_TOKEN", "first refresh token of our X account, for replies"),
    Secret("HOMEWARD_ALERT_URLS", "where the case team is told: Apprise addresses, separated by spaces"),
    Secret("HOMEWARD_SEAL_KEY", "the key that seals contacts, base64 of 32 bytes"),
    Secret("HOMEWARD_BACKUP_KEY", "age identity that opens the backups; default: a file in the data folder"),
    Secret("HOMEWARD_SIGNING_KEY", "the key that signs case files, base64 of 32 bytes"),
    Secret("HOMEWARD_CONTACT_KEYS", "keys of contacts, the present one first, separated by commas"),
    Secret("HOMEWARD_S3_KEY_ID", "key id of the object store that keeps the photos"),
    Secret("HOMEWARD_S3_SECRET", "secret key of the object store that keeps the photos"),
    Secret("HOMEWARD_DATABASE_URL", "the database, where its address holds a password"),
)
"""Secrets that Homeward itself knows; adapters declare further ones in their `SourceSpec`."""


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The secrets by the name of their environment variable. Its representation shows no value."""

    by_name: Mapping[str, str]
    known: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """The secret, "" if it is not set."""
        return self.by_name.get(name, "")

    def has(self, name: str) -> bool:
        """True if it is set."""
        return bool(self.get(name))

    def values(self) -> tuple[str, ...]:
        """All values that must never be shown; several addresses in one variable count one by one too."""
        whole = [value for value in self.by_name.values() if value]
        return tuple(dict.fromkeys(whole + [part for value in whole for part in value.split()]))

    def alert_urls(self) -> tuple[str, ...]:
        """The Apprise addresses of the case team."""
        return tuple(self.get("HOMEWARD_ALERT_URLS").split())

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(name for name in self.by_name if self.has(name)))})"


@dataclass(frozen=True, slots=True)
class Config:
    """What is in force. `contact` is "" and `legal` None where the operator has not said it yet."""

    file: Path
    sample: bool
    campaign: Campaign
    contact: str
    legal: Legal | None
    accounts: Accounts
    permissions: tuple[Permission, ...]
    matching: Matching
    faces: Faces
    photos: Photos
    abuse_lists: tuple[AbuseList, ...]
    reply: Reply
    alerts: Alerts
    console: Console
    limits: Limits
    engine: EngineBlock
    forgetting: Forgetting
    registry: Registry
    outcomes: Outcomes
    life: Life
    case_files: CaseFiles
    exchange: Exchange
    backup: Backup
    database_url: str = field(repr=False)  # may hold a password
    secrets: Secrets

    def with_campaign(self, campaign: Campaign) -> Self:
        """The same settings with another version of the campaign block."""
        return replace(self, campaign=campaign)


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One thing a new operator enters before going live: whether it is there, why, and how."""

    key: str
    done: bool
    words: str
    how: str


def load(path: Path, env: Mapping[str, str] | None = None, specs: Specs | None = None) -> Config:
    """Read and check config.yaml, the .env beside it and the environment.

    `env` and `specs` default to this process's environment and the registered collectors. The
    environment wins over .env. Raises ConfigError with every mistake that was found.
    """
    specs = registered() if specs is None else specs
    document = read(path)
    settings, mistakes = _settings(document, specs)
    named = named_variables(document, specs)
    declared = [*SECRETS, *(secret for spec in specs.values() for secret in spec.secrets)]
    known = tuple(dict.fromkeys([*(secret.name for secret in declared), *named.values()]))
    given, wrong = _secrets(path, os.environ if env is None else env, known)
    mistakes += wrong
    mistakes += [
        document.mistake(where, f"{name}, which is not set", "a variable that .env or the environment sets")
        for where, name in named.items()
        if not given.get(name)
    ]
    if settings is None or mistakes:
        mistakes.sort(key=lambda mistake: (mistake.file != document.file, mistake.line))
        count = f"{len(mistakes)} mistakes" if len(mistakes) > 1 else "1 mistake"
        raise ConfigError(str(path), count, tuple(mistakes))
    # The sample has neither accounts nor a database of its own choice: it can reach nothing real.
    return _config(path, settings, Secrets({} if settings.sample else given, known))


def registered() -> Specs:
    """What each registered collector declares about itself, by its kind."""
    from collectors import registry

    return registry.specs()


def _settings(document: Document, specs: Specs) -> tuple[Settings | None, list[Mistake]]:
    mistakes = list(document.mistakes)
    if document.data is None and mistakes:
        return None, mistakes
    if not isinstance(document.data, dict):
        return None, [document.mistake((), found_at(document, ()), "blocks such as `campaign:`")]
    data, secret_mistakes = _without_secrets(document, specs)
    data, source_mistakes = take_options(document, data, specs)
    data, platform_mistakes = take_platforms(document, data, specs)
    mistakes += [*secret_mistakes, *source_mistakes, *platform_mistakes]
    try:
        # As JSON, because strict models take lists and texts there for tuples, enums and times.
        settings = Settings.model_validate_json(json.dumps(without_empty_keys(data, Settings)))
    except ValidationError as error:
        named = {(mistake.line, mistake.path) for mistake in mistakes}
        further = explain(document, Settings, error)
        return None, mistakes + [each for each in further if (each.line, each.path) not in named]
    if settings.sample and Path(document.file).resolve().parts[-2:] != ("sample", "config.yaml"):
        mistakes.append(document.mistake(("sample",), "true", "this key in sample/config.yaml alone"))
    return settings, mistakes


def _without_secrets(document: Document, specs: Specs) -> tuple[Any, list[Mistake]]:
    declared = {option.name for spec in specs.values() for option in spec.options}
    places = list(secrets_in(document, document.data, declared))
    mistakes = [
        document.mistake(where, "a secret (not shown)", f"{_env_name(document, where)} in .env, and not here")
        for where in places
    ]
    return _cut(document.data, (), set(places)), mistakes


def _cut(data: Any, where: Where, places: set[Where]) -> Any:
    """`data` without these places, so that a secret is reported once and shown nowhere."""
    if isinstance(data, dict):
        return {
            key: _cut(value, (*where, key), places)
            for key, value in data.items()
            if (*where, key) not in places
        }
    if isinstance(data, list):
        # Items stay, since removing one would move the others away from their lines.
        return [_cut(value, (*where, at), places) for at, value in enumerate(data)]
    return data


def _env_name(document: Document, where: Where) -> str:
    """The variable a misplaced secret belongs into, as far as the words around it tell."""
    around = [str(step) for step in where]
    if where[:2] == ("campaign", "sources") and len(where) > 2:
        source = document.data["campaign"]["sources"][where[2]]
        around.append(str(source.get("kind", "")) if isinstance(source, dict) else "")
    words = {word.rstrip("S") for word in "_".join(around).upper().split("_")}
    for name in (secret.name for secret in SECRETS):
        if name.removeprefix(ENV_PREFIX).split("_")[0] in words:
            return name
    return "one of the names in .env.example"


def _secrets(
    path: Path, env: Mapping[str, str], known: Sequence[str]
) -> tuple[dict[str, str], list[Mistake]]:
    """The secrets that are set, from .env beside `path` and from `env`, and what is wrong with them."""
    given, mistakes = _dotenv(path.parent / ".env", known)
    given |= {name: env[name] for name in known if env.get(name)}
    try:
        TypeAdapter(DatabaseUrl).validate_python(given.get("HOMEWARD_DATABASE_URL", ""))
    except ValidationError:
        kinds = "sqlite:///FILE or postgresql+psycopg://HOST/NAME"
        mistakes.append(Mistake("HOMEWARD_DATABASE_URL", 0, "", "another kind of address", kinds))
    return given, mistakes


def _dotenv(file: Path, known: Sequence[str]) -> tuple[dict[str, str], list[Mistake]]:
    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        found = f"an unreadable file ({type(error).__name__})"
        return {}, [Mistake(str(file), 0, "", found, "text saved as UTF-8")]
    given: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for binding in parse_stream(io.StringIO(text)):
        name, written = binding.key or "", binding.original.string
        line = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
        if binding.error:
            mistakes.append(Mistake(str(file), line, "", "a line that cannot be read", "NAME=value"))
        elif name in known:
            given[name] = binding.value or ""
        elif name.startswith(ENV_PREFIX):
            near = get_close_matches(name, known, n=1)
            allowed = f'"{near[0]}" is the nearest right name' if near else either(known)
            mistakes.append(Mistake(str(file), line, "", f'the unknown name "{name}"', allowed))
    return given, mistakes


def _config(path: Path, settings: Settings, secrets: Secrets) -> Config:
    return Config(
        file=path,
        sample=settings.sample,
        campaign=settings.campaign,
        contact=settings.contact.address if settings.contact else "",
        legal=Legal(**settings.legal.model_dump()) if settings.legal else None,
        accounts=settings.accounts,
        permissions=tuple(Permission(**block.model_dump()) for block in settings.permissions),
        matching=settings.matching,
        faces=settings.faces,
        photos=settings.photos,
        abuse_lists=settings.abuse_lists,
        reply=settings.reply,
        alerts=settings.alerts,
        console=settings.console,
        limits=settings.limits,
        engine=settings.engine,
        forgetting=settings.forgetting,
        registry=settings.registry,
        outcomes=settings.outcomes,
        life=settings.life,
        case_files=settings.case_files,
        exchange=settings.exchange,
        backup=settings.backup,
        database_url=secrets.get("HOMEWARD_DATABASE_URL") or settings.database_url,
        secrets=secrets,
    )


def campaign_block(config: Config) -> dict[str, Any]:
    """The campaign block as JSON-able content, for the versions in the database.

    Without its `reason`, which says why there is a new version and makes none by itself.
    """
    # A query that asks for nothing more is left out: versions of before had none.
    without = {"reason"} if config.campaign.query.model_fields_set else {"reason", "query"}
    return config.campaign.model_dump(mode="json", exclude=without)


def campaign_from(content: Mapping[str, Any]) -> Campaign:
    """The campaign block of a stored version. Raises ConfigError if this code cannot read it."""
    try:
        return Campaign.model_validate_json(json.dumps(content))
    except ValidationError as error:
        found = Document("stored campaign", {**content})
        raise ConfigError(
            "stored campaign", "cannot be read", tuple(explain(found, Campaign, error))
        ) from error


def live_allowed(config: Config) -> bool:
    """True if live sources may collect: hashtags and a contact are there, and this is not the sample."""
    return bool(config.campaign.hashtags and config.contact) and not config.sample


def checklist(config: Config) -> list[ChecklistItem]:
    """What an operator enters before going live, in the order in which it is asked for."""
    where = config.file.name
    live = [source.name for source in config.campaign.sources if source.enabled]
    rows = (
        (
            "hashtags",
            bool(config.campaign.hashtags),
            "which hashtags to collect",
            f"campaign.hashtags in {where}",
        ),
        (
            "sources",
            bool(live),
            "where to collect them from",
            f"campaign.sources in {where}, `enabled: true`",
        ),
        ("contact", bool(config.contact), "whom a platform's staff can reach", f"contact.address in {where}"),
        (
            "legal",
            config.legal is not None,
            "who is responsible; until then no face is looked at and nothing is sent",
            f"the legal: block in {where}",
        ),
        ("accounts", bool(config.accounts.handles()), "our own accounts", f"accounts in {where}"),
        (
            "alerts",
            bool(config.secrets.alert_urls()),
            "where the case team is told",
            "HOMEWARD_ALERT_URLS in .env",
        ),
    )
    return [ChecklistItem(key, done, words, how) for key, done, words, how in rows]


def masked(config: Config) -> dict[str, Any]:
    """Everything in force as JSON-able content that may be shown: secrets are only set or not set."""
    blocks = {
        name: value.model_dump(mode="json")
        for name in (
            *("campaign", "accounts", "matching", "photos", "reply", "alerts", "console", "limits"),
            *("engine", "faces"),
            "forgetting",
            *("registry", "outcomes", "life", "case_files", "exchange"),
            "backup",
        )
        if isinstance(value := getattr(config, name), BaseModel)
    }
    legal = TypeAdapter(Legal | None).dump_python(config.legal, mode="json")
    granted = TypeAdapter(tuple[Permission, ...]).dump_python(config.permissions, mode="json")
    shown = {
        "file": str(config.file),
        "sample": config.sample,
        "contact": config.contact,
        "legal": legal,
        **blocks,
    }
    shown["abuse_lists"] = [each.model_dump(mode="json") for each in config.abuse_lists]
    shown["permissions"] = granted
    shown["database_url"] = mask_text(config.database_url)
    shown["secrets"] = {
        name: MASK if config.secrets.has(name) else "not set" for name in config.secrets.known
    }
    return shown
