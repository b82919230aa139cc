"""What stands around the lanes: subscriptions, lists of the shop, collections, tickets."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from marketplace_adapters.core import (
    ApiVersion,
    InvalidError,
    Kind,
    Place,
    RejectedError,
    Subscriptions,
)
from marketplace_adapters.shopify import (
    WEBHOOK_TOPICS,
    Collection,
    PriceList,
    Publication,
    Rule,
    ShopifyAdapter,
)
from marketplace_adapters.shopify.const import DRAFT_TOPICS
from marketplace_adapters.shopify.tickets import (
    MAX_TICKET,
    Entry,
    Run,
    Ticket,
    read_ticket,
    squeeze,
    stretch,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import ScriptedServer
from shopify_harness import MARKET, ONLINE, POS, SHOP_FLOOR, STORE
from shopify_sandbox import SandboxHarness, Wire, tail
from shopify_shop import calls


@pytest.fixture(scope="module")
def wire(sandbox_url: str) -> Iterator[Wire]:
    wire = Wire(sandbox_url)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def front(wire: Wire) -> Iterator[ScriptedServer]:
    with ScriptedServer(wire.forward) as scripted:
        yield scripted


@pytest.fixture
def harness(front: ScriptedServer, wire: Wire) -> SandboxHarness:
    front.forget()
    wire.start_over()
    return SandboxHarness(front, wire)


@pytest.fixture
def adapter(harness: SandboxHarness) -> Iterator[ShopifyAdapter]:
    with harness.adapter() as adapter:
        yield adapter


URL = "https://odoo.test/marketplace/webhook/shopify/tok-1"


# === SUBSCRIPTIONS === #


def subscribed(adapter: ShopifyAdapter) -> set[tuple[str, str]]:
    """Topic and address of all that the app has."""
    nodes = adapter.client.run("Subscriptions", {"first": 100})["webhookSubscriptions"]["nodes"]
    return {(one["topic"], one["uri"]) for one in nodes}


@covers("R361", "X46")
def test_missing_webhooks_are_seen_and_mended(adapter: ShopifyAdapter) -> None:
    looked = adapter.subscribe(URL, mend=False)
    assert looked == Subscriptions(WEBHOOK_TOPICS, WEBHOOK_TOPICS)
    assert subscribed(adapter) == set()
    mended = adapter.subscribe(URL)
    assert mended == Subscriptions(WEBHOOK_TOPICS, WEBHOOK_TOPICS, WEBHOOK_TOPICS)
    assert subscribed(adapter) == {(topic, URL) for topic in WEBHOOK_TOPICS}
    assert adapter.subscribe(URL) == Subscriptions(WEBHOOK_TOPICS)


@covers("R361")
def test_a_moved_host_is_mended_and_a_stranger_left_alone(adapter: ShopifyAdapter) -> None:
    adapter.subscribe(URL)
    stranger = "https://other.test/hooks/shopify"
    variables = {"topic": "ORDERS_CREATE", "subscription": {"uri": stranger, "format": "JSON"}}
    adapter.client.run("Subscribe", variables)
    moved = URL.replace("odoo.test", "new.test")
    found = adapter.subscribe(moved)
    assert found == Subscriptions(WEBHOOK_TOPICS, WEBHOOK_TOPICS, WEBHOOK_TOPICS)
    expected = {(topic, moved) for topic in WEBHOOK_TOPICS} | {("ORDERS_CREATE", stranger)}
    assert subscribed(adapter) == expected


@covers("R361")
def test_one_webhook_that_vanished_is_one_call(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    adapter.subscribe(URL)
    nodes = adapter.client.run("Subscriptions", {"first": 100})["webhookSubscriptions"]["nodes"]
    gone = next(one for one in nodes if one["topic"] == "ORDERS_PAID")
    adapter.client.run("Unsubscribe", {"id": gone["id"]})
    with calls(harness) as made:
        found = adapter.subscribe(URL)
    assert found == Subscriptions(WEBHOOK_TOPICS, ("ORDERS_PAID",), ("ORDERS_PAID",))
    assert made == ["webhookSubscriptions", "webhookSubscriptionCreate"]


def test_drafts_are_subscribed_when_they_are_wanted(harness: SandboxHarness) -> None:
    with harness.adapter(include_drafts=True) as adapter:
        found = adapter.subscribe(URL, mend=False)
    assert found is not None
    assert set(found.wanted) == {*WEBHOOK_TOPICS, *DRAFT_TOPICS}
    assert "draft" in adapter.limits.topics


def test_an_address_that_shopify_refuses(adapter: ShopifyAdapter) -> None:
    with pytest.raises(RejectedError) as caught:
        adapter.subscribe("no address")
    assert caught.value.code == "webhook_refused"


# === LISTS === #


@covers("R360")
def test_the_lists_of_the_shop(adapter: ShopifyAdapter) -> None:
    places = adapter.places()
    assert [(one.external_id, one.name, one.active) for one in places] == [
        (STORE, "Main warehouse", True),
        (SHOP_FLOOR, "Shop floor", True),
    ]
    assert all(isinstance(one, Place) and one.address for one in places)
    assert {one.id for one in adapter.publications()} >= {ONLINE, POS}
    assert all(isinstance(one, Publication) and one.name for one in adapter.publications())
    assert adapter.price_lists() == (PriceList(MARKET, "United States", "USD"),)


@covers("R353")
def test_the_version_ends_on_a_known_day(adapter: ShopifyAdapter) -> None:
    assert adapter.versions == (ApiVersion("2026-10", date(2027, 10, 16)),)


# === COLLECTIONS === #

COLLECTION = """
query C($id: ID!) {
  collection(id: $id) {
    title descriptionHtml productsCount { count }
    sources {
      __typename title
      ... on CollectionConditionsSource {
        inclusion {
          matchType
          conditions { __typename ... on CollectionSourceInclusionConditionProductTag { values } }
          selections(first: 5) { nodes { product { id } } }
        }
      }
    }
    resourcePublications(first: 10) { nodes { publication { id } isPublished } }
  }
}
"""


def collection(harness: SandboxHarness, one: str) -> dict[str, Any]:
    found = harness.wire.graphql(COLLECTION, {"id": f"gid://shopify/Collection/{one}"})
    row: dict[str, Any] = found["collection"]
    return row


@covers("R434")
def test_a_collection_by_rules_is_made_and_changed(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    rules = (Rule("tag", "TAGGED_WITH", ("شاي",)), Rule("vendor", "EQUALS", ("Läden",)))
    wanted = Collection("C1", "Tee 🍵", description_html="<p>x</p>", rules=rules, every=False)
    made = adapter.save_collection(wanted)
    found = collection(harness, made)
    assert (found["title"], found["descriptionHtml"]) == ("Tee 🍵", "<p>x</p>")
    (source,) = found["sources"]
    assert source["inclusion"]["matchType"] == "ANY"
    assert len(source["inclusion"]["conditions"]) == 2
    # By our own key, without the id, and with other rules: the same collection.
    again = adapter.save_collection(Collection("C1", "Tees", rules=rules[:1]))
    assert again == made
    found = collection(harness, made)
    assert (found["title"], found["descriptionHtml"]) == ("Tees", "<p>x</p>")
    (source,) = found["sources"]
    assert [one["values"] for one in source["inclusion"]["conditions"]] == [["شاي"]]


@covers("R434")
def test_a_collection_by_hand_and_where_it_is_seen(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    keys = [harness.listing(number).extra["product_id"] for number in (1, 2)]
    wanted = Collection("C2", "By hand", products=tuple(keys), publications=(ONLINE,))
    made = adapter.save_collection(wanted)
    found = collection(harness, made)
    assert found["productsCount"]["count"] == 2
    nodes = found["resourcePublications"]["nodes"]
    assert [tail(one["publication"]["id"]) for one in nodes if one["isPublished"]] == [ONLINE]
    adapter.save_collection(Collection("C2", "By hand", made, products=tuple(keys[:1])))
    (source,) = collection(harness, made)["sources"]
    shown = source["inclusion"]["selections"]["nodes"]
    assert [tail(one["product"]["id"]) for one in shown] == keys[:1]


@pytest.mark.parametrize(
    "wanted",
    [
        Collection("C", "x", products=("1",), rules=()),
        Collection("C", "x", rules=(Rule("colour", "EQUALS", ("a",)),)),
        Collection("C", "x", rules=(Rule("price", "EQUALS", ("a", "b")),)),
        Collection("C", "x", rules=(Rule("price", "EQUALS", ("a",)),)),
    ],
)
def test_a_collection_that_makes_no_sense(adapter: ShopifyAdapter, wanted: Collection) -> None:
    with pytest.raises(InvalidError):
        adapter.save_collection(wanted)


# === TICKETS === #


def a_ticket(count: int, step: int = 1) -> Ticket:
    entries = tuple(
        Entry(f"out-{n * step}", Kind.PRICE, str(n), again=n % 7 == 0) for n in range(count)
    )
    run = Run("501", "VariantsUpdate", tuple((place,) for place in range(count)))
    return Ticket(entries, (run, Run("502", "Publish", ((0, 1), (), (count - 1,)))))


def test_a_ticket_is_read_back() -> None:
    ticket = a_ticket(500)
    assert read_ticket(ticket.text()) == ticket
    assert '"501"' in ticket.text()


def test_a_burst_fits_into_a_ticket() -> None:
    assert len(a_ticket(10_000, 3).text()) < MAX_TICKET


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["1"],
        ["a1", "a9", "a2"],
        ["", "", ""],
        ["x", "1"],
        ["01", "1"],
        ["ä🍵", "=x", "#1"],
        ["a\n1", "b"],
        ["9" * 30],
    ],
)
def test_words_are_squeezed_without_loss(words: list[str]) -> None:
    assert stretch(squeeze(words)) == words


def test_a_damaged_ticket_is_refused() -> None:
    text = a_ticket(50).text()
    source = random.Random(7)
    for _time in range(200):
        place = source.randrange(len(text))
        damaged = text[:place] + source.choice('0aZ-_{"') + text[place + 1 :]
        try:
            ticket = read_ticket(damaged)
        except InvalidError:
            continue
        assert all(
            0 <= one < len(ticket.entries) for run in ticket.runs for r in run.lines for one in r
        )
