"""Writes hashtags, query and reason into config.yaml, keeping its comments: the file stays the truth.

The new file is read and checked as a whole before it takes the place of the old one, which is kept
beside it. Decides nothing and knows no database.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from bot import config
from bot.config import Config
from store.errors import UsageError

BEFORE = ".before"
_NEW = ".new"


def write(file: Path, content: dict[str, Any], *, reason: str) -> Config:
    """Put this selection into the campaign block of the file. Gives the config as it reads now.

    Raises ConfigError, and changes nothing, where the new file would not be valid; UsageError where the
    file cannot be read or written.
    """
    new, kept = file.with_name(file.name + _NEW), file.with_name(file.name + BEFORE)
    try:
        text = changed(file.read_text("utf-8-sig"), content, reason=reason)
        new.write_text(text, "utf-8")
        shutil.copymode(file, new)
        config.load(new)
        shutil.copy2(file, kept)
        new.replace(file)
    except (OSError, YAMLError, UnicodeDecodeError) as error:
        way_out = "give the process the right to write it, or enter the hashtags there by hand"
        raise UsageError(str(file), f"cannot be changed ({type(error).__name__}); {way_out}") from error
    finally:
        new.unlink(missing_ok=True)
    return config.load(file)


def read(file: Path) -> dict[str, Any]:
    """The campaign block that the file holds now. Raises ConfigError."""
    return config.campaign_block(config.load(file))


def changed(text: str, content: dict[str, Any], *, reason: str) -> str:
    """The text of the file with another selection and reason in it."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    if not isinstance(document, CommentedMap):
        document = CommentedMap()
    block = document.get("campaign")
    if not isinstance(block, CommentedMap):
        block = document["campaign"] = CommentedMap()
    _set(block, "hashtags", _listed(content["hashtags"]), at=1)
    query = {name: _listed(words) for name, words in (content.get("query") or {}).items() if words}
    if query:
        _set(block, "query", CommentedMap(query), at=2)
    else:
        block.pop("query", None)
    _set(block, "reason", DoubleQuotedScalarString(reason), at=2)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _set(block: CommentedMap, name: str, value: Any, *, at: int) -> None:
    if name in block:
        block[name] = value
    else:
        block.insert(min(at, len(block)), name, value)


def _listed(words: Any) -> CommentedSeq:
    listed = CommentedSeq(DoubleQuotedScalarString(word) for word in words)
    listed.fa.set_flow_style()
    return listed
