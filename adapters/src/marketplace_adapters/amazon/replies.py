"""What Amazon says of changes, in neutral results. Pure.

A call or message carries all kinds of a listing and is taken or refused as a whole. Of a refused
one, the kinds whose attributes Amazon names are at fault; the others are told again without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.errors import AdapterError, InvalidError
from ..core.masking import Masker, cap
from ..core.shape import as_list, as_object, as_text
from ..core.types import Issue, ItemResult, Kind, Outcome, Severity
from .payloads import IMAGES, OVERRIDE, RELATION

MAX_MESSAGE = 1000
MAX_ISSUES = 100
ACCEPTED = frozenset({"ACCEPTED", "VALID"})

_KINDS: dict[str, Kind] = {
    "purchasable_offer": Kind.PRICE,
    "list_price": Kind.PRICE,
    "fulfillment_availability": Kind.INVENTORY,
    OVERRIDE: Kind.OVERRIDE,
    **dict.fromkeys(IMAGES, Kind.IMAGE),
    **dict.fromkeys(RELATION, Kind.RELATIONSHIP),
}

NO_ACCESSORIES = Issue(
    "accessories_not_told",
    "Amazon has no attribute for accessories; only the variation family was told.",
    Severity.INFO,
)


def kind_of(attribute: str) -> Kind:
    """The kind that sets an attribute: ``purchasable_offer.our_price`` belongs to the price."""
    return _KINDS.get(attribute.split(".")[0].split("#")[0].strip(), Kind.PRODUCT)


# === ISSUES === #


def issues_of(rows: Any, masker: Masker | None = None) -> tuple[Issue, ...]:
    """Issues of an item, a submission or a report; rows that cannot be read are left out."""
    found: list[Issue] = []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and len(found) < MAX_ISSUES:
            found.append(issue_of(row, masker))
    return tuple(dict.fromkeys(found))


def issue_of(row: Mapping[str, Any], masker: Masker | None = None) -> Issue:
    """One issue: code, text, severity and attributes, in the spelling of calls or of reports."""
    names = row.get("attributeNames")
    names = names if isinstance(names, list) else [row.get("attributeName")]
    message = cap(_text(row.get("message"), masker), MAX_MESSAGE)
    return Issue(
        code=_text(row.get("code"), masker)[:100] or "unknown",
        message=message or "Amazon gives no reason.",
        severity=severity_of(row.get("severity")),
        attributes=tuple(name for one in names if (name := _text(one, masker)[:200])),
    )


def severity_of(word: Any) -> Severity:
    """An unknown word counts as an error: nothing may look better than it is."""
    try:
        return Severity(str(word).lower())
    except ValueError:
        return Severity.ERROR


def errors_in(issues: Iterable[Issue]) -> list[Issue]:
    """Those that keep a change from being made."""
    return [one for one in issues if one.severity is Severity.ERROR]


# === RESULTS === #


def submission(
    reply: Any, refs: Sequence[tuple[str, Kind]], sku: str, masker: Masker
) -> list[ItemResult]:
    """Results of a put, patch or delete from its ListingsItemSubmissionResponse.

    :raise InvalidError: an answer of another shape.
    """
    data = as_object(reply, "answer")
    status = as_text(data.get("status"), "status").upper()
    if not status:
        raise InvalidError("The answer has no status.", code="bad_shape")
    issues = issues_of(as_list(data.get("issues"), "issues"), masker)
    if status in ACCEPTED:
        return accepted(refs, issues, learned(sku, data.get("identifiers")))
    return refused(refs, issues)


def accepted(
    refs: Sequence[tuple[str, Kind]], issues: tuple[Issue, ...], told: Mapping[str, str]
) -> list[ItemResult]:
    """Every item was taken; warnings go to the kinds that they concern."""
    return [
        ItemResult(
            ref,
            Outcome.SUCCESS,
            learned=told if kind is not Kind.DELETE else {},
            issues=_own(issues, kind, refs) or (() if kind is Kind.PRODUCT else None),
        )
        for ref, kind in refs
    ]


def refused(refs: Sequence[tuple[str, Kind]], issues: tuple[Issue, ...]) -> list[ItemResult]:
    """Nothing was taken: errors for the kinds at fault, another try for the rest."""
    errors = errors_in(issues)
    present = {kind for _ref, kind in refs}
    at_fault = {kind_of(name) for one in errors for name in one.attributes} & present
    if not at_fault or any(not one.attributes for one in errors):
        at_fault = present
    results = []
    for ref, kind in refs:
        if kind not in at_fault:
            text = "Sent together with something that Amazon refused; it is sent again without."
            results.append(ItemResult(ref, Outcome.RETRY, "with_others", text))
            continue
        own = _own(issues, kind, refs) or issues
        first = (errors_in(own) or list(own) or [Issue("refused", "Amazon refused it.")])[0]
        results.append(
            ItemResult(ref, Outcome.ERROR, first.code, first.message, issues=own or (first,))
        )
    return results


def learned(sku: str, identifiers: Any, home: str = "") -> dict[str, str]:
    """What an acceptance teaches: the SKU is the listing's id, and the ASIN if there is one.

    :param home: the marketplace whose ASIN is wanted; else the first.
    """
    rows = identifiers if isinstance(identifiers, list) else []
    asins = [
        (row.get("marketplaceId"), row["asin"])
        for row in rows
        if isinstance(row, Mapping) and isinstance(row.get("asin"), str) and row["asin"]
    ]
    asins.sort(key=lambda pair: pair[0] != home)
    return {"external_id": sku} | ({"asin": asins[0][1]} if asins else {})


def failure(ref: str, error: AdapterError) -> ItemResult:
    """A call that was refused because of this very item."""
    return ItemResult(ref, Outcome.ERROR, error.code or "refused", error.message)


def _own(
    issues: tuple[Issue, ...], kind: Kind, refs: Sequence[tuple[str, Kind]]
) -> tuple[Issue, ...]:
    """The issues of one kind; what names no attribute, or one of no kind here, is the first's."""
    present = {other for _ref, other in refs}
    first = refs[0][1] if refs else kind

    def belongs(one: Issue) -> bool:
        kinds = {kind_of(name) for name in one.attributes} & present
        return kind in kinds if kinds else kind is first

    return tuple(one for one in issues if belongs(one))


def _text(value: Any, masker: Masker | None) -> str:
    try:
        text = as_text(value, "text")
    except InvalidError:
        return ""
    return masker.text(text) if masker else text
