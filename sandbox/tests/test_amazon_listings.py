"""Listings: accepted, refused, patched, searched, live; and the product types behind them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from amazon_support import (
    DE,
    ITEMS,
    UK,
    US,
    Amazon,
    AmazonControl,
    home,
    offer,
    replace,
    stock,
    type_of,
)
from support import covers

TYPES = "/definitions/2020-09-01/productTypes"


def issues(outcome: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(severity, code, attribute) of each issue."""
    return [
        (each["severity"], each["code"], ",".join(each.get("attributeNames", [])))
        for each in outcome["issues"]
    ]


def summary(amazon: Amazon, sku: str, market: str = UK) -> dict[str, Any]:
    (found,) = amazon.item(sku, market=market)["summaries"]
    assert isinstance(found, dict)
    return found


# === PUT === #


@covers("R430")
def test_a_complete_listing_is_accepted_and_gets_an_asin(amazon: Amazon) -> None:
    outcome = amazon.put("VASE-1", home(), includedData="issues,identifiers")
    assert (outcome["status"], outcome["issues"], outcome["sku"]) == ("ACCEPTED", [], "VASE-1")
    (identity,) = outcome["identifiers"]
    found = summary(amazon, "VASE-1")
    assert found["asin"] == identity["asin"] and len(found["asin"]) == 10
    assert (found["itemName"], found["conditionType"]) == ("Blue vase", "new_new")
    assert found["status"] == ["DISCOVERABLE"]


@covers("R430")
def test_what_is_missing_is_named_and_nothing_is_kept(amazon: Amazon) -> None:
    attributes = home(brand=None, included_components=None)
    outcome = amazon.put("VASE-1", attributes)
    assert outcome["status"] == "INVALID"
    assert issues(outcome) == [
        ("ERROR", "90220", "brand"),
        ("ERROR", "90220", "included_components"),
    ]
    assert outcome["issues"][0]["message"] == "'brand' is required but not supplied."
    assert outcome["issues"][0]["categories"] == ["MISSING_ATTRIBUTE"]
    assert amazon.call("GET", f"{ITEMS}/VASE-1", marketplaceIds=UK).status == 404


@covers("R430")
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("condition_type", [{"value": "brand_new", "marketplace_id": UK}], "4000002"),
        ("number_of_items", [{"value": "one", "marketplace_id": UK}], "4000000"),
        ("number_of_items", [{"value": 0, "marketplace_id": UK}], "4000001"),
        ("number_of_items", [{"value": True, "marketplace_id": UK}], "4000000"),
        ("number_of_items", [{"value": 1}, {"value": 2}], "99016"),
        ("number_of_items", {"value": 1}, "4000000"),
        ("item_name", [{"value": "x" * 201, "marketplace_id": UK}], "4000001"),
        ("item_name", [{"value": "  ", "marketplace_id": UK}], "99022"),
        ("item_name", [{"text": "x", "value": "y", "marketplace_id": UK}], "4000005"),
        ("brand", [{"value": "x", "marketplace_id": US}], "4000001"),
        ("brand", [{"value": "x", "marketplace_id": "nowhere"}], "4000002"),
        ("main_product_image_locator", [{"media_location": "ftp://x/y.png"}], "4000001"),
        ("fulfillment_availability", [{"quantity": 3}], "90220"),
        ("fulfillment_availability", stock(-1), "4000001"),
        ("purchasable_offer", [{"currency": "GBP", "our_price": []}], "99022"),
        ("purchasable_offer", [{"currency": "EUR", **offer(3)[0], "x": 1}], "4000005"),
        ("purchasable_offer", offer(0), "4000001"),
        (
            "purchasable_offer",
            offer(9, minimum_seller_allowed_price=[{"schedule": [{"value_with_tax": 10}]}]),
            "90111",
        ),
        (
            "purchasable_offer",
            offer(9, discounted_price=[{"schedule": [{"value_with_tax": 8}]}]),
            "90057",
        ),
    ],
)
def test_a_value_that_the_product_type_does_not_allow(
    amazon: Amazon, name: str, value: Any, code: str
) -> None:
    outcome = amazon.put("VASE-1", home(**{name: value}))
    assert outcome["status"] == "INVALID"
    assert (("ERROR", code, name)) in issues(outcome)


