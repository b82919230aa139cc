"""Collections by hand and by rules, sales channels, price lists."""

from __future__ import annotations

from typing import Any

import pytest
from shopify_sales_support import Counter, Shop, gid
from shopify_support import DEFINE, errors
from support import covers

CREATE = """mutation ($collection: CollectionCreateInput!) {
  collectionCreate(collection: $collection) { collection { id handle
    productsCount { count } products(first: 20) { nodes { id } }
    sources { id title ... on CollectionConditionsSource { inclusion { matchType
      conditions { id ... on CollectionSourceInclusionConditionProductTag { relation values } }
      selections(first: 5) { nodes { product { id } } } } } } }
    userErrors { field message } } }"""
UPDATE = """mutation ($collection: CollectionUpdateInput!) {
  collectionUpdate(collection: $collection) { collection { id title
    products(first: 20) { nodes { id } } } userErrors { field message } } }"""


@pytest.fixture(autouse=True)
def goods(shop: Shop, counter: Counter) -> None:
    """A shop with the demo's goods, without orders."""
    counter.call("POST", "reset", {"provider": "shopify", "seed": "goods"})


def rule(kind: str, relation: str, *values: str, match: str = "ANY") -> dict[str, Any]:
    return {kind: {"relation": relation, "values": list(values), "matchType": match}}


def by_rules(*rules: dict[str, Any], match: str = "ALL", title: str = "T") -> dict[str, Any]:
    inclusion = {"conditions": list(rules), "matchType": match}
    return {"title": title, "sources": [{"source": {"title": "Rules", "inclusion": inclusion}}]}


