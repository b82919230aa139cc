"""JSON_LISTINGS_FEED v2: messages UPDATE, PARTIAL_UPDATE, PATCH and DELETE, and its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..faults import Plan
from ..wire import ApiError, parse_json, to_json
from .feed_result import Result
from .listings import Outcome, Submission
from .marketplaces import MARKETPLACES
from .model import Feed

if TYPE_CHECKING:
    from .room import AmazonRoom

MOST_MESSAGES = 25_000
DATA = (
    "summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement",
    "relationships", "productTypes",
)  # fmt: skip
#: operation → (members that it needs, members that it must not have)
FORMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "UPDATE": (("productType", "attributes"), ("patches",)),
    "PARTIAL_UPDATE": (("productType", "attributes"), ("requirements", "patches")),
    "PATCH": (("productType", "patches"), ("requirements", "attributes")),
    "DELETE": ((), ("requirements", "attributes", "productType", "patches")),
}
Issue = dict[str, Any]


class ListingsFeed:
    """Processes one feed at a time."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room

    def process(self, feed: Feed, content: bytes, plan: Plan) -> Result:
        try:
            data = parse_json(content)
        except ApiError as error:
            return self._fatal(feed, f"The feed is not valid JSON: {error.details}")
        problem = self._head_problem(data)
        if problem:
            return self._fatal(feed, problem)
        messages = data["messages"]
        issues: list[Issue] = []
        seen: set[int] = set()
        invalid = 0
        done: list[str] = []
        for index, message in enumerate(messages):
            found, accepted = self._message(feed, index, message, plan, seen)
            issues += found
            invalid += not accepted
            if accepted and isinstance(message, dict):
                done.append(str(message["sku"]))
        included = self._included(data["header"])
        return self._report(feed, len(messages), invalid, issues, included, done)

    def _head_problem(self, data: Any) -> str:
        header = data.get("header") if isinstance(data, dict) else None
        if not isinstance(header, dict) or not isinstance(data.get("messages"), list):
            return "The feed needs 'header' and 'messages'."
        if header.get("sellerId") != self._room.seller_id:
            return "The 'sellerId' of the header is not the seller of this feed."
        if header.get("version") != "2.0":
            return "The 'version' of the header must be 2.0."
        if not data["messages"]:
            return "The feed has no messages."
        if len(data["messages"]) > MOST_MESSAGES:
            return f"The feed has more than {MOST_MESSAGES} messages."
        report = header.get("report")
        if report is not None:
            wanted = report.get("includedData") if isinstance(report, dict) else None
            if not isinstance(wanted, list) or not wanted or not set(wanted) <= set(DATA):
                return "The 'report' of the header is not valid."
        return ""

    @staticmethod
    def _included(header: dict[str, Any]) -> list[str]:
        report = header.get("report")
        return list(report["includedData"]) if report else []

    # === MESSAGES === #

    def _message(
        self, feed: Feed, index: int, message: Any, plan: Plan, seen: set[int]
    ) -> tuple[list[Issue], bool]:
        """(issues, accepted) of one message."""
        if not isinstance(message, dict):
            return [_issue({}, "4000000", "A message must be an object.")], False
        number = message.get("messageId")
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            text = "'messageId' must be a whole number of at least 1."
            return [_issue({**message, "messageId": None}, "4000000", text)], False
        if number in seen:
            text = f"The messageId {number} is used more than once."
            return [_issue(message, "4000000", text)], False
        seen.add(number)
        problem = _form_problem(message)
        if problem:
            return [_issue(message, "4000000", problem)], False
        fault = plan.row_fault(index, message)
        if fault is not None:
            return [_issue(message, "5000000", fault)], False
        outcome = self._submit(feed, message)
        if outcome is None:
            return [], True
        issues = [
            _issue(message, each["code"], each["message"], each["severity"], names)
            for each in outcome.issues
            for names in (each.get("attributeNames") or [""])
        ]
        return issues, outcome.status == "ACCEPTED"

    def _submit(self, feed: Feed, message: dict[str, Any]) -> Outcome | None:
        kind, listings = message["operationType"], self._room.listings
        submission = Submission(
            message["sku"],
            _markets(feed, message),
            str(message.get("productType") or ""),
            str(message.get("requirements") or "LISTING"),
            origin=f"feed {feed.id}",
        )
        if kind == "DELETE":
            listings.delete(submission)  # of what is not there: nothing to do
            return None
        if kind == "PATCH":
            return listings.patch(submission, message["patches"])
        if kind == "PARTIAL_UPDATE":
            return listings.partial(submission, message["attributes"])
        return listings.put(submission, message["attributes"])

    # === THE REPORT === #

    def _fatal(self, feed: Feed, text: str) -> Result:
        problem = {"code": "4000000", "severity": "ERROR", "message": text}
        result = self._report(feed, 0, 0, [problem], [], [])
        result.fatal = True
        return result

    def _report(
        self,
        feed: Feed,
        messages: int,
        invalid: int,
        issues: list[Issue],
        included: list[str],
        done: list[str],
    ) -> Result:
        errors = sum(each["severity"] == "ERROR" for each in issues)
        warnings = sum(each["severity"] == "WARNING" for each in issues)
        header: dict[str, Any] = {
            "sellerId": self._room.seller_id,
            "version": "2.0",
            "feedId": feed.id,
        }
        report: dict[str, Any] = {
            "header": header,
            "issues": issues,
            "summary": {
                "errors": errors,
                "warnings": warnings,
                "messagesProcessed": messages,
                "messagesAccepted": messages - invalid,
                "messagesInvalid": invalid,
            },
        }
        if included:
            header["report"] = {"includedData": included, "apiVersion": "2021-08-01"}
            listings = [self._room.listings.get(sku) for sku in dict.fromkeys(done)]
            there = [each for each in listings if each is not None]
            severities = [issue["severity"] for each in there for issue in each.issues]
            report["items"] = [
                self._room.listings_api.item(each, feed.marketplaces, included) for each in there
            ]
            report["summary"]["itemSummary"] = {
                "items": len(there),
                "errors": severities.count("ERROR"),
                "warnings": severities.count("WARNING"),
            }
        return Result(to_json(report), "application/json; charset=UTF-8", messages, invalid)


