"""Commands that check: case files against a public key, the audit chain; and the exchange of records.

`casefile verify` and `casefile key` join the group of bot/cli/casefile.py.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from bot.cli import exchange_list
from bot.cli.context import DONE, PROBLEMS, Cli, who
from bot.cli.running import Json
from bot.pipeline import heads
from bot.services import auditing, casefile_check, exchange
from store.errors import UsageError

By = Annotated[str, typer.Option("--by", help="Your account.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    chain = typer.Typer(help="The audit chain: check it, sign its head.", rich_markup_mode=None)
    chain.command("verify")(audit_verify)
    chain.command("stamp")(audit_stamp)
    app.add_typer(chain, name="audit")
    out = typer.Typer(help="PFIF records for other registries, where families agreed.", rich_markup_mode=None)
    out.command("list")(exchange_list.list_)
    out.command("agree")(agree)
    out.command("withdraw")(disagree)
    out.command("write")(write)
    app.add_typer(out, name="exchange")


def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The opened ZIP, its folder, or the encrypted file.")],
    public_key: Annotated[
        str, typer.Option("--key", help="The signer's public key: 64 hex digits, or a PEM file of it.")
    ],
    identity: Annotated[Path | None, typer.Option(help="File with the age key that opens FILE.")] = None,
    roots: Annotated[str, typer.Option(help="PEM file with the time-stamping service's roots.")] = "",
    as_json: Json = False,
) -> None:
    """Check every byte of a case file with nothing but the public key. Needs no installation.

    Example: run_bot.py casefile verify case-file-7.zip --key homeward.pem
    """
    cli: Cli = context.obj
    secret = _identity(identity) if identity else ""
    found = casefile_check.check(casefile_check.read(file, secret), _public(public_key), roots=roots)

    def show_it() -> None:
        for words in found.problems:
            cli.out.print(words, markup=False)
        state = "NOT WHOLE" if found.problems else "whole"
        cli.out.print(f"{state}: {found.files} files, {found.rows} audit rows", markup=False)
        if found.stamped_at:
            cli.out.print(f"time stamp: {found.stamped_at:%Y-%m-%d %H:%M:%S} UTC", markup=False)
        for words in found.notes:
            cli.out.print(words, markup=False)

    cli.answer(as_json, found.as_json(), show_it)
    raise typer.Exit(PROBLEMS if found.problems else DONE)


def key(context: typer.Context, as_json: Json = False) -> None:
    """Print the public key with which recipients check case files, as hex and PEM.

    Example: run_bot.py casefile key
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        raw = built.road.case_files.public_key
    pem = Ed25519PublicKey.from_public_bytes(raw).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    document = {"public_key": raw.hex(), "pem": pem.decode()}
    cli.answer(as_json, document, lambda: cli.out.print(f"{raw.hex()}\n{pem.decode()}", markup=False, end=""))


def _public(given: str) -> bytes:
    """The key from hex or from a PEM file. Raises UsageError."""
    wrong = UsageError("--key", "is neither 64 hex digits nor a PEM file of an Ed25519 public key")
    try:
        if len(given) == 64:
            return bytes.fromhex(given)
        found = load_pem_public_key(Path(given).read_bytes())
    except (OSError, ValueError) as error:
        raise wrong from error
    if not isinstance(found, Ed25519PublicKey):
        raise wrong
    return found.public_bytes_raw()


def _identity(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(str(path), "cannot be read as an age key file") from error
    return next((line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")), "-")


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, for its owner alone. Raises UsageError."""
    try:
        with path.open("xb") as file:
            file.write(data)
        path.chmod(0o600)
    except OSError as error:
        raise UsageError(str(path), f"cannot be written ({error.strerror}); name a new file") from error


# ── the audit chain ──────────────────────────────────────────────────────────────────────────────


def audit_verify(
    context: typer.Context,
    against: Annotated[Path | None, typer.Option(help="A case file whose chain must be this one's.")] = None,
    identity: Annotated[Path | None, typer.Option(help="File with the age key that opens it.")] = None,
    as_json: Json = False,
) -> None:
    """Check the whole audit chain and its signed heads; names the first row that does not fit.

    Example: run_bot.py audit verify
    """
    cli: Cli = context.obj
    rows: list[dict[str, Any]] = []
    if against is not None:
        found = casefile_check.read(against, _identity(identity) if identity else "")
        rows = casefile_check.rows_of(found.get(casefile_check.CHAIN_PATH, b""))
    with cli.installation() as built:
        done = auditing.verify(built.road, rows)

    def show_it() -> None:
        for words in done.problems:
            cli.out.print(words, markup=False)
        state = "NOT WHOLE" if done.problems else "whole"
        cli.out.print(
            f"{state}: {done.rows} rows, {done.heads} signed heads, {done.stamped} stamped", markup=False
        )

    cli.answer(as_json, done.as_json(), show_it)
    raise typer.Exit(PROBLEMS if done.problems else DONE)


def audit_stamp(context: typer.Context, as_json: Json = False) -> None:
    """Sign the chain's present head, have it time-stamped where that is configured, and print it.

    Example: run_bot.py audit stamp
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        head = heads.keep(built.road)
    if head is None:
        cli.answer(as_json, {"seq": None}, lambda: cli.out.print("The head is kept already.", markup=False))
        return
    document = {
        "seq": head.seq,
        "digest": head.digest,
        "signature": head.signature,
        "stamped": bool(head.stamp),
    }
    cli.answer(as_json, document, lambda: cli.out.print(f"{head.seq} {head.digest}", markup=False))


# ── exchange ─────────────────────────────────────────────────────────────────────────────────────

CaseId = Annotated[str, typer.Argument(help="The case's id.")]


def agree(
    context: typer.Context,
    case_id: CaseId,
    agreed_by: Annotated[str, typer.Option(help="Who of the family agreed.")],
    evidence: Annotated[str, typer.Option(help="How that was seen or heard, and when.")],
    by: By = "",
) -> None:
    """Write down that a family wants its record in other registries.

    Example: run_bot.py exchange agree home/1 --agreed-by "her mother" --evidence "letter of 3 May" --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        me = who(cli, built, by)
        exchange.agree(built.road, case_id, by=me, agreed_by=agreed_by, evidence=evidence)
    cli.out.print(f"{case_id} may stand in the exchange.", markup=False)


def disagree(context: typer.Context, case_id: CaseId, by: By = "") -> None:
    """The family takes it back: the next file says that the record is gone.

    Example: run_bot.py exchange withdraw home/1 --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        exchange.withdraw(built.road, case_id, by=who(cli, built, by))
    cli.out.print(f"{case_id} leaves with the next file.", markup=False)


def write(
    context: typer.Context,
    why: Annotated[str, typer.Option(help="To whom the records go; kept in the audit.")],
    out: Annotated[Path | None, typer.Option(help="The file to write; otherwise standard output.")] = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Write the PFIF file: records that may stand in it, and the word for those that are gone.

    Example: run_bot.py exchange write --out exchange.xml --why "weekly, to the red cross" --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        done = exchange.make(built.road, by=who(cli, built, by), why=why)
    if out is not None:
        write_new(out, done.text.encode())
    document: dict[str, Any] = {
        "records": done.records,
        "gone": done.gone,
        "held": [list(h) for h in done.held],
    }

    def show_it() -> None:
        if out is None:
            sys.stdout.write(done.text)

    cli.answer(as_json, document | ({} if out else {"pfif": done.text}), show_it)
    cli.say(f"{len(done.records)} records, {len(done.gone)} gone, {len(done.held)} held back.")