def made(shop: Shop, data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = shop.do(CREATE, collection=data)["collection"]
    return found


def members(collection: dict[str, Any]) -> list[int]:
    return [int(each["id"].rsplit("/", 1)[1]) for each in collection["products"]["nodes"]]


@covers("R412")
def test_a_collection_by_hand(shop: Shop) -> None:
    rows = [{"productId": gid("Product", n)} for n in (8003, 8001)]
    source = {"title": "Chosen", "inclusion": {"selections": rows}}
    found = made(shop, {"title": "Für Gäste", "sources": [{"source": source}]})
    assert (found["handle"], members(found)) == ("fur-gaste", [8001, 8003])
    (kept,) = found["sources"]
    assert kept["inclusion"]["matchType"] is None
    assert len(kept["inclusion"]["selections"]["nodes"]) == 2
    change = {
        "selectionsToAdd": [{"productId": gid("Product", 8002)}],
        "selectionsToRemove": [{"productId": gid("Product", 8001)}],
    }
    source = {"condition": {"id": kept["id"], "inclusion": change}}
    data = {"id": found["id"], "title": "Renamed", "sourcesToUpdate": [source]}
    again = shop.do(UPDATE, collection=data)["collection"]
    assert (again["title"], members(again)) == ("Renamed", [8002, 8003])


@covers("R412")
@pytest.mark.parametrize(
    ("rules", "match", "found"),
    [
        ((rule("productTag", "TAGGED_WITH", "SWEET"),), "ALL", [8007, 8008]),
        ((rule("productTag", "NOT_TAGGED_WITH", "sweet"), rule("productType", "EQUALS", "Snacks")),
         "ALL", [8006]),
        ((rule("productTag", "TAGGED_WITH", "hot"), rule("productTitle", "STARTS_WITH", "dates")),
         "ANY", [8005, 8008]),
        ((rule("productTitle", "CONTAINS", "cola", "wafer", match="ANY"),), "ALL", [8001, 8007]),
        ((rule("productTitle", "CONTAINS", "choco", "wafer", match="ALL"),), "ALL", [8007]),
        ((rule("productVendor", "NOT_EQUALS", "Nile Trade"),), "ALL", []),
        ((rule("productStatus", "EQUALS", "DRAFT"),), "ALL", []),
        (({"variantPrice": {"relation": "GREATER_THAN",
                            "value": {"amount": "9.75", "currencyCode": "EUR"}}},), "ALL", [8009]),
        (({"variantInventory": {"relation": "LESS_THAN", "value": 17}},), "ALL", [8009]),
        (({"productCategory": {"relation": "EQUALS", "matchType": "ANY", "values": [
            {"categoryId": "gid://shopify/TaxonomyCategory/fb", "includeDescendants": True}]}},),
         "ALL", [8002]),
    ],
)  # fmt: skip
def test_collections_by_rules(
    shop: Shop, rules: tuple[dict[str, Any], ...], match: str, found: list[int]
) -> None:
    update = """mutation ($product: ProductUpdateInput!) { productUpdate(product: $product) {
      userErrors { message } } }"""
    category = "gid://shopify/TaxonomyCategory/fb-1-2"
    shop.do(update, product={"id": gid("Product", 8002), "category": category})
    assert members(made(shop, by_rules(*rules, match=match))) == found


@covers("R412")
def test_rules_follow_the_products(shop: Shop, counter: Counter) -> None:
    found = made(shop, by_rules(rule("productTag", "TAGGED_WITH", "new")))
    assert members(found) == []
    counter.shop("PATCH", "products/8004", {"tags": ["new"]})
    text = """query ($id: ID!) { collection(id: $id) { productsCount { count }
      hasProduct(id: "gid://shopify/Product/8004") products(first: 5) { nodes { id } } } }"""
    seen = shop.ask(text, id=found["id"])["collection"]
    assert (members(seen), seen["hasProduct"]) == ([8004], True)
    condition = found["sources"][0]["inclusion"]["conditions"][0]
    assert (condition["relation"], condition["values"]) == ("TAGGED_WITH", ["new"])
    change = {"conditionsToUpdate": [
        {"id": condition["id"], "condition": {"productTag": {"values": ["sweet"]}}}],
        "conditionsToCreate": [rule("productTitle", "CONTAINS", "dates")]}  # fmt: skip
    data = {"id": found["id"], "sourcesToUpdate": [
        {"condition": {"id": found["sources"][0]["id"], "inclusion": change}}]}  # fmt: skip
    assert members(shop.do(UPDATE, collection=data)["collection"]) == [8008]
    data = {"id": found["id"], "sourcesToDelete": [found["sources"][0]["id"]]}
    assert members(shop.do(UPDATE, collection=data)["collection"]) == []


@covers("R412")
def test_collections_are_found_by_a_key_of_ours(shop: Shop) -> None:
    key = {"namespace": "odoo", "key": "category", "name": "Key", "ownerType": "COLLECTION",
           "type": "id"}  # fmt: skip
    shop.do(DEFINE, definition=key)
    field = {"namespace": "odoo", "key": "category", "type": "id", "value": "7"}
    found = made(shop, {"title": "Drinks", "metafields": [field]})
    text = """query ($i: CollectionIdentifierInput!) { collectionByIdentifier(identifier: $i) {
      id } }"""
    custom = {"customId": {"namespace": "odoo", "key": "category", "value": "7"}}
    for each in (custom, {"handle": "drinks"}, {"id": found["id"]}):
        assert shop.ask(text, i=each)["collectionByIdentifier"] == {"id": found["id"]}
    custom["customId"]["value"] = "8"
    assert shop.ask(text, i=custom) == {"collectionByIdentifier": None}


@covers("R412")
def test_deleting_a_collection_keeps_its_products(shop: Shop, counter: Counter) -> None:
    drop = """mutation ($id: ID!) { collectionDelete(input: {id: $id}) {
      deletedCollectionId userErrors { message } } }"""
    text = '{ product(id: "gid://shopify/Product/8001") { collections(first: 5) { nodes { title } } } }'  # noqa: E501
    before = shop.ask(text)["product"]["collections"]["nodes"]
    assert before == [{"title": "Featured"}]
    shop.do(drop, id=gid("Collection", 6002))
    assert shop.ask(text)["product"]["collections"]["nodes"] == []
    assert shop.refused(drop, id=gid("Collection", 6002)) == "Collection does not exist"
    assert shop.refused(CREATE, collection={"title": "  "}) == "Title can't be blank"
    assert len(counter.shop("GET", "products")) == 9


PUBLISH = """mutation ($id: ID!, $input: [PublicationInput!]!) {
  %s(id: $id, input: $input) { publishable {
    publishedOnPublication(publicationId: "gid://shopify/Publication/8002")
    resourcePublicationsV2(first: 5) { nodes { isPublished publication { id } } } }
    userErrors { field message } } }"""


@covers("R413")
def test_products_come_and_go_on_channels(shop: Shop) -> None:
    channels = shop.ask("{ publications(first: 5) { nodes { id catalog { title } } } }")
    assert channels["publications"]["nodes"] == [
        {"id": gid("Publication", 8001), "catalog": {"title": "Online Store"}},
        {"id": gid("Publication", 8002), "catalog": {"title": "Point of Sale"}},
    ]
    where = {"id": gid("Product", 8001), "input": [{"publicationId": gid("Publication", 8001)}]}
    found = shop.do(PUBLISH % "publishableUnpublish", **where)["publishable"]
    assert found["resourcePublicationsV2"]["nodes"] == [
        {"isPublished": True, "publication": {"id": gid("Publication", 8002)}}
    ]
    for _ in range(2):
        found = shop.do(PUBLISH % "publishablePublish", **where)["publishable"]
    assert len(found["resourcePublicationsV2"]["nodes"]) == 2
    where["input"] = [{"publicationId": gid("Publication", 1)}]
    assert "does not exist" in shop.refused(PUBLISH % "publishablePublish", **where)
    where["id"] = gid("Product", 1)
    assert "does not exist" in shop.refused(PUBLISH % "publishablePublish", **where)
    row = {"id": gid("Collection", 6001), "input": [{"publicationId": gid("Publication", 8002)}]}
    found = shop.do(PUBLISH % "publishablePublish", **row)["publishable"]
    assert found["publishedOnPublication"] is True


ADD = """mutation ($list: ID!, $prices: [PriceListPriceInput!]!) {
  priceListFixedPricesAdd(priceListId: $list, prices: $prices) {
    prices { variant { sku } price { amount currencyCode } compareAtPrice { amount } originType }
    userErrors { code field } } }"""


def price(variant: int, amount: str, currency: str = "USD", compare: str | None = None
          ) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {
        "variantId": gid("ProductVariant", variant),
        "price": {"amount": amount, "currencyCode": currency},
    }
    if compare is not None:
        found["compareAtPrice"] = {"amount": compare, "currencyCode": currency}
    return found


@covers("R409")
def test_prices_of_a_market(shop: Shop, counter: Counter) -> None:
    us = gid("PriceList", 9001)
    rows = [price(40001, "2.49", compare="3"), price(40002, "0")]
    found = shop.do(ADD, list=us, prices=rows)["prices"]
    assert found == [
        {"variant": {"sku": "COL-330"}, "price": {"amount": "2.49", "currencyCode": "USD"},
         "compareAtPrice": {"amount": "3.0"}, "originType": "FIXED"},
        {"variant": {"sku": "WTR-600"}, "price": {"amount": "0.0", "currencyCode": "USD"},
         "compareAtPrice": None, "originType": "FIXED"},
    ]  # fmt: skip
    assert errors(shop, ADD, list=us, prices=[price(1, "1"), price(40003, "1", "EUR")]) == [
        ("VARIANT_NOT_FOUND", "prices.0.variantId"),
        ("PRICE_LIST_CURRENCY_MISMATCH", "prices.1.price.currencyCode"),
    ]
    assert errors(shop, ADD, list=gid("PriceList", 1), prices=[]) == [
        ("PRICE_LIST_NOT_FOUND", "priceListId")
    ]
    book = counter.shop("GET", "book")["price_lists"]["9001"]
    assert book == {"40001": "2.49", "40002": "0", "40008": "11.21"}
    drop = """mutation ($list: ID!, $ids: [ID!]!) { priceListFixedPricesDelete(
      priceListId: $list, variantIds: $ids) { deletedFixedPriceVariantIds
      userErrors { code } } }"""
    ids = [gid("ProductVariant", 40001), gid("ProductVariant", 40003)]
    found = shop.do(drop, list=us, ids=ids)["deletedFixedPriceVariantIds"]
    assert found == [gid("ProductVariant", 40001)]
    text = """{ priceLists(first: 2) { nodes { name currency fixedPricesCount
      prices(first: 9, originType: FIXED) { nodes { price { amount } } } } } }"""
    assert shop.ask(text)["priceLists"]["nodes"] == [
        {"name": "United States", "currency": "USD", "fixedPricesCount": 2,
         "prices": {"nodes": [{"price": {"amount": "11.21"}}, {"price": {"amount": "0.0"}}]}}
    ]  # fmt: skip
