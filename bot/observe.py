"""What can be seen from outside: logs without secrets, metrics, and the state of health.

Sets up structlog for the whole process; decides nothing about posts and reads no setting.
INFO is kept for what an operator wants to know the next morning, so a normal run stays quiet.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.masking import MASK, mask_text, names_a_secret
from store.records.campaign import SourceHealth, SourceState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Fields that could carry what people wrote or how to reach them: logs name keys and counts only.
_WORDS_OF_PEOPLE = {"text", "content", "raw", "payload", "caption", "display_name", "full_name"}
_PERSONAL = _WORDS_OF_PEOPLE | {"contact", "contacts", "email", "mail", "phone", "address"}
_CHATTY = ("httpx", "httpcore", "apscheduler", "alembic", "uvicorn.access", "watchfiles", "PIL", "websockets")
_DEEPEST = 6


class Redact:
    """A structlog processor that masks secrets and leaves out what people wrote.

    `secrets` are values known from the settings; more may be added while the process runs (tokens
    that a platform renews).
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = {secret for secret in secrets if secret}

    def add(self, secret: str) -> None:
        """Mask this value too from now on."""
        self._secrets.add(secret)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Give the event back without anything that must not be seen."""
        return {key: self._field(str(key), value, 0) for key, value in event.items()}

    def _field(self, key: str, value: Any, depth: int) -> Any:
        if names_a_secret(key):
            return MASK if value else value
        if key.lower() in _PERSONAL:
            return "(left out)" if value else value
        return self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if depth > _DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            return {str(key): self._field(str(key), inner, depth + 1) for key, inner in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._value(inner, depth + 1) for inner in value]
        return mask_text(value if isinstance(value, str) else str(value), self._secrets)


def set_up_logs(
    *,
    level: str = "INFO",
    as_json: bool | None = None,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> Redact:
    """Send all logs of the process, those of libraries too, to `stream` (default: standard error).

    `as_json` None means JSON lines unless a person watches the stream. Calling it again replaces
    the set-up. Gives the redaction, so that further secrets can be added.
    """
    stream = stream or sys.stderr
    as_json = not stream.isatty() if as_json is None else as_json
    redact = Redact(secrets)
    before = _before_rendering(redact)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *before],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(as_json=as_json, colors=stream.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # A call that is still running is told of by bot/clockwork.py, with its name.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # Loggers are made when modules load, before this runs; they must follow a later set-up.
        cache_logger_on_first_use=False,
    )
    return redact


def _before_rendering(redact: Redact) -> list[Processor]:
    """What every line goes through, ours and those of libraries. Redaction is last: it sees it all."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]


def _renderer(*, as_json: bool, colors: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=colors)


class Metrics:
    """Every number that Homeward shows, in a registry of its own. Labels take few, known values."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        here = self.registry
        self.posts_stored = Counter(
            "homeward_posts_stored", "Posts stored for the first time", ["platform", "source"], registry=here
        )
        self.set_aside = Counter(
            "homeward_set_aside", "Files, lines and posts that could not be read", ["source"], registry=here
        )
        self.not_kept = Counter(
            "homeward_not_kept", "Posts that a rule keeps out", ["platform", "rule"], registry=here
        )
        self.photos = Counter("homeward_photos", "Photos by result", ["result"], registry=here)
        self.faces = Counter("homeward_faces", "Faces by result", ["result"], registry=here)
        self.jobs = Counter("homeward_jobs", "Jobs by stage and result", ["stage", "result"], registry=here)
        self.job_seconds = Histogram("homeward_job_seconds", "Seconds one job took", ["stage"], registry=here)
        self.queue_length = Gauge("homeward_queue_length", "Jobs that wait", ["stage"], registry=here)
        self.queue_age_s = Gauge(
            "homeward_queue_age_seconds", "Seconds the oldest due job has waited", registry=here
        )
        self.source_behind_s = Gauge(
            "homeward_source_behind_seconds",
            "Seconds the newest committed place lies behind now",
            ["source"],
            registry=here,
        )
        self.source_failures = Counter(
            "homeward_source_failures", "Failed reads", ["source", "kind"], registry=here
        )
        self.disk_used = Gauge(
            "homeward_disk_used_bytes",
            "Bytes under the data folder, when limits.max_disk_gb is set",
            registry=here,
        )
        self.photos_wait = Gauge("homeward_photos_wait", "1 while new photos wait for room", registry=here)
        self.replies = Gauge("homeward_replies", "Outbox rows by state", ["state"], registry=here)
        self.alerts_open = Gauge("homeward_alerts_open", "Alerts nobody has acknowledged", registry=here)

    def render(self) -> bytes:
        """The text that Prometheus reads, of content type `CONTENT_TYPE`."""
        return generate_latest(self.registry)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, whether it is well, and words for people."""

    name: str
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of /readyz and `status`. `ready`: posts can be taken and worked off just now."""

    ready: bool
    checks: tuple[Check, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-able content."""
        checks = [{"name": each.name, "ok": each.ok, "words": each.words} for each in self.checks]
        return {"ready": self.ready, "checks": checks}


MAX_QUEUE_AGE_S = 900.0
MAX_BEHIND_S = 900.0


def health(
    *,
    store_words: str,
    queue_age_s: float | None,
    sources: Sequence[SourceHealth],
    max_queue_age_s: float = MAX_QUEUE_AGE_S,
) -> Health:
    """Put the parts together. `store_words` is "" if the database answers, otherwise why it does not.

    A failing source does not make Homeward unready: it backs off alone and disturbs no other.
    `queue_age_s` is None for an empty queue.
    """
    store = Check("store", not store_words, store_words or "answers")
    late = queue_age_s is not None and queue_age_s > max_queue_age_s
    words = "empty" if queue_age_s is None else f"oldest due job waits {queue_age_s:.0f} s"
    queue = Check("queue", not late, words)
    return Health(store.ok and queue.ok, (store, queue, *(source_check(each) for each in sources)))


def source_check(source: SourceHealth) -> Check:
    """One source in words: how it is doing and how far it is behind."""
    behind = "" if source.behind_s is None else f", {source.behind_s:.0f} s behind"
    detail = f": {source.detail}" if source.detail else ""
    is_late = source.behind_s is not None and source.behind_s > MAX_BEHIND_S
    troubled = source.state in (SourceState.BACKING_OFF, SourceState.NEEDS_PERSON)
    words = f"{source.state.value.replace('_', ' ')}{behind}{detail}"
    return Check(f"source {source.source}", not (troubled or is_late), words)
