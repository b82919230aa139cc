"""Feeds: split by count and bytes, and every item of them gets its outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_adapters.amazon.feeds import UNKNOWN, Frame, Part, drafts, report_results
from marketplace_adapters.amazon.processing import Report, read_report
from marketplace_adapters.amazon.replies import (
    accepted,
    issue_of,
    issues_of,
    kind_of,
    refused,
    submission,
)
from marketplace_adapters.amazon.tickets import MAX_TICKET, Refs, Sent, Ticket, pack, read_ticket
from marketplace_adapters.core import InvalidError, Issue, Kind, Masker, Outcome, Severity
from marketplace_adapters.testing import covers

FRAME = Frame("JSON_LISTINGS_FEED", b'{"messages":[', b",", b"]}")


def part(ref: str, size: int = 20, kind: Kind = Kind.PRICE) -> Part:
    def write(number: int) -> bytes:
        return b'{"messageId":%d,"x":"%s"}' % (number, b"x" * size)

    return Part(((ref, kind),), write)


# === SPLITTING === #


@pytest.mark.large
@covers("R23")
def test_25001_messages_are_two_feeds_numbered_from_one() -> None:
    first, second = drafts([part(str(n)) for n in range(25_001)], FRAME)
    assert (len(first.groups), len(second.groups)) == (25_000, 1)
    for draft in (first, second):
        numbers = [one["messageId"] for one in json.loads(draft.content)["messages"]]
        assert numbers == list(range(1, len(draft.groups) + 1))
    assert second.groups == ((("25000", Kind.PRICE),),)


def test_a_feed_stays_below_its_largest_size() -> None:
    parts = [part(str(n), size=100) for n in range(50)]
    found = list(drafts(parts, FRAME, size=1000))
    assert all(len(draft.content) <= 1000 for draft in found)
    assert [ref for draft in found for ((ref, _kind),) in draft.groups] == [
        str(n) for n in range(50)
    ]
    assert all(json.loads(draft.content)["messages"] for draft in found)


def test_nothing_makes_no_feed() -> None:
    assert list(drafts([], FRAME)) == []


# === TICKETS === #

KINDS = st.sampled_from(list(Kind))
REFS = st.one_of(
    st.integers(0, 10**12).map(str),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.integers(0, 99).map("r{}".format),
)
GROUPS = st.lists(st.lists(st.tuples(REFS, KINDS), min_size=1, max_size=4).map(tuple), max_size=30)


@pytest.mark.large
@given(GROUPS)
def test_a_ticket_says_again_what_was_written(groups: list[Refs]) -> None:
    skus = tuple(f"é {n}" if n % 2 else "" for n in range(len(groups)))
    sent = (Sent("700001", tuple(groups), skus), Sent("700002", ()))
    ticket = Ticket("JSON_LISTINGS_FEED", sent)
    text = ticket.text()
    assert read_ticket(text) == ticket
    assert '"700001"' in text, "a feed's id must be found in it"
    text.encode("ascii")


@pytest.mark.large
def test_a_burst_takes_next_to_nothing() -> None:
    groups = [((str(n), Kind.PRICE),) for n in range(1_000_000, 1_025_000)]
    assert len(pack(groups)) < 300
    mixed = [((str(n), Kind.PRICE), (str(n + 1), Kind.INVENTORY)) for n in range(0, 20_000, 2)]
    assert len(pack(mixed)) < MAX_TICKET


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", "x" * 50, '{"type":"T","feeds":[["1","!!"]]}',
             '{"type":"T","feeds":[["1","eJwDAAAA"]]}', '{"type":"T","feeds":[[1]]}', "[" * 9999]
)  # fmt: skip
def test_another_text_is_no_ticket(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        read_ticket(text)
    assert caught.value.code == "bad_ticket"


# === REPORTS === #

GROUP: tuple[Refs, ...] = (
    (("1", Kind.PRICE),),
    (("2", Kind.PRICE), ("3", Kind.INVENTORY)),
    (("4", Kind.PRODUCT),),
)


def outcomes(report: Report, groups: tuple[Refs, ...] = GROUP, **more: Any) -> dict[str, Outcome]:
    return {result.ref: result.outcome for result in report_results(report, groups, **more)}


def json_report(issues: list[dict[str, Any]], accepted: int, invalid: int) -> Report:
    summary = {"messagesProcessed": 3, "messagesAccepted": accepted, "messagesInvalid": invalid}
    return read_report(json.dumps({"header": {}, "issues": issues, "summary": summary}).encode())


def row(number: int | None, severity: str = "ERROR", name: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"code": "90220", "severity": severity, "message": "wrong"}
    if number is not None:
        found["messageId"] = number
    return found | ({"attributeName": name} if name else {})


@covers("R68", "R69", "R70", "R84")
def test_each_message_gets_its_own_outcome_and_warnings_are_kept() -> None:
    report = json_report([row(1), row(3, "WARNING", "item_name")], 2, 1)
    results = {result.ref: result for result in report_results(report, GROUP)}
    assert [(ref, one.outcome) for ref, one in sorted(results.items())] == [
        ("1", Outcome.ERROR),
        ("2", Outcome.SUCCESS),
        ("3", Outcome.SUCCESS),
        ("4", Outcome.SUCCESS),
    ]
    assert (results["1"].code, results["1"].message) == ("90220", "wrong")
    assert results["4"].issues == (Issue("90220", "wrong", Severity.WARNING, ("item_name",)),)


def test_of_a_refused_message_only_the_kind_at_fault_is_buried() -> None:
    report = json_report([row(2, name="fulfillment_availability#1.quantity")], 2, 1)
    assert outcomes(report) == {
        "1": Outcome.SUCCESS,
        "2": Outcome.RETRY,
        "3": Outcome.ERROR,
        "4": Outcome.SUCCESS,
    }


def test_an_issue_of_the_whole_feed_refuses_everything() -> None:
    report = json_report([row(None)], 0, 3)
    assert set(outcomes(report).values()) == {Outcome.ERROR}
    # … but not when Amazon says that it took the messages.
    taken = json_report([row(None)], 3, 0)
    assert set(outcomes(taken).values()) == {Outcome.SUCCESS}


def test_what_a_report_does_not_account_for_is_told_again() -> None:
    report = json_report([row(1)], 1, 1)
    assert outcomes(report) == {
        "1": Outcome.ERROR,
        "2": Outcome.RETRY,
        "3": Outcome.RETRY,
        "4": Outcome.RETRY,
    }
    unnamed = json_report([row(1)], 1, 2)
    assert outcomes(unnamed)["4"] is Outcome.RETRY


def test_a_feed_that_was_given_up_leaves_what_it_does_not_name_open() -> None:
    report = json_report([row(1)], 2, 1)
    assert outcomes(report, fatal=True)["4"] is Outcome.RETRY
    money: tuple[Refs, ...] = (
        (("9", Kind.REFUND),),
        (("10", Kind.REFUND),),
        (("11", Kind.REFUND),),
    )
    results = {result.ref: result for result in report_results(report, money, fatal=True)}
    assert (results["10"].outcome, results["10"].code) == (Outcome.ERROR, UNKNOWN)


def test_a_message_id_twice_or_of_no_message_breaks_nothing() -> None:
    report = json_report([row(1), row(1), row(1, name="item_name"), row(77)], 2, 1)
    assert len(report.messages[1]) == 2
    assert outcomes(report)["1"] is Outcome.ERROR


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"null",
        b"[]",
        b"{}",
        b'{"issues": "none"}',
        b"not a report",
        b"<html><body>504</body></html>",
        b"<AmazonEnvelope>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><AmazonEnvelope><ProcessingReport/></AmazonEnvelope>',
        b"\xff\xfe\x00",
        b"[" * 10_000,
    ],
)
def test_a_report_that_cannot_be_read_says_so(content: bytes) -> None:
    with pytest.raises(InvalidError):
        read_report(content)


@pytest.mark.parametrize("value", [None, [], {}, "x", True, 1.5, -1, 10**30, "9" * 99])
def test_members_of_the_wrong_type_are_left_out(value: Any) -> None:
    body = {"issues": [value, {"messageId": value, "code": value, "message": value,
                               "severity": value, "attributeName": value, "sku": value}],
            "summary": {"messagesAccepted": value, "messagesInvalid": value}}  # fmt: skip
    report = read_report(json.dumps(body).encode())
    assert all(isinstance(one.message, str) for one in (*report.whole,))
    report_results(report, GROUP)


# === XML === #


def xml_report(rows: str, *, ok: int, bad: int, status: str = "Complete", head: str = "") -> Report:
    text = (
        f'{head}<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Message>'
        f"<MessageID>1</MessageID><ProcessingReport><StatusCode>{status}</StatusCode>"
        f"<ProcessingSummary><MessagesProcessed>{ok + bad}</MessagesProcessed>"
        f"<MessagesSuccessful>{ok}</MessagesSuccessful><MessagesWithError>{bad}</MessagesWithError>"
        f"<MessagesWithWarning>0</MessagesWithWarning></ProcessingSummary>{rows}"
        "</ProcessingReport></Message></AmazonEnvelope>"
    )
    return read_report(text.encode("latin-1"))


def result(number: int, word: str = "Error", text: str = "No") -> str:
    return (
        f"<Result><MessageID>{number}</MessageID><ResultCode>{word}</ResultCode>"
        f"<ResultMessageCode>18028</ResultMessageCode><ResultDescription>{text}</ResultDescription>"
        "<AdditionalInfo><AmazonOrderID>302-1234567-1234567</AmazonOrderID>"
        "<AmazonOrderItemCode>12345678901234</AmazonOrderItemCode></AdditionalInfo></Result>"
    )


def test_rows_stand_for_errors_and_warnings_and_silence_for_success() -> None:
    report = xml_report(result(1) + result(3, "Warning", "  late  "), ok=2, bad=1)
    assert report.messages[1] == (Issue("18028", "No", Severity.ERROR, ("12345678901234",)),)
    assert report.messages[3][0].severity is Severity.WARNING
    assert report.orders == {1: "302-1234567-1234567", 3: "302-1234567-1234567"}
    refunds: tuple[Refs, ...] = tuple(((str(n), Kind.REFUND),) for n in (1, 2, 3))
    assert outcomes(report, refunds) == {
        "1": Outcome.ERROR,
        "2": Outcome.SUCCESS,
        "3": Outcome.SUCCESS,
    }


def test_message_zero_is_the_whole_feed() -> None:
    report = xml_report(result(0, text="Malformed"), ok=0, bad=1)
    found = report_results(report, GROUP)
    assert {one.outcome for one in found} == {Outcome.ERROR}
    assert {one.message for one in found} == {"Malformed"}


def test_a_rejected_feed_and_one_that_is_still_worked_on() -> None:
    assert set(outcomes(xml_report("", ok=0, bad=0, status="Rejected")).values()) == {Outcome.ERROR}
    assert not xml_report("", ok=0, bad=0, status="Processing").final


def test_another_encoding_is_read_as_it_says() -> None:
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>'
    report = xml_report(result(1, text="Größe ungültig"), ok=2, bad=1, head=head)
    assert report.messages[1][0].message == "Größe ungültig"


# === ANSWERS TO SINGLE CALLS === #


def test_attributes_belong_to_kinds() -> None:
    names = (
        "purchasable_offer.our_price",
        "fulfillment_availability#1.quantity",
        "item_name",
        "other_product_image_locator_3",
        "merchant_shipping_group",
        "variation_theme",
    )
    assert [kind_of(name) for name in names] == [
        Kind.PRICE,
        Kind.INVENTORY,
        Kind.PRODUCT,
        Kind.IMAGE,
        Kind.OVERRIDE,
        Kind.RELATIONSHIP,
    ]


def test_an_acceptance_teaches_the_asin_of_the_first_marketplace_that_has_one() -> None:
    body = {
        "sku": "s",
        "status": "ACCEPTED",
        "submissionId": "1",
        "issues": [],
        "identifiers": [{"marketplaceId": "A"}, {"marketplaceId": "B", "asin": "B0X"}, None],
    }
    (found,) = submission(body, [("r", Kind.PRODUCT)], "s", Masker())
    assert (found.outcome, found.learned) == (
        Outcome.SUCCESS,
        {"external_id": "s", "asin": "B0X"},
    )
    assert found.issues == (), "a product that is taken has none of its old issues"


def test_a_refusal_without_reasons_still_says_something() -> None:
    (found,) = refused([("r", Kind.PRICE)], ())
    assert (found.outcome, found.code, found.message) == (
        Outcome.ERROR,
        "refused",
        "Amazon refused it.",
    )


def test_a_price_that_is_taken_says_nothing_of_issues_unless_there_are_some() -> None:
    (quiet,) = accepted([("r", Kind.PRICE)], (), {})
    assert quiet.issues is None
    warning = Issue("1", "low", Severity.WARNING, ("purchasable_offer",))
    (loud,) = accepted([("r", Kind.PRICE)], (warning,), {})
    assert loud.issues == (warning,)


def test_issues_hide_secrets_and_have_an_end() -> None:
    masker = Masker(["geheim-4711"])
    rows = [{"code": "1", "message": f"geheim-4711 {n}", "severity": "ERROR"} for n in range(500)]
    found = issues_of(rows, masker)
    assert len(found) == 100
    assert found[0].message == "*** 0"
    assert len(issue_of({"message": "x" * 9000}).message) < 1100
    assert issue_of({"severity": "SEVERE"}).severity is Severity.ERROR


@pytest.mark.parametrize("body", [None, [], 1, {}, {"status": None}, {"status": []}])
def test_an_answer_of_another_shape_is_our_bug(body: Any) -> None:
    with pytest.raises(InvalidError):
        submission(body, [("r", Kind.PRICE)], "s", Masker())
