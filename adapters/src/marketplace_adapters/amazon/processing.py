"""Processing reports of feeds: which messages Amazon took, which it refused and why. Pure.

A report names only what it has something to say of. A message that it does not name was taken, if
the counts agree with that; where they do not, nobody knows, and the report says so as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from ..core import wire
from ..core.errors import InvalidError
from ..core.masking import Masker
from ..core.shape import as_object
from ..core.types import Issue, Severity
from .replies import errors_in, issue_of

MAX_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Report:
    """What a processing report says.

    :param messages: issues by messageId.
    :param whole: issues of the feed as a whole.
    :param taken: how many messages Amazon says it took, ``None`` when it does not say.
    :param refused: how many it says it refused.
    :param final: False while Amazon still works on it.
    :param orders: order ids by messageId, where the report names them.
    :param skus: SKUs by messageId, where the report names them.
    """

    messages: Mapping[int, tuple[Issue, ...]]
    whole: tuple[Issue, ...] = ()
    taken: int | None = None
    refused: int | None = None
    final: bool = True
    orders: Mapping[int, str] = field(default_factory=dict)
    skus: Mapping[int, str] = field(default_factory=dict)

    def failed(self, number: int) -> bool:
        """Whether the message is refused."""
        return bool(errors_in(self.messages.get(number, ()))) or self.void

    @property
    def void(self) -> bool:
        """Whether the feed as a whole is refused: it has an error and nothing was taken."""
        return bool(errors_in(self.whole)) and not self.taken

    def doubtful(self, count: int) -> bool:
        """Whether of ``count`` messages some are neither named nor counted as taken."""
        named = sum(1 for rows in self.messages.values() if errors_in(rows))
        if self.refused is not None and self.refused > named:
            return True
        return self.taken is not None and self.taken + named < count


def read_report(content: bytes, masker: Masker | None = None) -> Report:
    """A report in JSON or XML.

    :raise InvalidError: neither, or one of another shape.
    """
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise InvalidError("The processing report is empty.", code="bad_report")
    return _read_xml(content, masker) if start[:1] == b"<" else _read_json(content, masker)


# === JSON (schema listings-feed-processing-report-v2) === #


def _read_json(content: bytes, masker: Masker | None) -> Report:
    data = as_object(wire.loads(content), "processing report")
    rows = data.get("issues")
    summary = data.get("summary")
    if not isinstance(rows, list) and not isinstance(summary, Mapping):
        raise InvalidError("The processing report has another shape.", code="bad_report")
    messages: dict[int, list[Issue]] = {}
    skus: dict[int, str] = {}
    whole: list[Issue] = []
    for row in (rows if isinstance(rows, list) else [])[:MAX_ROWS]:
        if not isinstance(row, Mapping):
            continue
        number = _whole_number(row.get("messageId"))
        if number is None or number < 1:
            whole.append(issue_of(row, masker))
            continue
        messages.setdefault(number, []).append(issue_of(row, masker))
        if isinstance(row.get("sku"), str):
            skus[number] = row["sku"]
    counts = summary if isinstance(summary, Mapping) else {}
    return Report(
        {number: tuple(dict.fromkeys(found)) for number, found in messages.items()},
        tuple(dict.fromkeys(whole)),
        _whole_number(counts.get("messagesAccepted")),
        _whole_number(counts.get("messagesInvalid")),
        skus=skus,
    )


def _whole_number(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) < 10:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 10**9 else None


# === XML (ProcessingReport of release 4_1) === #


def _read_xml(content: bytes, masker: Masker | None) -> Report:
    root = _parsed(content)
    found = [element for element in root.iter() if _name(element) == "ProcessingReport"]
    if len(found) != 1:
        raise InvalidError("The processing report has another shape.", code="bad_report")
    report = found[0]
    status = _child(report, "StatusCode")
    messages: dict[int, list[Issue]] = {}
    orders: dict[int, str] = {}
    whole: list[Issue] = []
    for result in [one for one in report if _name(one) == "Result"][:MAX_ROWS]:
        number = _whole_number(_child(result, "MessageID"))
        issue = _issue(result, masker)
        if not number:
            whole.append(issue)
            continue
        messages.setdefault(number, []).append(issue)
        order = _inner(result, "AmazonOrderID")
        if order:
            orders[number] = order
    if status.lower() == "rejected" and not errors_in(whole):
        whole.append(Issue("rejected", "Amazon refuses the whole feed."))
    return Report(
        {number: tuple(dict.fromkeys(rows)) for number, rows in messages.items()},
        tuple(dict.fromkeys(whole)),
        _whole_number(_inner(report, "MessagesSuccessful")),
        _whole_number(_inner(report, "MessagesWithError")),
        status.lower() != "processing",
        orders,
    )


def _issue(result: ElementTree.Element, masker: Masker | None) -> Issue:
    severity = "warning" if _child(result, "ResultCode").lower() == "warning" else "error"
    row = {
        "code": _child(result, "ResultMessageCode"),
        "message": _child(result, "ResultDescription"),
        "severity": severity,
        "attributeName": _inner(result, "AmazonOrderItemCode") or None,
    }
    issue = issue_of(row, masker)
    assert issue.severity in (Severity.ERROR, Severity.WARNING)
    return issue


def _parsed(content: bytes) -> ElementTree.Element:
    # Reports have no document type; one with it could only blow up the parser.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise InvalidError("The processing report has a document type.", code="bad_report")
    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise InvalidError("The processing report is not XML.", code="bad_report") from None


def _name(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _child(element: ElementTree.Element, name: str) -> str:
    return next(((one.text or "").strip() for one in element if _name(one) == name), "")


def _inner(element: ElementTree.Element, name: str) -> str:
    return next(((one.text or "").strip() for one in element.iter() if _name(one) == name), "")
