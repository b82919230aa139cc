"""Products told to Shopify, on the sandbox: made, changed, merged, published, withdrawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from marketplace_adapters.core import (
    DeleteState,
    ImageState,
    Kind,
    ListingKey,
    OverrideState,
    TransportError,
)
from marketplace_adapters.shopify import ShopifyAdapter
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply, ScriptedServer
from shopify_harness import ONLINE, POS
from shopify_sandbox import SandboxHarness, Wire, tail
from shopify_shop import (
    calls,
    good,
    item,
    look,
    only,
    outcomes,
    product,
    push,
    skus,
    tee,
    variant,
)


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


# === MADE === #


@covers("R406", "R407")
def test_a_product_with_variants_is_one_call(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    tee(harness, adapter, "Blue")
    with calls(harness) as made:
        keys = tee(harness, adapter, "Red", "أخضر", key="P2", vendor="Läden", tags=["grün"])
    assert made == ["productSet"]
    found = look(harness, keys["Red"].extra["product_id"])
    assert (found["title"], found["vendor"], found["tags"]) == ("Tee 🍵", "Läden", ["grün"])
    assert skus(found) == ["TEE-RED", "TEE-أخضر"]
    rows = found["variants"]["nodes"]
    assert [tail(one["id"]) for one in rows] == [keys["Red"].external_id, keys["أخضر"].external_id]
    assert [one["metafield"]["value"] for one in rows] == ["V1", "V2"]
    assert [one["price"] for one in rows] == ["12.50", "12.50"]
    assert [tail(one["inventoryItem"]["id"]) for one in rows] == [
        keys["Red"].extra["inventory_item_id"],
        keys["أخضر"].extra["inventory_item_id"],
    ]


@covers("R406", "X36")
def test_a_lost_answer_makes_no_second_product(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    tee(harness, adapter, "Grey", key="P0")
    row = variant(1, "Blue")
    told = item(Kind.PRODUCT, ListingKey(sku="TEE-BLUE", internal_id="V1"), product([row], row))
    harness.front.next(Reply(fault="reset", after=True))
    with pytest.raises(TransportError):
        push(harness, adapter, told)
    before = harness.wire.graphql("{ productsCount { count } }")["productsCount"]["count"]
    good(push(harness, adapter, told))
    after = harness.wire.graphql("{ productsCount { count } }")["productsCount"]["count"]
    assert (before, after) == (2, 2)


def test_a_product_without_a_key_is_refused_before_a_call(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    row = variant(1, "Blue", key="")
    told = item(Kind.PRODUCT, ListingKey(), product([row], row, key=""))
    adapter.push("product", [told], "k")  # defines the key once
    with calls(harness) as made:
        result = only(push(harness, adapter, told))
    assert (result.outcome.value, result.code) == ("error", "no_key")
    assert made == []


# === CHANGED === #


@covers("R408")
def test_what_the_shop_owns_is_not_touched(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    keys = tee(harness, adapter, "Blue", vendor="Läden", tags=["a"], description_html="<p>1</p>")
    key = keys["Blue"]
    harness.wire.graphql(
        "mutation M($product: ProductUpdateInput!) "
        "{ productUpdate(product: $product) { userErrors { message } } }",
        {
            "product": {
                "id": f"gid://shopify/Product/{key.extra['product_id']}",
                "vendor": "Owner",
                "tags": ["sale"],
                "metafields": [
                    {
                        "namespace": "custom",
                        "key": "own",
                        "type": "single_line_text_field",
                        "value": "kept",
                    }
                ],
            }
        },
    )
    row = {"key": "V1", "id": key.external_id, "barcode": "4006381333931", "weight_kg": "0.5"}
    head = {"key": "P1", "id": key.extra["product_id"], "title": "New 🍵"}
    state = product([variant(1, "Blue", **row)], row)
    state = dataclasses.replace(state, attributes={**state.attributes, "product": head})
    with calls(harness) as made:
        good(push(harness, adapter, item(Kind.PRODUCT, key, state)))
    assert made == ["productUpdate", "productVariantsBulkUpdate"]
    found = look(harness, key.extra["product_id"])
    assert (found["title"], found["vendor"], found["tags"]) == ("New 🍵", "Owner", ["sale"])
    assert found["descriptionHtml"] == "<p>1</p>"
    fields = {(one["namespace"], one["key"]): one["value"] for one in found["metafields"]["nodes"]}
    assert fields == {("custom", "own"): "kept", ("odoo", "product"): "P1"}
    (shown,) = found["variants"]["nodes"]
    assert (shown["barcode"], shown["sku"], shown["price"]) == (
        "4006381333931",
        "TEE-BLUE",
        "12.50",
    )
    assert shown["inventoryItem"]["measurement"]["weight"] == {"value": 0.5, "unit": "KILOGRAMS"}


@covers("R407", "R408")
def test_a_variant_is_added_and_strangers_survive(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    keys = tee(harness, adapter, "Blue")
    blue, product_id = keys["Blue"], keys["Blue"].extra["product_id"]
    made = harness.wire.graphql(
        "mutation M($id: ID!, $variants: [ProductVariantsBulkInput!]!) "
        "{ productVariantsBulkCreate(productId: $id, variants: $variants) "
        "{ userErrors { message } productVariants { id } } }",
        {
            "id": f"gid://shopify/Product/{product_id}",
            "variants": [
                {
                    "optionValues": [{"optionName": "Colour", "name": "Gold"}],
                    "price": "99.00",
                    "inventoryItem": {"sku": "OWNER-GOLD"},
                }
            ],
        },
    )
    assert made["productVariantsBulkCreate"]["userErrors"] == []
    rows = [variant(1, "Blue", id=blue.external_id), variant(2, "Red", price="15")]
    red = item(
        Kind.PRODUCT,
        ListingKey(sku="TEE-RED", internal_id="V2", extra={"product_id": product_id}),
        product(rows, rows[1], id=product_id),
        "red",
    )
    learned = only(good(push(harness, adapter, red))).learned
    found = look(harness, product_id)
    assert sorted(skus(found)) == ["OWNER-GOLD", "TEE-BLUE", "TEE-RED"]
    by_sku = {one["sku"]: one for one in found["variants"]["nodes"]}
    assert tail(by_sku["TEE-RED"]["id"]) == learned["external_id"]
    assert tail(by_sku["TEE-BLUE"]["id"]) == blue.external_id
    assert [by_sku[sku]["price"] for sku in ("OWNER-GOLD", "TEE-RED")] == ["99.00", "15.00"]
    # Told again, although the answer was lost: the variant is found by our key.
    again = only(good(push(harness, adapter, red))).learned
    assert again == learned
    assert len(skus(look(harness, product_id))) == 3


def test_other_options_than_the_shops_are_a_reason_in_plain_words(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    product_id = tail(
        harness.wire.make(
            title="Own",
            productOptions=[{"name": "Size", "values": [{"name": "S"}, {"name": "M"}]}],
            variants=[
                {"optionValues": [{"optionName": "Size", "name": size}], "sku": size}
                for size in "SM"
            ],
        )["id"]
    )
    row = variant(1, "Blue")
    told = item(
        Kind.PRODUCT,
        ListingKey(sku="x", extra={"product_id": product_id}),
        product([row], row, id=product_id),
    )
    result = only(push(harness, adapter, told))
    assert (result.outcome.value, result.code) == ("error", "options_differ")
    assert "Size" in (result.message or "")
    assert skus(look(harness, product_id)) == ["S", "M"]


# === PICTURES, PUBLICATIONS === #


@covers("R409", "X46")
def test_images_have_texts_and_the_same_again_are_the_same(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = tee(harness, adapter, "Blue")["Blue"]
    urls = ("https://shop.test/a.jpg", "https://shop.test/b.png")
    told = item(Kind.IMAGE, key, ImageState(urls, ("Vorn 🍵", "Hinten")))
    for _time in range(2):
        good(push(harness, adapter, told))
        found = look(harness, key.extra["product_id"])["media"]["nodes"]
        assert [one["alt"] for one in found] == ["Vorn 🍵", "Hinten"]
    assert skus(look(harness, key.extra["product_id"])) == ["TEE-BLUE"]


@covers("R410")
def test_a_product_is_seen_where_it_should_and_nowhere_else_of_ours(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = tee(harness, adapter, "Blue")["Blue"]
    for wanted in ([ONLINE, POS], [POS], []):
        told = item(Kind.OVERRIDE, key, OverrideState({"publications": wanted}))
        good(push(harness, adapter, told))
        rows = look(harness, key.extra["product_id"])["resourcePublications"]["nodes"]
        shown = sorted(tail(one["publication"]["id"]) for one in rows if one["isPublished"])
        assert shown == wanted


@covers("X46")
def test_no_word_of_publications_changes_none(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = tee(harness, adapter, "Blue")["Blue"]
    for values in ({"publications": [ONLINE]}, {}, {"publications": None}):
        good(push(harness, adapter, item(Kind.OVERRIDE, key, OverrideState(values))))
        rows = look(harness, key.extra["product_id"])["resourcePublications"]["nodes"]
        shown = [tail(one["publication"]["id"]) for one in rows if one["isPublished"]]
        assert shown == [ONLINE]


@covers("R407")
def test_a_product_with_very_many_variants(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    """More than an answer shows: the rest is read, and each listing learns its own id."""
    keys = tee(harness, adapter, *(f"c{number}" for number in range(120)))
    assert len({key.external_id for key in keys.values()}) == 120
    (last,) = [
        one
        for one in look_variants(harness, keys["c0"].extra["product_id"])
        if one["sku"] == "TEE-C119"
    ]
    assert tail(last["id"]) == keys["c119"].external_id


def test_all_items_of_a_new_product_are_told_together(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    row = variant(1, "Blue")
    key = ListingKey(sku="TEE-BLUE", internal_id="V1", extra={"product_key": "P1"})
    results = push(
        harness,
        adapter,
        item(Kind.OVERRIDE, key, OverrideState({"publications": [ONLINE]}), "o"),
        item(Kind.IMAGE, key, ImageState(("https://shop.test/a.jpg",)), "i"),
        item(Kind.PRODUCT, key, product([row], row), "p"),
    )
    assert outcomes(results) == [
        ("i", "success", None),
        ("o", "success", None),
        ("p", "success", None),
    ]
    alone = item(Kind.IMAGE, ListingKey(sku="x"), ImageState(("https://shop.test/a.jpg",)), "x")
    assert outcomes(push(harness, adapter, alone)) == [("x", "retry", "product_first")]


def test_a_deleted_definition_is_made_anew(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    tee(harness, adapter, "Blue")
    harness.wire.start_over()
    row = variant(2, "Red")
    told = item(Kind.PRODUCT, ListingKey(sku="TEE-RED", internal_id="V2"), product([row], row))
    first = only(push(harness, adapter, told))
    assert (first.outcome.value, first.code) == ("retry", "no_definition")
    good(push(harness, adapter, told))


def test_all_kinds_of_one_product_are_told_together(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    row = variant(1, "Blue")
    key = ListingKey(sku="TEE-BLUE", internal_id="V1", extra={})
    state = product([row], row)
    told = [
        item(Kind.PRODUCT, key, state, "p"),
    ]
    keys = only(good(push(harness, adapter, *told))).learned
    known = ListingKey(keys["external_id"], "TEE-BLUE", "V1", extra=dict(keys))
    results = push(
        harness,
        adapter,
        item(Kind.IMAGE, known, ImageState(("https://shop.test/a.jpg",)), "i"),
        item(Kind.OVERRIDE, known, OverrideState({"publications": [ONLINE]}), "o"),
        item(Kind.PRODUCT, known, product([row], {**row, "id": keys["external_id"]}), "p"),
    )
    assert outcomes(results) == [
        ("i", "success", None),
        ("o", "success", None),
        ("p", "success", None),
    ]


def look_variants(harness: SandboxHarness, product_id: str) -> list[dict[str, Any]]:
    """All variants, by pages."""
    query = (
        "query Q($id: ID!, $after: String) { product(id: $id) { variants(first: 100, "
        "after: $after) { nodes { id sku } pageInfo { hasNextPage endCursor } } } }"
    )
    found, after = [], None
    while True:
        variables = {"id": f"gid://shopify/Product/{product_id}", "after": after}
        rows = harness.wire.graphql(query, variables)["product"]["variants"]
        found += rows["nodes"]
        if not rows["pageInfo"]["hasNextPage"]:
            return found
        after = rows["pageInfo"]["endCursor"]


# === WITHDRAWN === #


@covers("R411")
@pytest.mark.parametrize(("means", "status"), [("archive", "ARCHIVED"), ("draft", "DRAFT")])
def test_a_deleted_product_is_archived_or_drafted(
    harness: SandboxHarness, means: str, status: str
) -> None:
    with harness.adapter(delete_means=means) as adapter:
        key = tee(harness, adapter, "Blue")["Blue"]
        for _time in range(2):
            good(push(harness, adapter, item(Kind.DELETE, key, DeleteState())))
            assert look(harness, key.extra["product_id"])["status"] == status


@covers("R411")
def test_a_deleted_product_is_gone_when_the_account_says_so(harness: SandboxHarness) -> None:
    with harness.adapter(delete_means="delete") as adapter:
        key = tee(harness, adapter, "Blue")["Blue"]
        for _time in range(2):
            good(push(harness, adapter, item(Kind.DELETE, key, DeleteState())))
            assert look(harness, key.extra["product_id"]) is None


def test_a_deleted_variant_leaves_its_siblings_alone(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    keys = tee(harness, adapter, "Blue", "Red")
    good(push(harness, adapter, item(Kind.DELETE, keys["Red"], DeleteState())))
    found = look(harness, keys["Blue"].extra["product_id"])
    assert (skus(found), found["status"]) == (["TEE-BLUE"], "ACTIVE")