def test_an_unknown_product_type_and_unknown_attributes(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    outcome = amazon.put("VASE-1", home(), kind="SPACESHIP")
    assert (outcome["status"], issues(outcome)) == (
        "INVALID",
        [("ERROR", "4000003", "product_type")],
    )
    odd = home(wheels=[{"value": 4}])
    outcome = amazon.put("VASE-1", odd)
    assert (outcome["status"], issues(outcome)) == ("ACCEPTED", [("WARNING", "90000900", "wheels")])
    backstage.set(unknown_attributes="error")
    assert amazon.put("VASE-1", odd)["status"] == "INVALID"


@covers("R430")
def test_a_preview_changes_nothing(amazon: Amazon, backstage: AmazonControl) -> None:
    mode = {"mode": "VALIDATION_PREVIEW"}
    assert amazon.put("VASE-1", home(), **mode)["status"] == "VALID"
    assert amazon.put("VASE-1", {}, **mode)["status"] == "INVALID"
    assert amazon.call("GET", f"{ITEMS}/VASE-1", marketplaceIds=UK).status == 404
    amazon.put("VASE-1", home(purchasable_offer=offer(5)))
    change = replace("purchasable_offer", offer(6))
    assert amazon.patch("VASE-1", change, **mode)["status"] == "VALID"
    assert backstage.book()["listings"]["VASE-1"]["prices"] == {UK: "5"}
    assert amazon.messages("LISTINGS_ITEM_STATUS_CHANGE") != []


def test_put_replaces_everything_of_its_marketplace_only(amazon: Amazon) -> None:
    amazon.put("V", home(color=[{"value": "blue", "marketplace_id": UK}]))
    amazon.put("V", home(DE), marketplaceIds=DE)
    amazon.put("V", home())
    uk = amazon.item("V", "attributes")["attributes"]
    assert "color" not in uk and len(uk["brand"]) == 1
    german = amazon.item("V", "attributes", market=DE)["attributes"]
    assert [each["marketplace_id"] for each in german["brand"]] == [DE]


def test_an_offer_on_a_known_asin(amazon: Amazon) -> None:
    attributes = {
        "condition_type": [{"value": "used_good", "marketplace_id": UK}],
        "merchant_suggested_asin": [{"value": "B00ZZZZZZ1", "marketplace_id": UK}],
    }
    body = {"productType": "PRODUCT", "requirements": "LISTING_OFFER_ONLY"}
    body["attributes"] = attributes  # type: ignore[assignment]
    outcome = amazon.ok("PUT", f"{ITEMS}/OFFER", body, marketplaceIds=UK)
    assert outcome["status"] == "ACCEPTED"
    assert summary(amazon, "OFFER")["asin"] == "B00ZZZZZZ1"
    del attributes["merchant_suggested_asin"]
    outcome = amazon.ok("PUT", f"{ITEMS}/OFFER-2", body, marketplaceIds=UK)
    assert issues(outcome) == [("ERROR", "90220", "merchant_suggested_asin")]


@pytest.mark.parametrize("sku", ["A/B", "Ünïcode ☕", "50%+1&x=?", "a" * 40])
def test_skus_with_difficult_letters(amazon: Amazon, sku: str) -> None:
    assert amazon.put(sku, home())["sku"] == sku
    assert amazon.item(sku)["sku"] == sku
    found = amazon.ok("GET", ITEMS, marketplaceIds=UK, identifiers=[sku], identifiersType="SKU")
    assert [each["sku"] for each in found["items"]] == [sku]


# === PATCH === #


@covers("R430")
def test_price_and_stock_make_a_listing_buyable(amazon: Amazon, backstage: AmazonControl) -> None:
    amazon.put("V", home())
    outcome = amazon.patch(
        "V",
        replace("purchasable_offer", offer(12.34)),
        replace("fulfillment_availability", stock(7, lead_time_to_ship_max_days=2)),
    )
    assert (outcome["status"], outcome["issues"]) == ("ACCEPTED", [])
    assert summary(amazon, "V")["status"] == ["BUYABLE", "DISCOVERABLE"]
    data = amazon.item("V", "offers", "fulfillmentAvailability")
    assert data["offers"] == [
        {
            "marketplaceId": UK,
            "offerType": "B2C",
            "price": {"currencyCode": "GBP", "amount": "12.34"},
            "audience": {"value": "ALL", "displayName": "Sell on Amazon"},
        }
    ]
    assert data["fulfillmentAvailability"] == [{"fulfillmentChannelCode": "DEFAULT", "quantity": 7}]
    amazon.patch("V", replace("fulfillment_availability", stock(0)))
    assert summary(amazon, "V")["status"] == ["DISCOVERABLE"]
    told = [each["Payload"]["Status"] for each in amazon.messages("LISTINGS_ITEM_STATUS_CHANGE")]
    assert told == [["DISCOVERABLE"], ["BUYABLE", "DISCOVERABLE"], ["DISCOVERABLE"]]


@covers("R430")
def test_a_sale_counts_while_it_lasts_and_business_has_its_own_price(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    sale = {
        "value_with_tax": 8,
        "start_at": "2026-11-20T00:00:00Z",
        "end_at": "2026-11-21T00:00:00Z",
    }
    amazon.put("V", home())
    both = [
        *offer(10, audience="ALL", discounted_price=[{"schedule": [sale]}]),
        *offer(9.5, audience="B2B"),
    ]
    assert amazon.patch("V", replace("purchasable_offer", both))["status"] == "ACCEPTED"
    prices = [each["price"]["amount"] for each in amazon.item("V", "offers")["offers"]]
    assert prices == ["8", "9.5"]
    backstage.advance(86_400)
    amazon.login()
    prices = [each["price"]["amount"] for each in amazon.item("V", "offers")["offers"]]
    assert prices == ["10", "9.5"]


def test_merge_and_delete_of_parts(amazon: Amazon, backstage: AmazonControl) -> None:
    both = [*offer(10, audience="ALL"), *offer(9, audience="B2B")]
    amazon.put("V", home(purchasable_offer=both, fulfillment_availability=stock(4)))
    low = {"minimum_seller_allowed_price": [{"schedule": [{"value_with_tax": 5}]}]}
    part = {"marketplace_id": UK, "currency": "GBP", "audience": "ALL", **low}
    merge = {"op": "merge", "path": "/attributes/purchasable_offer", "value": [part]}
    assert amazon.patch("V", merge)["status"] == "ACCEPTED"
    first, second = amazon.item("V", "attributes")["attributes"]["purchasable_offer"]
    assert first["our_price"] == [{"schedule": [{"value_with_tax": 10}]}]
    assert first["minimum_seller_allowed_price"] == low["minimum_seller_allowed_price"]
    gone = [{"marketplace_id": UK, "currency": "GBP", "audience": "B2B"}]
    delete = {"op": "delete", "path": "/attributes/purchasable_offer", "value": gone}
    amazon.patch("V", delete)
    assert len(amazon.item("V", "attributes")["attributes"]["purchasable_offer"]) == 1
    amazon.patch("V", {"op": "delete", "path": "/attributes/fulfillment_availability"})
    assert "fulfillment_availability" not in amazon.item("V", "attributes")["attributes"]
    outcome = amazon.patch("V", {"op": "delete", "path": "/attributes/brand"})
    assert issues(outcome) == [("ERROR", "90220", "brand")]
    assert second["audience"] == "B2B"


@pytest.mark.parametrize(
    "patch",
    [
        {"op": "move", "path": "/attributes/brand", "value": []},
        {"op": "replace", "path": "/attributes/brand/0/value", "value": [{}]},
        {"op": "replace", "path": "brand", "value": [{}]},
        {"op": "replace", "path": "/attributes/brand"},
        {"op": "replace", "path": "/attributes/brand", "value": "x"},
        {"op": "merge", "path": "/attributes/brand", "value": [{"value": "x"}]},
    ],
)
def test_patches_that_are_malformed(amazon: Amazon, patch: dict[str, Any]) -> None:
    amazon.put("V", home())
    outcome = amazon.patch("V", patch)
    assert (outcome["status"], outcome["issues"][0]["code"]) == ("INVALID", "4000004")


@covers("R24", "R430")
def test_a_patch_of_a_sku_that_is_not_there(amazon: Amazon, backstage: AmazonControl) -> None:
    change = replace("fulfillment_availability", stock(1))
    outcome = amazon.patch("V", change)
    assert (outcome["status"], issues(outcome)) == ("INVALID", [("ERROR", "13013", "")])
    backstage.set(patch_unknown="not_found")
    body = {"productType": "PRODUCT", "patches": [change]}
    assert amazon.call("PATCH", f"{ITEMS}/V", body, marketplaceIds=UK).status == 404


# === FAMILIES, ISSUES, DELETION === #


@covers("R30", "R430")
def test_a_family_of_variations(amazon: Amazon) -> None:
    theme = [{"name": "COLOR", "marketplace_id": UK}]
    parent = home(
        condition_type=None,
        parentage_level=[{"value": "parent", "marketplace_id": UK}],
        variation_theme=theme,
    )
    relation = {"child_relationship_type": "variation", "parent_sku": "P", "marketplace_id": UK}
    child = home(
        parentage_level=[{"value": "child", "marketplace_id": UK}],
        variation_theme=theme,
        child_parent_sku_relationship=[relation],
        color=[{"value": "blue", "language_tag": "en_GB", "marketplace_id": UK}],
    )
    outcome = amazon.put("P-BLUE", child)
    assert issues(outcome) == [("WARNING", "8008", "child_parent_sku_relationship")]
    assert amazon.put("P", parent)["status"] == "ACCEPTED"
    assert amazon.put("P-BLUE", child)["issues"] == []
    (family,) = amazon.item("P", "relationships")["relationships"][0]["relationships"]
    assert family == {
        "type": "VARIATION",
        "variationTheme": {"theme": "COLOR", "attributes": ["color"]},
        "childSkus": ["P-BLUE"],
    }
    found = amazon.ok("GET", ITEMS, marketplaceIds=UK, variationParentSku="P")
    assert [each["sku"] for each in found["items"]] == ["P-BLUE"]


@covers("R430")
def test_an_issue_comes_later_and_goes_when_its_attribute_is_mended(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    amazon.put("V", home(purchasable_offer=offer(5), fulfillment_availability=stock(1)))
    amazon.messages()
    body = {"attributes": ["main_product_image_locator"], "action": "SEARCH_SUPPRESSED"}
    backstage.amazon("POST", "issues/V", {**body, "severity": "ERROR", "code": "18027"})
    assert summary(amazon, "V")["status"] == []
    (found,) = amazon.item("V", "issues")["issues"]
    assert (found["code"], found["attributeNames"]) == ("18027", ["main_product_image_locator"])
    first, second = amazon.messages()
    assert type_of(first) == "LISTINGS_ITEM_ISSUES_CHANGE"
    assert first["Payload"]["Severities"] == ["ERROR"]
    assert first["Payload"]["EnforcementActions"] == ["SEARCH_SUPPRESSED"]
    assert second["Payload"]["Status"] == []
    image = [{"media_location": "https://example.com/v.png", "marketplace_id": UK}]
    amazon.patch("V", replace("main_product_image_locator", image))
    assert amazon.item("V", "issues")["issues"] == []
    assert summary(amazon, "V")["status"] == ["BUYABLE", "DISCOVERABLE"]
    assert summary(amazon, "V")["mainImage"]["link"] == "https://example.com/v.png"
    assert amazon.messages()[0]["Payload"]["Severities"] == ["NONE"]


def test_a_listing_that_becomes_live_later(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.set(listing_seconds=60)
    amazon.put("V", home())
    assert "asin" not in summary(amazon, "V")
    assert summary(amazon, "V")["status"] == []
    assert amazon.messages() == []
    backstage.advance(60)
    assert summary(amazon, "V")["status"] == ["DISCOVERABLE"]
    assert [type_of(each) for each in amazon.messages()] == ["LISTINGS_ITEM_STATUS_CHANGE"]


@covers("R430")
def test_deleting_from_one_marketplace_and_from_all(amazon: Amazon) -> None:
    amazon.put("V", home())
    amazon.put("V", home(DE), marketplaceIds=DE)
    amazon.messages()
    assert amazon.ok("DELETE", f"{ITEMS}/V", marketplaceIds=DE)["status"] == "ACCEPTED"
    assert amazon.call("GET", f"{ITEMS}/V", marketplaceIds=DE).status == 404
    assert amazon.item("V")["sku"] == "V"
    assert amazon.messages()[0]["Payload"]["Status"] == ["DELETED"]
    amazon.ok("DELETE", f"{ITEMS}/V", marketplaceIds=UK)
    assert amazon.call("DELETE", f"{ITEMS}/V", marketplaceIds=UK).status == 404


# === SEARCH === #


@covers("R430")
def test_search_pages_sorts_and_filters(amazon: Amazon, backstage: AmazonControl) -> None:
    for number in range(25):
        backstage.advance(1)
        extra: dict[str, Any] = {
            "fulfillment_availability": stock(1),
            "purchasable_offer": offer(3),
        }
        amazon.put(f"V-{number:02d}", home(**(extra if number % 2 else {})))
    backstage.amazon("POST", "issues/V-03", {"severity": "WARNING"})
    query = {"marketplaceIds": UK, "pageSize": 20}
    page = amazon.ok("GET", ITEMS, sortBy="sku", sortOrder="ASC", **query)
    assert (page["numberOfResults"], len(page["items"])) == (25, 20)
    assert "previousToken" not in page["pagination"]
    token = page["pagination"]["nextToken"]
    rest = amazon.ok("GET", ITEMS, sortBy="sku", sortOrder="ASC", pageToken=token, **query)
    skus = [each["sku"] for each in page["items"] + rest["items"]]
    assert skus == [f"V-{number:02d}" for number in range(25)]
    assert "nextToken" not in rest["pagination"]

    def count(**more: Any) -> int:
        number = amazon.ok("GET", ITEMS, marketplaceIds=UK, **more)["numberOfResults"]
        assert isinstance(number, int)
        return number

    assert count(withStatus="BUYABLE") == 12
    assert count(withoutStatus="BUYABLE") == 13
    assert count(withIssueSeverity="WARNING") == 1
    assert count(withIssueSeverity="ERROR") == 0
    assert count(lastUpdatedAfter="2026-11-20T12:00:24Z") == 2
    assert count(createdBefore="2026-11-20T12:00:01Z") == 1
    newest = amazon.ok("GET", ITEMS, marketplaceIds=UK)
    assert newest["items"][0]["sku"] == "V-24"
    backstage.advance(86_401)
    amazon.login()
    assert amazon.call("GET", ITEMS, pageToken=token, marketplaceIds=UK).status == 400


@pytest.mark.parametrize(
    "query",
    [
        {"pageSize": 21},
        {"pageSize": 0},
        {"identifiers": "A"},
        {"identifiers": [str(each) for each in range(21)], "identifiersType": "SKU"},
        {"includedData": "everything"},
        {"sortBy": "price"},
        {"withIssueSeverity": "INFO"},
        {"createdAfter": "yesterday"},
        {"marketplaceIds": "nowhere"},
        {"pageToken": "nonsense"},
    ],
)
def test_searches_that_are_refused(amazon: Amazon, query: dict[str, Any]) -> None:
    answer = amazon.call("GET", ITEMS, **{"marketplaceIds": UK, **query})
    assert (answer.status, answer.data["errors"][0]["code"]) == (400, "InvalidInput")


# === PRODUCT TYPES === #


@covers("R430")
def test_a_product_type_with_its_schema(amazon: Amazon, backstage: AmazonControl) -> None:
    found = amazon.ok("GET", TYPES, marketplaceIds=DE, keywords="tea")["productTypes"]
    assert [each["name"] for each in found] == ["GROCERY"]
    definition = amazon.ok("GET", f"{TYPES}/SHIRT", marketplaceIds=DE)
    link = definition["schema"]["link"]
    assert link["verb"] == "GET"
    answer = amazon.raw("GET", link["resource"])
    digest = base64.b64encode(hashlib.md5(answer.body).digest()).decode()
    assert definition["schema"]["checksum"] == digest
    schema = json.loads(answer.body)
    assert {"item_name", "brand", "color", "size", "target_gender"} <= set(schema["required"])
    genders = schema["properties"]["target_gender"]["items"]["properties"]["value"]["enum"]
    assert genders == ["female", "male", "unisex"]
    assert schema["$defs"]["marketplace_id"]["enum"] == [DE]
    assert schema["$defs"]["language_tag"]["default"] == "de_DE"
    parent = amazon.ok("GET", f"{TYPES}/SHIRT", marketplaceIds=DE, parentageLevel="PARENT")
    below = json.loads(amazon.raw("GET", parent["schema"]["link"]["resource"]).body)
    assert "color" not in below["required"] and "variation_theme" in below["required"]
    assert parent["schema"]["checksum"] != digest
    backstage.advance(301)
    assert amazon.raw("GET", link["resource"]).status == 403


def test_product_types_that_are_not_there(amazon: Amazon) -> None:
    assert amazon.call("GET", f"{TYPES}/SPACESHIP", marketplaceIds=UK).status == 404
    assert amazon.call("GET", TYPES).status == 400
    assert amazon.call("GET", TYPES, marketplaceIds=UK, keywords="a", itemName="b").status == 400
