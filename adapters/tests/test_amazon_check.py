"""The check of an account, and what its options change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import amazon_samples as samples
from amazon_room import CREDENTIALS, Room, opened
from amazon_stub import error
from marketplace_adapters.amazon import AmazonAdapter, ProductType
from marketplace_adapters.core import (
    Connection,
    InvalidError,
    RejectedError,
    TransportError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply


@pytest.fixture
def room() -> Iterator[Room]:
    with opened() as found:
        yield found


# === CHECK === #


@covers("R74", "R75", "R78")
def test_the_check_names_what_is_missing(room: Room) -> None:
    with room.adapter(seller_id="", marketplaces=[]) as adapter:
        found = adapter.check()
    assert (found.ok, found.missing) == (False, ("seller_id", "marketplaces"))
    assert room.front.calls == room.login.calls == []
    with room.adapter() as adapter:
        good = adapter.check()
    assert (good.ok, good.seller_name) == (True, "Läden GmbH")
    assert good.message == f"Connected to DE ({samples.DE}), GB ({samples.UK})."


@covers("R76", "R77", "R78", "X7")
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_secret": "wrong-secret"}, "refuses the client id or the client secret"),
        ({"refresh_token": "Atzr|other"}, "refuses the refresh token"),
    ],
)
def test_a_refused_login_is_explained(room: Room, changed: dict[str, str], words: str) -> None:
    with room.adapter(credentials=CREDENTIALS | changed) as adapter:
        found = adapter.check()
    assert not found.ok
    assert words in found.message
    assert not any(secret in found.message for secret in changed.values())


@covers("R74", "R78")
def test_marketplaces_without_the_seller_are_named(room: Room) -> None:
    room.stub.participates = {samples.DE: True, samples.UK: False}
    with room.adapter(marketplaces=[samples.DE, samples.UK, samples.US]) as adapter:
        found = adapter.check()
    assert not found.ok
    assert f"takes no part in GB ({samples.UK})" in found.message
    assert "does not sell in US" in found.message
    assert "sellingpartnerapi-na.amazon.com" in found.message
    assert found.message.endswith(f"Marketplaces of the account: DE ({samples.DE}).")


def test_roles_that_the_application_lacks_are_named(room: Room) -> None:
    denied = error(403, "Unauthorized", "Access to requested resource is denied.")
    with room.adapter() as adapter:
        adapter.client.login.token()
        room.front.next(denied)
        assert "Selling Partner Insights" in adapter.check().message
        participations = room.stub.answer(room.front.calls[0])
        room.front.next(participations, denied, denied)
        found = adapter.check()
        assert found.missing == ("Product Listing", "Inventory and Order Tracking")
        room.front.next(participations, error(429, "QuotaExceeded", "later"))
        assert adapter.check().ok, "a busy operation is not a missing role"
        room.front.next(Reply(200, {"payload": [1]}))
        assert "does not answer as Amazon does" in adapter.check().message


# === OPTIONS, PRODUCT TYPES === #


def test_options_change_batches_and_topics() -> None:
    plain = AmazonAdapter.limits_for({})
    assert "notification" not in plain.topics
    assert plain.lanes[0].batch_size == 10_000
    small = AmazonAdapter.limits_for({"batch_size": "500", "queue_url": "https://sqs.x/1/q"})
    assert [lane.batch_size for lane in small.lanes] == [500, 500, 500, 500]
    assert "notification" in small.topics
    for value in (0, -1, 10_001, "many", True, 1.5):
        with pytest.raises(InvalidError):
            AmazonAdapter.limits_for({"batch_size": value})


@pytest.mark.parametrize(
    ("base", "options", "url"),
    [
        ("https://sellingpartnerapi-eu.amazon.com", {}, "https://api.amazon.com/auth/o2/token"),
        ("http://127.0.0.1:9/amazon/", {}, "http://127.0.0.1:9/amazon/auth/o2/token"),
        ("https://proxy.test/sp", {"token_url": "https://proxy.test/o2"}, "https://proxy.test/o2"),
    ],
)
def test_the_login_is_amazons_or_this_machines(
    base: str, options: dict[str, Any], url: str
) -> None:
    with AmazonAdapter(Connection(base, CREDENTIALS, options)) as adapter:
        assert repr(adapter.client.login) == f"Login({url!r})"


def test_further_hosts_of_documents_are_an_option(room: Room) -> None:
    with room.adapter(document_hosts=["https://files.test"]) as adapter:
        with pytest.raises(InvalidError):
            adapter.transport.request("GET", "https://other.test/")
        with pytest.raises(TransportError):
            adapter.transport.request("GET", "https://files.test:443/x")
    for value in ("https://files.test", [1]):
        with pytest.raises(InvalidError):
            room.adapter(document_hosts=value)


@covers("R23")
def test_a_product_type_is_fetched_once_while_it_stays_the_same(room: Room) -> None:
    with room.adapter() as adapter:
        assert adapter.product_types(title="Grünes Hemd") == (("SHIRT", "Hemd"),)
        assert room.front.calls[0].query["itemName"] == "Grünes Hemd"
        kind = adapter.product_type("SHIRT", market=samples.UK)
        assert (kind.name, kind.market, kind.required) == (
            "SHIRT",
            samples.UK,
            ("item_name", "brand"),
        )
        room.front.forget()
        assert adapter.product_type("SHIRT", market=samples.UK, known=kind) is kind
        assert len(room.front.calls) == 1
        with pytest.raises(RejectedError):
            adapter.product_type("NOTHING")
        old = ProductType("SHIRT", "Hemd", samples.UK, checksum="old")
        room.stub.documents.clear()
        assert adapter.product_type("SHIRT", market=samples.UK, known=old) == kind
