"""The language of a page: what templates and the console's own sentences are said in.

English is what the code says; another language is a catalogue. Nothing that people wrote passes here.
"""

from __future__ import annotations


def gettext(words: str) -> str:
    """A sentence of the console in the language of the page that is being made."""
    return words


def ngettext(one: str, many: str, number: int) -> str:
    """The same for a sentence that counts; `{number}` or `%(num)d` stands in it."""
    return one if number == 1 else many
