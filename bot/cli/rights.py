"""Which right each command asks of the account behind `--by`: one table, as the console has it for its pages.

A command that stands here with None asks for no account or is for everybody who has one; why, its group says.
Nothing else decides who may run a command; services add rules of teams and of second persons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import wraps
from typing import Any

from bot.services.rights import Right, check

_REGISTRY = "add import verify activate end edit standing seal unseal team photos contact reopen renew remove"
_REGISTRY += " bring-back source invite merge different unmerge"
_GROUPS: tuple[tuple[str, Right | None, str], ...] = (
    # Registry. `source` without a name only lists.
    ("cases", Right.REGISTRY, _REGISTRY),
    ("cases", Right.CASES, "list show removed duplicates merges"),
    ("cases", Right.EXPORT, "export"),
    ("cases", Right.OPERATE, "reseal"),
    ("exchange", Right.REGISTRY, "agree"),
    ("exchange", Right.EXCHANGE, "list withdraw"),
    ("exchange", Right.EXPORT, "write"),
    ("canary", Right.PEOPLE, "add list lift"),
    # Review.
    ("matches", Right.REVIEW, "list show why"),
    ("review", Right.REVIEW, "list show possible not-this-child later undo cluster assign give-back"),
    ("pictures known", Right.REVIEW, "add remove"),
    ("faces", Right.REVIEW, "keep give-back"),
    ("thresholds", Right.REVIEW, "propose"),
    ("thresholds", Right.OPERATE, "accept refuse"),
    # Replies. Whoever can stop sending, may; going on is a decision.
    ("reply", None, "list show stop preview"),
    ("reply", Right.SEND, "approve cancel withdraw resume"),
    ("reply level", Right.SEND, "ask accept refuse"),
    ("reply words", Right.SEND, "write approve end"),
    ("reply appeal", Right.SEND, "release close"),
    ("reply optouts", Right.SEND, "add remove"),
    ("reply erasures", Right.OUTBOX, "list"),
    ("reply erasures", Right.SEND, "done"),
    ("reply talks", Right.OUTBOX, "list"),
    ("reply talks", Right.SEND, "answer write close"),
    ("reply tasks", Right.SEND, "finish"),
    # Outcomes.
    ("leads", Right.LEADS, "list show due"),
    ("leads", Right.LEAD_WORK, "step back note"),
    ("leads", Right.LEAD_ASSIGN, "assign"),
    ("referrals", Right.REFER, "draft prepare"),
    ("referrals", Right.REFERRALS, "list show step"),
    ("finding", Right.FIND, "desk search show open"),
    ("finding", Right.FIND_AUDIT, "audit check"),
    (
        "casefile",
        Right.CASE_FILES,
        "prepare list look release refuse complete link again take withdraw",
    ),
    # Campaign.
    ("campaign", Right.CAMPAIGN_RUN, "report public stop final-report hand-over purge revoke"),
    ("tags", Right.TUNE, "accept draft live drop rollback open let-go block unblock"),
    # Safety and operation.
    ("alarms", Right.LOOK, "list history"),
    ("alarms", Right.ALARM, "acknowledge"),
    ("hold", Right.HOLD, "place confirm list show release open"),
    ("safeguarding", Right.SAFEGUARD, "list done"),
    ("safeguarding", Right.REVIEW, "hand-over"),
    ("quarantine", Right.REPORT, "report"),
    ("quarantine", Right.QUARANTINE, "list show reported release bar hand-over"),
    ("imports", Right.OPERATE, "state revoke"),
    ("faces", Right.OPERATE, "re-embed"),
    ("forget", Right.ERASURES, "person post lift"),
    ("requests", Right.ERASURES, "list show ask attest let-go erase refuse told"),
    ("person", Right.PERSON_COPY, "export"),
    ("lockdown", Right.OPERATE, "on lift"),
    ("incident", Right.OPERATE, "open close"),
    # Whoever runs the machine: setting up, counts, checks, what names nobody. They need no account, so that
    # a fresh installation can be set up and a broken one mended.
    ("", None, "run console once status doctor retry check upgrade restore import coverage backfill extract"),
    ("", None, "worker"),
    ("jobs", None, "list show retry"),
    ("config", None, "check show"),
    ("sample", None, "enter leave"),
    ("user", None, "add list link roles close reset-second-factor"),
    ("backup", None, "make verify"),
    ("audit", None, "verify stamp"),
    ("casefile", None, "verify key"),
    ("campaign", None, "start numbers rebuild end"),
    ("tags", None, "list show preview query suggest rebuild drafts versions compare gates floods blocks"),
    ("places", None, "build find import"),
    ("pictures", None, "seen"),
    ("pictures known", None, "list"),
    ("faces", None, "models evaluate calibrate kept"),
    ("thresholds", None, "list show"),
    ("quarantine", None, "lists"),
    ("reply level", None, "show"),
    ("reply words", None, "list"),
    ("reply optouts", None, "list"),
    ("reply tasks", None, "list"),
    ("imports", None, ""),
)
COMMANDS: Mapping[str, Right | None] = {
    f"{group} {name}".strip(): right for group, right, names in _GROUPS for name in names.split() or [""]
}
"""The words of each command, such as "cases add", and the right that it asks of an account."""

_running: ContextVar[str] = ContextVar("running command", default="")


def every(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Each command of a tree with its words. A group that can be called alone is one itself."""
    inside = getattr(command, "commands", None)
    if words and (inside is None or command.invoke_without_command):
        yield " ".join(words), command
    for name, each in sorted((inside or {}).items()):
        yield from every(each, (*words, name))


def watched(root: Any) -> Any:
    """The same tree, of which each command says that it runs, so that `need` knows which right to ask for."""
    for words, command in every(root):
        command.callback = _saying(words, command.callback)
    return root


def _saying(words: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def said(*given: Any, **named: Any) -> Any:
        before = _running.set(words)
        try:
            return call(*given, **named)
        finally:
            _running.reset(before)

    return said


def need(name: str, roles: tuple[str, ...]) -> None:
    """Raises NotAllowed, naming the roles that it takes, unless the account may run the running command."""
    right = COMMANDS.get(_running.get())
    if right is not None:
        check(name, roles, right)
