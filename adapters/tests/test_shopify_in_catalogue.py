"""The file of a catalogue: lines in any order, joined without holding them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import InvalidError, Money
from marketplace_adapters.shopify.catalogue import joined
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import check_neutral, mutations


def variant(number: int, product: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": f"SKU-{number}",
        "barcode": None,
        "price": "19.90",
        "compareAtPrice": "25.00",
        "inventoryQuantity": 7,
        "inventoryPolicy": "DENY",
        "availableForSale": True,
        "taxable": True,
        "selectedOptions": [{"name": "Size", "value": f"S{number}"}],
        "product": {
            "id": f"gid://shopify/Product/{product}",
            "title": f"Shirt {product}",
            "status": "ACTIVE",
            "tags": ["a"],
            "descriptionHtml": "<p>Soft</p>",
            "featuredMedia": {"preview": {"image": {"url": f"https://cdn/{product}.jpg"}}},
        },
        "inventoryItem": {
            "id": f"gid://shopify/InventoryItem/{number}9",
            "tracked": True,
            "measurement": {"weight": {"unit": "GRAMS", "value": 250}},
        },
        **more,
    }


def level(parent: str, place: int, available: int) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/InventoryLevel/{place}?inventory_item_id={parent[-3:]}",
        "location": {"id": f"gid://shopify/Location/{place}"},
        "quantities": [{"name": "available", "quantity": available}],
        "__parentId": parent,
    }


def picture(parent: str, name: str) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/MediaImage/{name}",
        "image": {"url": f"https://cdn/{name}.jpg"},
        "__parentId": parent,
    }


@covers("R356")
def test_children_find_their_parents_whatever_the_order_of_the_lines() -> None:
    one, two, three = variant(1, 8), variant(2, 9), variant(3, 8)
    lines = [
        one,
        two,
        three,
        level(one["id"], 7001, 4),
        level(one["id"], 7002, -1),
        # Some files name the item instead of the variant.
        level(two["inventoryItem"]["id"], 7001, 9),
        picture(three["id"], "blue"),
        {"__parentId": three["id"]},
    ]
    wanted = list(joined(lines, "EUR"))
    assert [one.key.external_id for one in wanted] == ["1", "3", "2"]
    assert [one.group for one in wanted] == ["8", "8", "9"]
    assert wanted[0].by_location == {"7001": Decimal(4), "7002": Decimal(-1)}
    assert [one.quantity for one in wanted] == [Decimal(3), Decimal(7), Decimal(9)]
    assert wanted[1].image_urls == ("https://cdn/8.jpg", "https://cdn/blue.jpg")
    assert wanted[0].compare_at == Money(Decimal("25.00"), "EUR")
    assert (wanted[0].weight_kg, wanted[0].title) == (Decimal("0.250"), "Shirt 8 - S1")
    shuffled = [*lines[3:], *lines[:3]]
    assert [one.by_location for one in joined(shuffled, "EUR")] == [
        one.by_location for one in wanted
    ]


def test_an_empty_file_is_an_empty_catalogue() -> None:
    assert list(joined([], "EUR")) == []


def test_a_line_without_an_id_is_refused() -> None:
    with pytest.raises(InvalidError, match="no id"):
        list(joined([{"title": "x"}], "EUR"))


@pytest.mark.large
def test_the_memory_does_not_grow_with_the_catalogue() -> None:
    def lines(count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            yield variant(number, number // 3, descriptionHtml="x" * 400)
        for number in range(count):
            yield level(f"gid://shopify/ProductVariant/{number}", 7001, number)

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            assert sum(1 for _one in joined(lines(count), "EUR")) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(100), peak(600)
    # Six times as much, and not a fraction of it more: a batch of lines is held, no more.
    assert large < small * 2


def test_a_damaged_line_is_read_or_refused_and_never_breaks() -> None:
    read = refused = 0
    for one in mutations(variant(1, 8))[::25]:
        if not isinstance(one, dict):
            continue
        try:
            for found in joined([one, level("gid://shopify/ProductVariant/1", 7001, 4)], "EUR"):
                check_neutral(found)
                read += 1
        except InvalidError:
            refused += 1
    assert read > 20
    assert refused > 0
