"""Attributes of listings as Amazon wants them: exact shapes, per marketplace."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from amazon_samples import DE, UK
from marketplace_adapters.amazon.patches import Change, changes
from marketplace_adapters.amazon.payloads import (
    ALWAYS,
    IMAGES,
    Attributes,
    attributes,
    barcode_type,
    wrapped,
)
from marketplace_adapters.amazon.settings import Market, Settings
from marketplace_adapters.core import (
    UTC,
    ImageState,
    InventoryState,
    Kind,
    ListingKey,
    Money,
    OverrideState,
    PriceState,
    ProductState,
    PushItem,
    RejectedError,
    RelationshipState,
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


# === PRODUCT === #


@covers("R23")
def test_a_new_product_is_told_in_the_language_of_each_marketplace() -> None:
    state = ProductState(
        title="Tee „Grün“ 🍵",
        description="Erste\nErnte",
        barcode="4006381333931",
        weight_kg=Decimal("0.250"),
        attributes={
            "brand": "Läden",
            "bullet_points": ["weich", " ", "grün"],
            "condition": "used_good",
            "values": {"color": "rot", "is_heat_sensitive": False},
        },
    )
    found = told(state, TWO, NEW, new=True)

    def words(text: str) -> list[dict[str, str]]:
        return [
            {"value": text, "language_tag": "de_DE", "marketplace_id": DE},
            {"value": text, "language_tag": "en_GB", "marketplace_id": UK},
        ]

    def both(**members: Any) -> list[dict[str, Any]]:
        return [members | {"marketplace_id": DE}, members | {"marketplace_id": UK}]

    assert found == {
        "item_name": words("Tee „Grün“ 🍵"),
        "product_description": words("Erste\nErnte"),
        "brand": words("Läden"),
        "bullet_point": [
            {"value": text, "language_tag": tag, "marketplace_id": market}
            for market, tag in ((DE, "de_DE"), (UK, "en_GB"))
            for text in ("weich", "grün")
        ],
        "item_package_weight": both(unit="kilograms", value=0.25),
        "condition_type": both(value="used_good"),
        "externally_assigned_product_identifier": both(type="ean", value="4006381333931"),
        "color": both(value="rot"),
        "is_heat_sensitive": both(value=False),
    }


def test_members_that_are_not_to_be_touched_are_not_told() -> None:
    assert told(ProductState(title="Tee")) == {
        "item_name": [{"value": "Tee", "language_tag": "de_DE", "marketplace_id": DE}]
    }
    assert told(ProductState()) == {}


def test_an_empty_text_takes_the_attribute_away() -> None:
    assert told(ProductState(description="  ")) == {"product_description": []}


def test_what_identifies_a_product_is_told_only_when_it_is_made() -> None:
    state = ProductState(barcode="4006381333931")
    assert "externally_assigned_product_identifier" not in told(state)
    assert "condition_type" not in told(state)
    made = told(state, key=NEW, new=True)
    assert made["condition_type"] == [{"value": "new_new", "marketplace_id": DE}]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("4006381333931", "ean"),
        ("96385074", "ean"),
        ("036000291452", "upc"),
        ("10036000291459", "gtin"),
        ("4006381333932", ""),
        ("P-12", ""),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", ""),
        ("", ""),
    ],
)
def test_only_a_barcode_whose_check_digit_is_right_is_told(code: str, kind: str) -> None:
    assert barcode_type(code) == kind


def test_a_marketplace_may_have_texts_of_its_own() -> None:
    texts = {UK: {"title": " Green tea ", "description": ""}, "A-OTHER": {"title": "X"}, DE: None}
    state = ProductState(title="Grüner Tee", description="Frisch", attributes={"texts": texts})

    found = told(state, TWO)

    assert [row["value"] for row in found["item_name"]] == ["Grüner Tee", "Green tea"]
    assert [row["value"] for row in found["product_description"]] == ["Frisch", "Frisch"]


def test_an_offer_on_a_product_of_amazons_names_its_asin_and_nothing_of_the_product() -> None:
    key = ListingKey(None, "sku-1", extra={"asin": "B0TEST0001"})
    state = ProductState(
        title="not ours",
        attributes={"requirements": "LISTING_OFFER_ONLY", "brand": "x", "condition": "new_new"},
    )
    assert told(state, key=key, new=True) == {
        "condition_type": [{"value": "new_new", "marketplace_id": DE}],
        "merchant_suggested_asin": [{"value": "B0TEST0001", "marketplace_id": DE}],
    }


@covers("R30", "X8")
def test_a_variation_parent_is_a_listing_without_an_offer() -> None:
    state = ProductState(title="Family", attributes={"parent": True, "theme": "SIZE/COLOR"})
    change = change_of((Kind.PRODUCT, state), key=NEW)
    assert (change.way, change.requirements) == ("put", "LISTING_PRODUCT_ONLY")
    assert change.attributes == {
        "item_name": [{"value": "Family", "language_tag": "de_DE", "marketplace_id": DE}],
        "parentage_level": [{"value": "parent", "marketplace_id": DE}],
        "variation_theme": [{"name": "SIZE/COLOR", "marketplace_id": DE}],
    }


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        ("rot", [{"value": "rot"}]),
        (" ", []),
        (None, []),
        ([], []),
        (0, [{"value": 0}]),
        (False, [{"value": False}]),
        (Decimal("2.50"), [{"value": 2.5}]),
        (["a", "", "b"], [{"value": "a"}, {"value": "b"}]),
        ({"unit": "grams", "value": 5}, [{"unit": "grams", "value": 5}]),
        ([{"value": 1, "type": {"value": "Count"}}], [{"value": 1, "type": {"value": "Count"}}]),
    ],
)
def test_values_are_wrapped_for_every_marketplace(value: Any, rows: list[dict[str, Any]]) -> None:
    expected = [row | {"marketplace_id": market} for market in (DE, UK) for row in rows]
    assert wrapped(value, TWO) == expected


def test_a_value_that_names_its_marketplace_is_told_once() -> None:
    assert wrapped([{"value": "x", "marketplace_id": UK}], TWO) == [
        {"value": "x", "marketplace_id": UK}
    ]


# === PRICE === #


@covers("R28")
def test_a_standard_price_is_an_offer_to_everybody() -> None:
    assert told(PriceState(euro("19.9"))) == {
        "purchasable_offer": [
            {
                "marketplace_id": DE,
                "currency": "EUR",
                "audience": "ALL",
                "our_price": [{"schedule": [{"value_with_tax": 19.9}]}],
            }
        ]
    }


@covers("R28")
def test_a_sale_has_both_dates_and_limits_and_a_price_for_companies() -> None:
    state = PriceState(
        euro("8"),
        compare_at=euro("10.005"),
        sale_from=datetime(2026, 5, 1, tzinfo=timezone(timedelta(hours=2))),
        sale_until=datetime(2026, 5, 31, 22, tzinfo=UTC),
        minimum=euro("5"),
        maximum=euro("50"),
        business=euro("7.5"),
    )
    everybody, companies = told(state)["purchasable_offer"]
    assert everybody == {
        "marketplace_id": DE,
        "currency": "EUR",
        "audience": "ALL",
        "our_price": [{"schedule": [{"value_with_tax": 10.01}]}],
        "discounted_price": [
            {
                "schedule": [
                    {
                        "start_at": "2026-04-30T22:00:00Z",
                        "end_at": "2026-05-31T22:00:00Z",
                        "value_with_tax": 8,
                    }
                ]
            }
        ],
        "minimum_seller_allowed_price": [{"schedule": [{"value_with_tax": 5}]}],
        "maximum_seller_allowed_price": [{"schedule": [{"value_with_tax": 50}]}],
    }
    assert companies == {
        "marketplace_id": DE,
        "currency": "EUR",
        "audience": "B2B",
        "our_price": [{"schedule": [{"value_with_tax": 7.5}]}],
    }


def test_a_sale_without_dates_is_told_from_today_for_a_year() -> None:
    (offer,) = told(PriceState(euro("8"), compare_at=euro("10")))["purchasable_offer"]
    (row,) = offer["discounted_price"][0]["schedule"]
    assert (row["start_at"], row["end_at"]) == ("2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z")


def test_each_marketplace_has_a_price_in_its_own_currency_or_none() -> None:
    france = Market("A13V1IB3VIYZZH", "EUR", "fr_FR", "FR", "eu")
    settings = Settings((GERMANY, BRITAIN, france), "S")
    plain = told(PriceState(euro("10")), settings)["purchasable_offer"]
    assert [row["marketplace_id"] for row in plain] == [DE, "A13V1IB3VIYZZH"]
    own = told(PriceState(euro("10"), markets={UK: euro("9", "GBP")}), settings)
    prices = [
        (row["currency"], row["our_price"][0]["schedule"][0]["value_with_tax"])
        for row in own["purchasable_offer"]
    ]
    assert prices == [("EUR", 10), ("GBP", 9), ("EUR", 10)]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (PriceState(euro("10", "USD")), "wrong_currency"),
        (PriceState(euro("-1")), "bad_price"),
        (PriceState(euro("10"), business=euro("9", "GBP")), "wrong_currency"),
        (
            PriceState(euro("8"), compare_at=euro("9"), sale_from=NOW, sale_until=NOW),
            "bad_sale",
        ),
    ],
)
def test_a_price_that_cannot_be_meant_is_refused_here(state: PriceState, code: str) -> None:
    with pytest.raises(RejectedError) as caught:
        told(state)
    assert caught.value.code == code


def test_a_price_of_nothing_is_amazons_to_judge_and_yen_have_no_hundredths() -> None:
    (zero,) = told(PriceState(euro("0")))["purchasable_offer"]
    assert zero["our_price"] == [{"schedule": [{"value_with_tax": 0}]}]
    japan = Settings((Market("A1VC38T7YXB528", "JPY", "ja_JP", "JP", "fe"),), "S")
    (yen,) = told(PriceState(euro("1234.5", "JPY")), japan)["purchasable_offer"]
    assert yen["our_price"] == [{"schedule": [{"value_with_tax": 1235}]}]


# === INVENTORY, IMAGES, RELATIONSHIP, OVERRIDE === #


@covers("R25", "R26", "R27")
def test_stock_is_told_with_restock_date_and_handling_time() -> None:
    state = InventoryState(Decimal("7.9"), True, restock_date=date(2026, 5, 1), handling_days=3)
    assert told(state, TWO) == {
        "fulfillment_availability": [
            {
                "fulfillment_channel_code": "DEFAULT",
                "quantity": 7,
                "lead_time_to_ship_max_days": 3,
                "restock_date": "2026-05-01",
            }
        ]
    }


@pytest.mark.parametrize(
    ("state", "quantity"),
    [
        (InventoryState(Decimal(0), False), 0),
        (InventoryState(Decimal(5), False), 0),
        (InventoryState(Decimal("0.99"), True), 0),
        (InventoryState(Decimal(-3), True), 0),
        (InventoryState(Decimal(10**6), True), 10**6),
        (InventoryState(Decimal(1), True, unlimited=True), ALWAYS),
    ],
)
def test_quantities_are_whole_and_never_below_zero(state: InventoryState, quantity: int) -> None:
    assert told(state)["fulfillment_availability"][0]["quantity"] == quantity


@pytest.mark.parametrize(
    ("country", "region", "code"),
    [("DE", "eu", "AMAZON_EU"), ("US", "na", "AMAZON_NA"), ("JP", "fe", "AMAZON_JP")],
)
def test_what_amazon_keeps_has_a_channel_and_no_quantity(
    country: str, region: str, code: str
) -> None:
    settings = Settings((Market("M", "EUR", "de_DE", country, region),), "S")
    key = ListingKey("sku-1", extra={"fulfilment": "channel"})
    found = told(InventoryState(Decimal(5), True), settings, key)
    assert found == {"fulfillment_availability": [{"fulfillment_channel_code": code}]}


@covers("R29")
def test_images_fill_their_places_and_empty_the_rest() -> None:
    found = told(ImageState(("https://a.test/1.jpg", "https://a.test/2.jpg?u=9")))
    assert found["main_product_image_locator"] == [
        {"media_location": "https://a.test/1.jpg", "marketplace_id": DE}
    ]
    assert found["other_product_image_locator_1"] == [
        {"media_location": "https://a.test/2.jpg?u=9", "marketplace_id": DE}
    ]
    assert [name for name, rows in found.items() if not rows] == list(IMAGES[2:])
    many = told(ImageState(tuple(f"https://a.test/{n}.jpg" for n in range(20))), new=True)
    assert list(many) == list(IMAGES)
    assert told(ImageState(()), new=True) == {}


@covers("R30")
def test_a_child_names_its_parent_and_forgets_it() -> None:
    state = RelationshipState(ListingKey(None, "TEE"), "SIZE/COLOR")
    assert told(state) == {
        "parentage_level": [{"value": "child", "marketplace_id": DE}],
        "child_parent_sku_relationship": [
            {"child_relationship_type": "variation", "parent_sku": "TEE", "marketplace_id": DE}
        ],
        "variation_theme": [{"name": "SIZE/COLOR", "marketplace_id": DE}],
    }
    assert told(RelationshipState()) == {
        "parentage_level": [],
        "child_parent_sku_relationship": [],
        "variation_theme": [],
    }


@covers("R31")
def test_a_shipping_template_overrides_the_accounts_and_stops_doing_so() -> None:
    state = OverrideState({"merchant_shipping_group": "legacy-template-id"})
    assert told(state) == {
        "merchant_shipping_group": [{"value": "legacy-template-id", "marketplace_id": DE}]
    }
    assert told(OverrideState({})) == {"merchant_shipping_group": []}
