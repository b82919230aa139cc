"""Every text of every shipped addon is there in every language, with nothing broken in it.

What is compared stands in the checkout: the translations with the exported template. That the
template holds all texts of the code is what ``tools/i18n --check`` sees, which needs Odoo.
"""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest

from suite import addons, translations

SHIPPED = [addon for addon in addons.find().values() if addon.is_shipped]
#: Terms that are the same in every language: codes, addresses, provider names.
LATIN = re.compile(
    r"(UTF-(8|16)|https://…|retailer_…|Cartona( %s)?|qty_available|virtual_available|#%s.*|%\(.*"
    r"|Amazon( Business| \(FBA\))?|ASIN|FBA( / FBM)?|Prime|Premium|SHIRT|Seller Central.*"
    r"|Develop Apps.*|A2…|Atzr\|…|amzn1\..*|eu-west-1|https://sqs\..*"
    r"|Shopify(: SKU)?|name\.myshopify\.com|weight)$",
    re.DOTALL,
)
ARABIC = re.compile(r"[\u0600-\u06ff]")


def _id(value: object) -> str:
    return getattr(value, "name", str(value))


@pytest.fixture(params=SHIPPED, ids=_id)
def addon(request: pytest.FixtureRequest) -> addons.Addon:
    found: addons.Addon = request.param
    return found


@pytest.fixture(params=list(translations.LANGUAGES))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def template(addon: addons.Addon) -> polib.POFile:
    return polib.pofile(str(addon.folder / "i18n" / f"{addon.name}.pot"))


@pytest.fixture
def translation(addon: addons.Addon, language: str) -> polib.POFile:
    return polib.pofile(str(addon.folder / "i18n" / f"{language}.po"))


def test_every_term_of_the_template_is_in_the_translation_and_no_other(
    template: polib.POFile, translation: polib.POFile
) -> None:
    wanted = [(entry.msgid, entry.occurrences) for entry in template]
    found = [(entry.msgid, entry.occurrences) for entry in translation]

    assert found == wanted
    assert len(wanted) > 100


def test_no_term_is_without_a_translation(translation: polib.POFile) -> None:
    assert translations.untranslated(translation) == []


def test_placeholders_and_tags_are_kept(translation: polib.POFile) -> None:
    assert list(translations.mistakes(translation)) == []


def test_spaces_and_line_breaks_at_the_edges_are_kept(translation: polib.POFile) -> None:
    """Such a term is put together with something else."""
    wrong = [
        entry.msgid
        for entry in translation
        for end in (0, -1)
        if entry.msgid[end].isspace() != entry.msgstr[end].isspace()
    ]
    assert wrong == []


def test_an_arabic_text_is_arabic(addon: addons.Addon) -> None:
    arabic = polib.pofile(str(addon.folder / "i18n" / "ar.po"))
    english = [
        entry.msgid
        for entry in arabic
        if not ARABIC.search(entry.msgstr) and not LATIN.match(entry.msgid)
    ]
    assert english == []


def test_the_words_are_those_of_the_glossary(checkout: Path) -> None:
    """One word per thing: the terms that are nothing but a word of the table."""
    text = (checkout / "docs" / "translation.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ]+) \| ([^|,،/]+?)(?:،[^|]*)? \|", text, re.MULTILINE)
    words = {english: arabic for english, arabic in rows if english != "note"}
    said = {
        entry.msgid.lower(): entry.msgstr
        for addon in SHIPPED
        for entry in polib.pofile(str(addon.folder / "i18n" / "ar.po"))
    }
    both = words.keys() & said.keys()

    assert {word: said[word] for word in both} == {word: words[word] for word in both}
    assert {"account", "listing", "outbox", "inbox", "submission", "webhook", "retry"} <= both


# --- the check itself --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "good", "bad"),
    [
        ("%(a)s of %(b)s", "%(b)s: %(a)s", "%(b)s: %(c)s"),
        ("%s rows", "الصفوف: %s", "الصفوف"),
        ("%s %% offered", "%s %% معروض", "%s % معروض"),
        ("95 % of it", "95 % منه", "95 منه"),
        ("{name} is here", "{name} هنا", "{اسم} هنا"),
        ("<b>New</b>", "<b>جديد</b>", "<b>جديد<b>"),
        ('<i class="x" title="Off"/>', '<i class="x" title="متوقف"/>', '<i title="متوقف"/>'),
    ],
)
def test_a_damaged_placeholder_or_tag_is_seen(term: str, good: str, bad: str) -> None:
    def mistakes(text: str) -> int:
        po = polib.POFile()
        po.append(polib.POEntry(msgid=term, msgstr=text))
        return len(list(translations.mistakes(po)))

    assert (mistakes(good), mistakes(bad)) == (0, 1)


def test_an_update_keeps_what_is_translated_adds_what_is_new_and_drops_what_is_gone() -> None:
    pot, po = polib.POFile(), polib.POFile()
    pot.extend([polib.POEntry(msgid="kept"), polib.POEntry(msgid="new")])
    po.extend(
        [polib.POEntry(msgid="gone", msgstr="ذهب"), polib.POEntry(msgid="kept", msgstr="بقي")]
    )

    result = translations.updated(pot, po, "ar")

    assert [(entry.msgid, entry.msgstr) for entry in result] == [("kept", "بقي"), ("new", "")]
    assert translations.untranslated(result) == ["new"]
