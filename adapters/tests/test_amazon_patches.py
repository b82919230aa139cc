"""All kinds of a listing in one change, and what an account's options say."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from amazon_samples import DE, UK
from marketplace_adapters.amazon.patches import Change, changes
from marketplace_adapters.amazon.payloads import (
    Attributes,
    attributes,
    sku_of,
)
from marketplace_adapters.amazon.settings import Market, Settings, settings_of
from marketplace_adapters.core import (
    UTC,
    Acknowledgement,
    Connection,
    DeleteState,
    InvalidError,
    InventoryState,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    Outcome,
    OverrideState,
    PriceState,
    ProductState,
    PushItem,
    RejectedError,
    State,
)
from marketplace_adapters.testing import covers

GERMANY = Market(DE, "EUR", "de_DE", "DE", "eu")
BRITAIN = Market(UK, "GBP", "en_GB", "GB", "eu")
ONE = Settings((GERMANY,), "S")
TWO = Settings((GERMANY, BRITAIN), "S")
NOW = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)
KEY = ListingKey("sku-1", "sku-1", extra={"product_type": "SHIRT"})
NEW = ListingKey(None, "sku-1")


def told(state: State, settings: Settings = ONE, key: ListingKey = KEY, **more: Any) -> Attributes:
    return attributes(key, state, settings, NOW, **more)


def euro(amount: str, currency: str = "EUR") -> Money:
    return Money(Decimal(amount), currency)


def change_of(
    *states: tuple[Kind, State], key: ListingKey = KEY, settings: Settings = ONE
) -> Change:
    items = [PushItem(str(n), kind, key, state) for n, (kind, state) in enumerate(states)]
    (found,), results = changes(items, settings, NOW)
    assert results == []
    return found


# === ONE TARGET, ONE CHANGE === #


@covers("R24")
def test_all_kinds_of_a_new_product_travel_in_one_put() -> None:
    change = change_of(
        (Kind.PRODUCT, ProductState(title="Tee", attributes={"product_type": "GROCERY"})),
        (Kind.PRICE, PriceState(euro("5"))),
        (Kind.INVENTORY, InventoryState(Decimal(3), True)),
        key=NEW,
        settings=TWO,
    )
    assert change.way == "put"
    body = change.put_body(UK)
    assert (body["productType"], body["requirements"]) == ("GROCERY", "LISTING")
    # The price is in euro: it is no business of the British shop. Stock belongs to both.
    assert set(body["attributes"]) == {"item_name", "condition_type", "fulfillment_availability"}
    assert body["attributes"]["item_name"] == [
        {"value": "Tee", "language_tag": "en_GB", "marketplace_id": UK}
    ]
    assert "purchasable_offer" in change.put_body(DE)["attributes"]


def test_changes_of_a_known_listing_replace_and_delete() -> None:
    change = change_of(
        (Kind.PRICE, PriceState(euro("5"))),
        (Kind.OVERRIDE, OverrideState({})),
        settings=TWO,
    )
    assert change.patch_body(TWO) == {
        "productType": "SHIRT",
        "patches": [
            {
                "op": "replace",
                "path": "/attributes/purchasable_offer",
                "value": told(PriceState(euro("5")))["purchasable_offer"],
            },
            {
                "op": "delete",
                "path": "/attributes/merchant_shipping_group",
                "value": [{"marketplace_id": DE}, {"marketplace_id": UK}],
            },
        ],
    }
    assert change.message(7, TWO) == {
        "messageId": 7,
        "sku": "sku-1",
        "operationType": "PATCH",
        **change.patch_body(TWO),
    }


def test_a_deletion_makes_everything_else_void() -> None:
    change = change_of((Kind.PRICE, PriceState(euro("5"))), (Kind.DELETE, DeleteState()))
    assert (change.way, len(change.items)) == ("delete", 2)
    assert change.message(1, ONE) == {"messageId": 1, "sku": "sku-1", "operationType": "DELETE"}


def test_one_bad_kind_does_not_keep_the_others_back() -> None:
    items = [
        PushItem("bad", Kind.PRICE, KEY, PriceState(euro("5", "USD"))),
        PushItem("good", Kind.INVENTORY, KEY, InventoryState(Decimal(1), True)),
        PushItem("order", Kind.PRICE, OrderKey("302"), PriceState(euro("5"))),
        PushItem("strange", Kind.PRICE, KEY, Acknowledgement("x")),
        PushItem("none", Kind.PRICE, ListingKey(barcode="1"), PriceState(euro("5"))),
        PushItem("nothing", Kind.PRODUCT, ListingKey("other"), ProductState()),
    ]
    (change,), results = changes(items, ONE, NOW)
    assert [item.ref for item in change.items] == ["good"]
    assert {result.ref: (result.outcome, result.code) for result in results} == {
        "bad": (Outcome.ERROR, "wrong_currency"),
        "order": (Outcome.ERROR, "unsupported"),
        "strange": (Outcome.ERROR, "unsupported"),
        "none": (Outcome.ERROR, "no_sku"),
        "nothing": (Outcome.SUCCESS, None),
    }


def test_nothing_of_a_product_that_cannot_be_told_is_told() -> None:
    bad = ProductState(title="x", attributes={"requirements": "EVERYTHING"})
    items = [
        PushItem("p", Kind.PRODUCT, NEW, bad),
        PushItem("q", Kind.INVENTORY, NEW, InventoryState(Decimal(1), True)),
    ]
    found, results = changes(items, ONE, NOW)
    assert found == []
    assert [(result.ref, result.outcome, result.code) for result in results] == [
        ("p", Outcome.ERROR, "bad_value"),
        ("q", Outcome.RETRY, "no_product"),
    ]


def test_an_account_without_marketplaces_tells_nothing() -> None:
    items = [PushItem("p", Kind.PRICE, KEY, PriceState(euro("1")))]
    found, results = changes(items, Settings(()), NOW)
    assert (found, [result.code for result in results]) == ([], ["no_marketplace"])


@pytest.mark.parametrize("sku", ["", "  ", " a", "a\n", "x" * 41])
def test_a_sku_that_amazon_cannot_take_is_refused_here(sku: str) -> None:
    with pytest.raises(RejectedError):
        sku_of(ListingKey(None, sku))


def test_a_sku_may_hold_anything_else() -> None:
    assert sku_of(ListingKey("a/b ü%?#é🍵", "old")) == "a/b ü%?#é🍵"


# === SETTINGS === #


@covers("R74")
def test_the_first_marketplace_is_home_and_options_overrule_the_table() -> None:
    options = {
        "seller_id": " A2X ",
        "marketplaces": [UK, DE, UK, "ANEWPLACE"],
        "languages": {DE: "en_GB"},
        "currencies": {"ANEWPLACE": "CHF"},
    }
    settings = settings_of(Connection("https://x.test", {}, options))
    assert (settings.seller_id, settings.ids) == ("A2X", (UK, DE, "ANEWPLACE"))
    assert settings.home is not None
    assert settings.home.currency == "GBP"
    assert [(one.language, one.currency) for one in settings.markets[1:]] == [
        ("en_GB", "EUR"),
        ("en_US", "CHF"),
    ]
    assert settings.locale == "en_GB"


@pytest.mark.parametrize(
    "options",
    [
        {"marketplaces": "A1F83G8C2ARO7P"},
        {"marketplaces": [1]},
        {"marketplaces": [f"M{n}" for n in range(26)]},
        {"languages": ["de"]},
    ],
)
def test_an_option_of_another_form_is_our_bug(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        settings_of(Connection("https://x.test", {}, options))
