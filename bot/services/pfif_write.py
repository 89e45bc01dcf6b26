"""Writing PFIF XML: persons with their notes and tombstones, with the fields that are allowed and no others.

Values in, text out. Which fields are allowed, for whom and why is decided in bot/services/exporting.py.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent, register_namespace

from bot.services import pfif_words as words


@dataclass(frozen=True, slots=True)
class OutPerson:
    """A person's fields under PFIF 1.4's names, with notes."""

    fields: Mapping[str, str]
    notes: tuple[Mapping[str, str], ...] = field(default=())


def write(persons: Iterable[OutPerson], notes: Iterable[Mapping[str, str]] = (), version: str = "1.4") -> str:
    """The document; `notes` are those of persons that are not in it."""
    namespace = f"http://zesty.ca/pfif/{version}"
    register_namespace("pfif", namespace)
    root = Element(f"{{{namespace}}}pfif")
    for person in persons:
        element = SubElement(root, f"{{{namespace}}}person")
        fields = words.old(_for_version(person.fields, version), version, is_note=False)
        _put(element, namespace, fields, words.old(dict.fromkeys(words.PERSON, ""), version, is_note=False))
        for note in person.notes:
            _note(element, namespace, note, version)
    for note in notes:
        _note(root, namespace, note, version)
    indent(root)
    out = io.BytesIO()
    ElementTree(root).write(out, encoding="UTF-8", xml_declaration=True)
    return out.getvalue().decode() + "\n"


def _for_version(fields: Mapping[str, str], version: str) -> dict[str, str]:
    """Before 1.4 the description stands inside `other`; before 1.3 there is no full name."""
    found = dict(fields)
    if version == "1.4":
        if words.is_description_alone(found.get(words.OTHER, "")) and found.get("description"):
            found.pop(words.OTHER)
        return found
    name = found.get("full_name", "") if version == "1.3" else found.pop("full_name", "")
    described = found.pop("description", "")
    if name and not (found.get("given_name") or found.get("family_name")):
        found["given_name"] = name
    if described and words.described_in(found.get(words.OTHER, "")) != described:
        rest = found.get(words.OTHER, "")
        indented = "\n".join(f"    {line}" for line in described.splitlines())
        found[words.OTHER] = f"{words.DESCRIBED}\n{indented}\n{rest}".rstrip()
    return found


def _note(parent: Element, namespace: str, note: Mapping[str, str], version: str) -> None:
    element = SubElement(parent, f"{{{namespace}}}note")
    order = words.old(dict.fromkeys(words.NOTE, ""), version, is_note=True)
    _put(element, namespace, words.old(note, version, is_note=True), order)


def _put(element: Element, namespace: str, fields: Mapping[str, str], order: Mapping[str, str]) -> None:
    """PFIF's fields in its order, then those that it does not know."""
    names = [name for name in order if fields.get(name)]
    names += sorted(name for name in fields if name not in order and fields[name])
    for name in names:
        tag = name if name.startswith("{") else f"{{{namespace}}}{name}"
        SubElement(element, tag).text = fields[name]