def _markets(feed: Feed, message: dict[str, Any]) -> list[str]:
    """The marketplaces that a message speaks of: those it names, else all of the feed."""
    values: list[Any] = []
    attributes = message.get("attributes")
    if isinstance(attributes, dict):
        values += [entry for entries in attributes.values() for entry in _rows(entries)]
    for patch in _rows(message.get("patches")):
        values += _rows(patch.get("value"))
    named = {entry.get("marketplace_id") for entry in values} & set(MARKETPLACES)
    return [each for each in feed.marketplaces if each in named] or list(feed.marketplaces)


def _rows(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _form_problem(message: dict[str, Any]) -> str:
    kind, sku = message.get("operationType"), message.get("sku")
    if not isinstance(sku, str) or not 1 <= len(sku) <= 40:
        return "'sku' must be a text of 1 to 40 characters."
    if kind not in FORMS:
        return f"The operationType '{str(kind)[:40]}' is not valid."
    needed, refused = FORMS[kind]
    for name in needed:
        if not message.get(name):
            return f"'{name}' is required for the operationType {kind}."
    for name in refused:
        if name in message:
            return f"'{name}' is not applicable to the operationType {kind}."
    if message.get("requirements", "LISTING") not in (
        "LISTING", "LISTING_PRODUCT_ONLY", "LISTING_OFFER_ONLY",
    ):  # fmt: skip
        return "The value of 'requirements' is not valid."
    return ""


def _issue(
    message: dict[str, Any], code: str, text: str, severity: str = "ERROR", name: str = ""
) -> Issue:
    found: Issue = {}
    if message.get("messageId") is not None:
        found["messageId"] = message["messageId"]
    if isinstance(message.get("sku"), str) and message["sku"]:
        found["sku"] = message["sku"]
    found.update(code=code, severity=severity, message=text)
    if name:
        found["attributeName"] = name
    return found
