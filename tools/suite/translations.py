"""Templates (.pot) and translations (.po) of the addons: normal form, update, mistakes.

Needs polib, which Odoo brings along: only for the interpreter of the private environment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polib

#: Languages that every shipped addon is translated into, with the plural rule of their headers.
LANGUAGES = {
    "ar": (
        "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3"
        " : n%100>=11 && n%100<=99 ? 4 : 5;"
    )
}
#: Attributes whose values are text, and may therefore differ between a term and its translation.
_TEXT_ATTRIBUTES = "alt|title|label|placeholder|aria-label|data-tooltip"
_PRINTF = re.compile(r"%\(\w+\)[sdrf]|%[sdrf%]|%(?=\s|$)")
_BRACES = re.compile(r"\{[^{}]*\}")
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_TEXT_VALUE = re.compile(rf'\b({_TEXT_ATTRIBUTES})="[^"]*"')


def template(exported: Path) -> polib.POFile:
    """An export of Odoo without what differs from one day and one machine to the next."""
    source = polib.pofile(str(exported))
    return _file([_entry(entry, "") for entry in source], source.header, {})


def read(path: Path) -> polib.POFile | None:
    """A file of translations, or None when there is none."""
    return polib.pofile(str(path)) if path.exists() else None


def updated(pot: polib.POFile, po: polib.POFile | None, language: str) -> polib.POFile:
    """The translation ``po`` with exactly the terms of ``pot``: new ones are empty."""
    known = {entry.msgid: entry.msgstr for entry in po or () if not entry.obsolete}
    entries = [_entry(entry, known.get(entry.msgid, "")) for entry in pot]
    more = {"Language": language, "Plural-Forms": LANGUAGES[language]}
    return _file(entries, pot.header, more)


def untranslated(po: polib.POFile) -> list[str]:
    """Terms without a translation, or with one that a person has to look at."""
    return [entry.msgid for entry in po if not entry.translated()]


def mistakes(po: polib.POFile) -> Iterator[str]:
    """One line for each translation with other placeholders or tags than its term."""
    for entry in po:
        if not entry.msgstr:
            continue
        wanted, found = parts(entry.msgid), parts(entry.msgstr)
        if wanted != found:
            lost = ", ".join((wanted - found).elements())
            extra = ", ".join((found - wanted).elements())
            yield f"{entry.msgid!r}: lost {lost or 'nothing'}, added {extra or 'nothing'}"


def parts(text: str) -> Counter[str]:
    """What a translation has to repeat: placeholders, expressions in braces and tags.

    A tag counts with its attributes, apart from the values that people read. A single ``%``
    counts as well, because it breaks a string that has placeholders beside it.
    """
    tags = [_TEXT_VALUE.sub(r"\1", tag) for tag in _TAG.findall(text)]
    text = _TAG.sub(" ", text)
    return Counter([*tags, *_PRINTF.findall(text), *_BRACES.findall(text)])


def text_of(po: polib.POFile) -> str:
    return f"{po}\n" if not str(po).endswith("\n") else str(po)


def _entry(entry: polib.POEntry, translation: str) -> polib.POEntry:
    return polib.POEntry(
        msgid=entry.msgid,
        msgstr=translation,
        comment=entry.comment,
        occurrences=sorted(set(entry.occurrences)),
    )


def _file(entries: list[polib.POEntry], header: str, more: dict[str, str]) -> polib.POFile:
    file = polib.POFile()
    file.header = header.strip()
    file.metadata = {
        "Project-Id-Version": "Odoo Server 19.0",
        "Report-Msgid-Bugs-To": "",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        **more,
    }
    file.extend(entries)
    return file
