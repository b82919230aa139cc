"""Reading the XML envelope of order feeds strictly, and writing the XML processing report.

The members of each message are a sequence: one that is unknown, misplaced, missing or there too
often is an error of the message. Namespaces and attributes other than `currency` are ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from .feed_result import Result

ORDER_ID = re.compile(r"\w{3}-\w{7}-\w{7}", re.ASCII)
ITEM_CODE = re.compile(r"\d{14}", re.ASCII)


class Malformed(ValueError):  # noqa: N818 - reads as a verdict on a message
    """A message or the envelope is not as the schema wants it."""


@dataclass(frozen=True)
class Member:
    """One place of a sequence: one of `names` (a choice), 0 or 1 times, `least` 1, or `many`."""

    names: tuple[str, ...]
    least: int = 0
    many: bool = False


def one(*names: str) -> Member:
    return Member(names, 1)


def maybe(*names: str) -> Member:
    return Member(names)


def many(name: str, least: int = 0) -> Member:
    return Member((name,), least, True)


def name_of(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def text_of(element: ET.Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def walk(element: ET.Element, members: tuple[Member, ...]) -> dict[str, list[ET.Element]]:
    """The children by name, in the order of the sequence. :raises Malformed: they are not in it."""
    found: dict[str, list[ET.Element]] = {}
    children = list(element)
    place = 0
    for member in members:
        count = 0
        while place < len(children) and name_of(children[place]) in member.names:
            if count and not member.many:
                break
            found.setdefault(name_of(children[place]), []).append(children[place])
            place += 1
            count += 1
        if count < member.least:
            wanted = " or ".join(member.names)
            raise Malformed(f"{name_of(element)}: {wanted} is missing or not in its place.")
    if place < len(children):
        raise Malformed(
            f"{name_of(element)}: {name_of(children[place])} is unknown or not in its place."
        )
    return found


def first(found: dict[str, list[ET.Element]], name: str) -> str:
    """The text of the first child with this name, or empty."""
    return text_of(found[name][0]) if name in found else ""


@dataclass
class Envelope:
    """Messages by place: (MessageID, element or None, complaint)."""

    messages: list[tuple[int, ET.Element | None, str]] = field(default_factory=list)


HEADER = (one("DocumentVersion"), one("MerchantIdentifier"), maybe("OverrideReleaseId"))
ENVELOPE = (one("Header"), one("MessageType"), many("Message", 1))


def read_envelope(content: bytes, kind: str, seller: str) -> Envelope:
    """:raises Malformed: the whole feed cannot be read."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Malformed("A document type declaration is not accepted.")
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        raise Malformed(f"XML parsing fatal error: {error}") from None
    if name_of(root) != "AmazonEnvelope":
        raise Malformed("The root must be AmazonEnvelope.")
    parts = walk(root, ENVELOPE)
    head = walk(parts["Header"][0], HEADER)
    if first(head, "DocumentVersion") != "1.01":
        raise Malformed("DocumentVersion must be 1.01.")
    if first(head, "MerchantIdentifier") != seller:
        raise Malformed("MerchantIdentifier is not the seller of this feed.")
    if text_of(parts["MessageType"][0]) != kind:
        raise Malformed(f"MessageType must be {kind}.")
    envelope, seen = Envelope(), set()
    for message in parts["Message"]:
        number, element, complaint = 0, None, ""
        try:
            inner = walk(message, (one("MessageID"), maybe("OperationType"), one(kind)))
            number = _number(first(inner, "MessageID"))
            if number in seen:
                raise Malformed(f"MessageID {number} is used more than once.")
            seen.add(number)
            if first(inner, "OperationType") not in ("", "Update", "Delete", "PartialUpdate"):
                raise Malformed("OperationType is not valid.")
            element = inner[kind][0]
        except Malformed as error:
            complaint = str(error)
        envelope.messages.append((number, element, complaint))
    return envelope


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) < 2**63:
        raise Malformed("MessageID must be a positive whole number.")
    return int(text)


@dataclass
class Report:
    """Collects the Result rows; a message without one succeeded."""

    feed_id: str
    seller: str
    rows: list[tuple[int, str, str, dict[str, str]]] = field(default_factory=list)
    messages: int = 0

    def error(self, number: int, code: str, text: str, **more: str) -> None:
        """`more`: members of AdditionalInfo (AmazonOrderID, AmazonOrderItemCode, SKU)."""
        self.rows.append((number, code, text, more))

    def result(self, rejected: bool = False) -> Result:
        failed = len({row[0] for row in self.rows})
        done = 0 if rejected else self.messages - failed
        bodies = [self._row(*row) for row in self.rows]
        content = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">'
            "<Header><DocumentVersion>1.02</DocumentVersion>"
            f"<MerchantIdentifier>{self.seller}</MerchantIdentifier></Header>"
            "<MessageType>ProcessingReport</MessageType><Message><MessageID>1</MessageID>"
            f"<ProcessingReport><DocumentTransactionID>{self.feed_id}</DocumentTransactionID>"
            f"<StatusCode>{'Rejected' if rejected else 'Complete'}</StatusCode>"
            f"<ProcessingSummary><MessagesProcessed>{self.messages}</MessagesProcessed>"
            f"<MessagesSuccessful>{done}</MessagesSuccessful>"
            f"<MessagesWithError>{failed}</MessagesWithError>"
            "<MessagesWithWarning>0</MessagesWithWarning></ProcessingSummary>"
            f"{''.join(bodies)}</ProcessingReport></Message></AmazonEnvelope>"
        )
        kind = "text/xml; charset=UTF-8"
        return Result(content.encode(), kind, self.messages, failed, rejected)

    @staticmethod
    def _row(number: int, code: str, text: str, more: dict[str, Any]) -> str:
        inner = "".join(
            f"<{name}>{escape(more[name])}</{name}>"
            for name in ("SKU", "AmazonOrderID", "AmazonOrderItemCode")
            if more.get(name)
        )
        info = f"<AdditionalInfo>{inner}</AdditionalInfo>" if inner else ""
        return (
            f"<Result><MessageID>{number}</MessageID><ResultCode>Error</ResultCode>"
            f"<ResultMessageCode>{code}</ResultMessageCode>"
            f"<ResultDescription>{escape(text)}</ResultDescription>{info}</Result>"
        )
