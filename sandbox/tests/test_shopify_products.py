"""Products: productSet and the smaller mutations, and reading them back."""

from __future__ import annotations

from typing import Any

import pytest
from shopify_sales_support import Counter, Shop, gid
from shopify_support import (
    DEFINE,
    KEY,
    PRODUCT_SET,
    VARIANTS_UPDATE,
    errors,
    option,
    put,
    shirt,
    variant,
)
from support import Receiver, covers


@pytest.fixture(autouse=True)
def goods(shop: Shop, counter: Counter) -> None:
    """A shop with the demo's goods, without orders."""
    counter.call("POST", "reset", {"provider": "shopify", "seed": "goods"})


CUSTOM = {"customId": {"namespace": "odoo", "key": "product", "value": "42"}}


def numbers(product: dict[str, Any]) -> dict[str, str]:
    """SKU → id of the variant."""
    return {each["sku"]: each["id"] for each in product["variants"]["nodes"]}


@pytest.fixture
def defined(shop: Shop) -> Shop:
    """A shop where products have a key of ours."""
    shop.do(DEFINE, definition=KEY)
    return shop


@covers("R356", "R407")
def test_a_product_with_everything(defined: Shop) -> None:
    rows = [
        {
            **variant("CS-B", "10.5", Colour="Blue"),
            "compareAtPrice": "12",
            "barcode": "4006381333931",
            "inventoryItem": {"tracked": True},
            "inventoryQuantities": [
                {"locationId": gid("Location", 7002), "name": "available", "quantity": 5}
            ],
        },
        variant("CS-R", "0", Colour="Red"),
    ]
    data = shirt(
        variants=rows,
        status="DRAFT",
        vendor="Ünal & Söhne",
        tags=["b", "a", "A", " "],
        files=[{"originalSource": "https://img.example/1.jpg", "alt": "قميص أزرق"}],
    )
    found = put(defined, data, identifier=CUSTOM)
    assert (found["handle"], found["status"]) == ("cafe-shirt", "DRAFT")
    assert (found["vendor"], found["tags"]) == ("Ünal & Söhne", ["a", "b"])
    assert [(each["name"], each["values"]) for each in found["options"]] == [
        ("Colour", ["Blue", "Red"])
    ]
    blue, red = found["variants"]["nodes"]
    assert (blue["sku"], blue["price"], blue["compareAtPrice"]) == ("CS-B", "10.50", "12.00")
    assert (red["price"], red["compareAtPrice"], red["position"]) == ("0.00", None, 2)
    assert blue["inventoryItem"]["tracked"] is True
    assert [(each["alt"], each["status"]) for each in found["media"]["nodes"]] == [
        ("قميص أزرق", "READY")
    ]
    assert found["metafields"]["nodes"] == [
        {"namespace": "odoo", "key": "product", "type": "id", "value": "42"}
    ]


@covers("R356", "R407", "X46")
def test_a_repeat_by_custom_id_makes_no_second_product(defined: Shop, counter: Counter) -> None:
    first = put(defined, shirt(), identifier=CUSTOM)
    assert put(defined, shirt(), identifier=CUSTOM) == first
    counter.shop("GET", f"products/{first['id'].rsplit('/', 1)[1]}")
    found = defined.ask(
        "query ($i: ProductIdentifierInput!) { productByIdentifier(identifier: $i) { id } }",
        i=CUSTOM,
    )
    assert found["productByIdentifier"] == {"id": first["id"]}


@covers("R356")
def test_a_custom_id_needs_its_definition(shop: Shop) -> None:
    assert errors(shop, PRODUCT_SET, input=shirt(), identifier=CUSTOM) == [
        ("INVALID_METAFIELD", "identifier.customId")
    ]
    shop.do(DEFINE, definition=KEY)
    assert errors(shop, DEFINE, definition=KEY) == [("TAKEN", "definition.key")]


@covers("R356")
def test_metafields_must_hold_the_custom_id_when_they_are_given(defined: Shop) -> None:
    other = {"namespace": "odoo", "key": "material", "type": "single_line_text_field", "value": "x"}
    own = {"namespace": "odoo", "key": "product", "type": "id", "value": "42"}
    data = shirt(metafields=[other])
    assert errors(defined, PRODUCT_SET, input=data, identifier=CUSTOM) == [
        ("METAFIELD_MISMATCH", "input.metafields")
    ]
    found = put(defined, shirt(metafields=[other, own]), identifier=CUSTOM)
    assert [each["key"] for each in found["metafields"]["nodes"]] == ["material", "product"]
    found = put(defined, shirt(metafields=[own]), identifier=CUSTOM)
    assert [each["key"] for each in found["metafields"]["nodes"]] == ["product"]
    found = put(defined, shirt(), identifier=CUSTOM)  # not given: not touched
    assert [each["key"] for each in found["metafields"]["nodes"]] == ["product"]


@covers("R356", "R407")
def test_lists_replace_and_other_members_stay(shop: Shop, counter: Counter) -> None:
    made = put(shop, shirt(tags=["old"], vendor="A"))
    known = numbers(made)
    data = {
        "tags": ["new"],
        "productOptions": [option("Colour", "Blue", "Green")],
        "variants": [
            variant("CS-G", Colour="Green"),
            {"id": known["CS-B"], **variant(None, None, Colour="Blue")},
        ],
    }
    found = put(shop, data, identifier={"id": made["id"]})
    assert (found["title"], found["vendor"], found["tags"]) == ("Café Shirt", "A", ["new"])
    green, blue = found["variants"]["nodes"]
    assert (blue["id"], blue["sku"], blue["price"]) == (known["CS-B"], "CS-B", "9.99")
    assert (green["sku"], green["position"]) == ("CS-G", 1)
    gone = shop.ask("query ($id: ID!) { productVariant(id: $id) { id } }", id=known["CS-R"])
    assert gone == {"productVariant": None}
    found = put(shop, {"title": "Renamed"}, identifier={"id": made["id"]})
    assert (found["handle"], len(found["variants"]["nodes"])) == ("cafe-shirt", 2)


@covers("R407")
def test_variants_are_known_by_their_options(shop: Shop) -> None:
    made = put(shop, shirt())
    again = put(shop, shirt(title="Other"), identifier={"id": made["id"]})
    assert numbers(again) == numbers(made)


@covers("R407")
def test_an_option_is_renamed_with_its_value(shop: Shop) -> None:
    made = put(shop, shirt())
    known = made["options"][0]["id"]
    data = {
        "productOptions": [{"id": known, "name": "Farbe", "values": [
            {"name": "Blue"}, {"name": "Red"}, {"name": "Grün"}]}],
        "variants": [variant("CS-B", Farbe="Blue"), variant("CS-R", Farbe="Red"),
                     variant("CS-G", Farbe="Grün")],
    }  # fmt: skip
    found = put(shop, data, identifier={"id": made["id"]})
    assert found["options"] == [{"id": known, "name": "Farbe", "values": ["Blue", "Red", "Grün"]}]
    assert {**numbers(found), "CS-G": ""} == {**numbers(made), "CS-G": ""}


@covers("R407")
@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"title": " "}, "INVALID_PRODUCT", "input.title"),
        ({"title": "x" * 256}, "INVALID_PRODUCT", "input.title"),
        ({"handle": "cola-can-330-ml"}, "HANDLE_NOT_UNIQUE", "input.handle"),
        ({"variants": None}, "VARIANTS_INPUT_MISSING", "input.variants"),
        ({"variants": []}, "VARIANTS_INPUT_MISSING", "input.variants"),
        ({"productOptions": [option(n, "1") for n in "abcd"]}, "OPTIONS_OVER_LIMIT",
         "input.productOptions"),
        ({"productOptions": [option("A", "1"), option("a", "1")]}, "DUPLICATED_OPTION_NAME",
         "input.productOptions.1"),
        ({"productOptions": [option("Colour", "Blue", "Blue")]}, "DUPLICATED_OPTION_VALUE",
         "input.productOptions.0.values"),
        ({"variants": [variant("x", Size="L")]}, "OPTION_DOES_NOT_EXIST",
         "input.variants.0.optionValues.0"),
        ({"variants": [variant("x", Colour="Pink")]}, "OPTION_VALUE_DOES_NOT_EXIST",
         "input.variants.0.optionValues.0.name"),
        ({"variants": [variant("x", Colour="Red"), variant("y", Colour="Red")]}, "INVALID_VARIANT",
         "input.variants.1"),
        ({"variants": [variant("x", "-0.01", Colour="Red")]}, "INVALID_VARIANT",
         "input.variants.0.price"),
        ({"variants": [{**variant("x", Colour="Red"), "id": gid("ProductVariant", 40001)}]},
         "PRODUCT_VARIANT_DOES_NOT_EXIST", "input.variants.0.id"),
        ({"files": [{"originalSource": "ftp://x/1.jpg"}]}, "INVALID_INPUT",
         "input.files.0.originalSource"),
        ({"collections": [gid("Collection", 1)]}, "INVALID_INPUT", "input.collections.0"),
        ({"collections": [gid("Collection", 6001)]}, "INVALID_INPUT", "input.collections.0"),
        ({"metafields": [{"namespace": "n1", "key": "k1", "type": "number_integer", "value": "x"}]},
         "INVALID_METAFIELD", "input.metafields.0.value"),
    ],
)  # fmt: skip
def test_what_product_set_refuses(
    shop: Shop, counter: Counter, change: dict[str, Any], code: str, path: str
) -> None:
    before = len(counter.shop("GET", "products"))
    data = {k: v for k, v in {**shirt(), **change}.items() if v is not None}
    assert errors(shop, PRODUCT_SET, input=data) == [(code, path)]
    assert len(counter.shop("GET", "products")) == before


@covers("R407")
def test_a_product_that_is_gone(shop: Shop) -> None:
    data = {"title": "x"}
    where = {"id": gid("Product", 1)}
    assert errors(shop, PRODUCT_SET, input=data, identifier=where) == [
        ("PRODUCT_DOES_NOT_EXIST", "identifier.id")
    ]


@covers("R407")
def test_handles_are_made_unique(shop: Shop) -> None:
    assert put(shop, {"title": "Cola Can 330 ml"})["handle"] == "cola-can-330-ml-1"
    assert put(shop, {"title": "Cola Can 330 ml"})["handle"] == "cola-can-330-ml-2"
    assert put(shop, {"title": "شاي أسود"})["handle"] == "شاي-اسود"
    assert put(shop, {"title": "!!!"})["handle"] == "product"


@covers("R407")
def test_product_set_in_the_background(shop: Shop, counter: Counter) -> None:
    counter.call("POST", "clock", {"mode": "frozen"})
    counter.shop("POST", "settings", {"async_seconds": 30})
    payload = shop.do(PRODUCT_SET, input=shirt(), synchronous=False)
    operation = payload["productSetOperation"]
    assert (payload["product"], operation["status"]) == (None, "CREATED")
    query = """query ($id: ID!) { productOperation(id: $id) { status product { title }
      ... on ProductSetOperation { userErrors { code } } } }"""
    counter.call("POST", "clock", {"advance": 29})
    found = shop.ask(query, id=operation["id"])["productOperation"]
    assert (found["status"], found["product"]) == ("CREATED", None)
    counter.call("POST", "clock", {"advance": 1})
    found = shop.ask(query, id=operation["id"])["productOperation"]
    assert found == {"status": "COMPLETE", "product": {"title": "Café Shirt"}, "userErrors": []}


@covers("R407")
def test_an_image_that_cannot_be_fetched(shop: Shop, counter: Counter) -> None:
    counter.shop("POST", "settings", {"media_hosts": ["good.example"]})
    files = [{"originalSource": f"https://{host}.example/1.jpg"} for host in ("good", "bad")]
    found = put(shop, shirt(files=files))
    assert [each["status"] for each in found["media"]["nodes"]] == ["READY", "FAILED"]
    kept = [{"id": found["media"]["nodes"][0]["id"], "alt": "new"}]
    again = put(shop, {"files": kept}, identifier={"id": found["id"]})
    assert [(each["id"], each["alt"]) for each in again["media"]["nodes"]] == [
        (kept[0]["id"], "new")
    ]


# === SMALLER MUTATIONS === #


@covers("R409", "R358")
def test_prices_of_many_variants(shop: Shop, counter: Counter) -> None:
    rows = [{"id": gid("ProductVariant", 40009 + n), "price": f"{20 + n}.5"} for n in range(4)]
    rows[0]["compareAtPrice"] = "30"
    found = shop.do(VARIANTS_UPDATE, id=gid("Product", 8009), variants=rows)
    assert [(x["price"], x["compareAtPrice"]) for x in found["productVariants"]] == [
        ("20.50", "30.00"), ("21.50", None), ("22.50", None), ("23.50", None)
    ]  # fmt: skip
    cleared = [{"id": gid("ProductVariant", 40009), "compareAtPrice": None}]
    found = shop.do(VARIANTS_UPDATE, id=gid("Product", 8009), variants=cleared)
    assert found["productVariants"][0]["compareAtPrice"] is None
    seen = counter.shop("GET", "acceptances?field=price&changed=true")
    assert [(x["sku"], x["value"], x["origin"]) for x in seen[:2]] == [
        ("TSH-BLA-S", 20.5, "api"), ("TSH-BLA-M", 21.5, "api")
    ]  # fmt: skip


@covers("R409")
def test_one_bad_variant_and_the_rest(shop: Shop) -> None:
    rows = [
        {"id": gid("ProductVariant", 40009), "price": "1"},
        {"id": gid("ProductVariant", 40010), "price": "-1"},
        {"id": gid("ProductVariant", 40001), "price": "1"},
        {"price": "1"},
    ]
    wanted = [
        ("NEGATIVE_PRICE_VALUE", "variants.1.price"),
        ("PRODUCT_VARIANT_DOES_NOT_EXIST", "variants.2.id"),
        ("PRODUCT_VARIANT_ID_MISSING", "variants.3.id"),
    ]
    product = gid("Product", 8009)
    price = '{ productVariant(id: "gid://shopify/ProductVariant/40009") { price } }'
    assert errors(shop, VARIANTS_UPDATE, id=product, variants=rows) == wanted
    assert shop.ask(price)["productVariant"] == {"price": "19.90"}
    assert errors(shop, VARIANTS_UPDATE, id=product, variants=rows, partial=True) == wanted
    assert shop.ask(price)["productVariant"] == {"price": "1.00"}


@covers("R407")
def test_variants_are_added_and_removed(shop: Shop) -> None:
    add = """mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
      productVariantsBulkCreate(productId: $id, variants: $variants) {
        productVariants { id title position inventoryQuantity } userErrors { code field } } }"""
    row = {
        "optionValues": [
            {"optionName": "Colour", "name": "Sand"},
            {"optionName": "Size", "name": "XL"},
        ],
        "price": "21",
        "inventoryQuantities": [{"locationId": gid("Location", 7001), "availableQuantity": 3}],
    }
    (made,) = shop.do(add, id=gid("Product", 8009), variants=[row])["productVariants"]
    assert (made["title"], made["position"], made["inventoryQuantity"]) == ("Sand / XL", 5, 3)
    assert errors(shop, add, id=gid("Product", 8009), variants=[row]) == [
        ("VARIANT_ALREADY_EXISTS", "variants.0")
    ]
    drop = """mutation ($id: ID!, $ids: [ID!]!) {
      productVariantsBulkDelete(productId: $id, variantsIds: $ids) {
        product { variantsCount { count } } userErrors { code field } } }"""
    assert shop.do(drop, id=gid("Product", 8009), ids=[made["id"]])["product"] == {
        "variantsCount": {"count": 4}
    }
    last = [gid("ProductVariant", 40001)]
    assert errors(shop, drop, id=gid("Product", 8001), ids=last) == [
        ("CANNOT_DELETE_LAST_VARIANT", "variantsIds")
    ]


@covers("R407", "R357")
def test_update_archive_and_delete(shop: Shop, receiver: Receiver) -> None:
    update = """mutation ($product: ProductUpdateInput!) { productUpdate(product: $product) {
      product { status seo { title description } productType category { id } updatedAt }
      userErrors { field message } } }"""
    category = "gid://shopify/TaxonomyCategory/fb-1"
    data = {"id": gid("Product", 8001), "status": "ARCHIVED", "productType": "Soda",
            "seo": {"title": "Cola", "description": "Süß"}, "category": category}  # fmt: skip
    found = shop.do(update, product=data)["product"]
    assert (found["status"], found["productType"]) == ("ARCHIVED", "Soda")
    assert found["seo"] == {"title": "Cola", "description": "Süß"}
    assert found["category"] == {"id": category}
    delete = """mutation ($id: ID!) { productDelete(input: {id: $id}) {
      deletedProductId userErrors { field message } } }"""
    assert shop.do(delete, id=gid("Product", 8001))["deletedProductId"] == gid("Product", 8001)
    assert shop.refused(delete, id=gid("Product", 8001)) == "Product does not exist"
    assert shop.ask('{ productVariants(first: 5, query: "sku:COL-330") { nodes { id } } }') == {
        "productVariants": {"nodes": []}
    }


TAGS = """mutation ($id: ID!, $tags: [String!]!) { %s(id: $id, tags: $tags) {
  node { ... on Product { tags } } userErrors { message } } }"""
FIELDS = """mutation ($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
  metafields { id key value compareDigest owner { ... on ProductVariant { id } } }
  userErrors { code field message elementIndex } } }"""


@covers("R411")
def test_tags_are_added_and_removed(shop: Shop) -> None:
    where = {"id": gid("Product", 8001)}
    found = shop.do(TAGS % "tagsAdd", **where, tags=["Z", "drinks", "ä"])["node"]
    assert found == {"tags": ["drinks", "Z", "ä"]}
    found = shop.do(TAGS % "tagsRemove", **where, tags=["z", "unknown"])["node"]
    assert found == {"tags": ["drinks", "ä"]}


@covers("R408")
def test_metafields_of_a_variant(shop: Shop) -> None:
    row = {"ownerId": gid("ProductVariant", 40001), "namespace": "odoo", "key": "variant",
           "type": "single_line_text_field", "value": "77"}  # fmt: skip
    (made,) = shop.do(FIELDS, metafields=[row])["metafields"]
    assert (made["value"], made["owner"]) == ("77", {"id": gid("ProductVariant", 40001)})
    row["value"] = "78"
    (again,) = shop.do(FIELDS, metafields=[{**row, "compareDigest": made["compareDigest"]}])[
        "metafields"
    ]
    assert (again["id"], again["value"]) == (made["id"], "78")
    stale = {**row, "value": "79", "compareDigest": made["compareDigest"]}
    assert errors(shop, FIELDS, metafields=[stale]) == [("STALE_OBJECT", "metafields.0")]
    query = """query ($id: ID!) { productVariant(id: $id) {
      metafield(namespace: "odoo", key: "variant") { value jsonValue ownerType }
      metafields(first: 5, namespace: "odoo") { nodes { key } } } }"""
    found = shop.ask(query, id=gid("ProductVariant", 40001))["productVariant"]
    assert found == {
        "metafield": {"value": "78", "jsonValue": "78", "ownerType": "PRODUCTVARIANT"},
        "metafields": {"nodes": [{"key": "variant"}]},
    }
    drop = """mutation ($metafields: [MetafieldIdentifierInput!]!) {
      metafieldsDelete(metafields: $metafields) { deletedMetafields { key }
        userErrors { message } } }"""
    where = {k: row[k] for k in ("ownerId", "namespace", "key")}
    gone = shop.do(drop, metafields=[where, where])["deletedMetafields"]
    assert gone == [{"key": "variant"}, None]


@covers("R408")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "nonsense"}, "INVALID_TYPE"),
        ({"type": "number_integer", "value": "1.5"}, "INVALID_VALUE"),
        ({"type": "boolean", "value": "yes"}, "INVALID_VALUE"),
        ({"type": "json", "value": "{"}, "INVALID_VALUE"),
        ({"type": "date", "value": "2026-02-30"}, "INVALID_VALUE"),
        ({"type": "list.number_integer", "value": '["x"]'}, "INVALID_VALUE"),
        ({"type": None}, "BLANK"),
        ({"value": ""}, "INVALID_VALUE"),
        ({"value": "a\nb"}, "INVALID_VALUE"),
        ({"key": "x y"}, "INVALID"),
        ({"ownerId": gid("Product", 1)}, "INVALID"),
    ],
)
def test_metafields_that_do_not_fit(shop: Shop, change: dict[str, Any], code: str) -> None:
    row = {"ownerId": gid("Product", 8001), "namespace": "n1", "key": "k1",
           "type": "single_line_text_field", "value": "v", **change}  # fmt: skip
    assert [x for x, _ in errors(shop, FIELDS, metafields=[row])] == [code]


@covers("R408")
def test_a_unique_value_belongs_to_one_product(defined: Shop) -> None:
    put(defined, shirt(), identifier=CUSTOM)
    row = {"ownerId": gid("Product", 8001), "namespace": "odoo", "key": "product", "value": "42"}
    assert errors(defined, FIELDS, metafields=[row]) == [("TAKEN", "metafields.0.value")]
    (found,) = defined.do(FIELDS, metafields=[{**row, "value": "43"}])["metafields"]
    assert found["value"] == "43"


# === READING === #


@covers("R414")
def test_pages_go_on_where_they_were(shop: Shop, counter: Counter) -> None:
    query = """query ($after: String, $reverse: Boolean) { products(first: 4, after: $after,
      sortKey: TITLE, reverse: $reverse) { nodes { title } pageInfo { hasNextPage endCursor } } }"""
    titles: list[str] = []
    after, more = None, True
    while more:
        page = shop.ask(query, after=after)["products"]
        titles += [each["title"] for each in page["nodes"]]
        if len(titles) == 4:
            counter.shop("DELETE", "products/8001")  # on the first page: nothing is skipped
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    assert len(titles) == len(set(titles)) == 9
    assert titles == sorted(titles, key=str.casefold)
    back = shop.ask(query, reverse=True)["products"]["nodes"]
    assert [each["title"] for each in back] == list(reversed(titles))[:4]


@covers("R414")
def test_pages_backwards(shop: Shop) -> None:
    query = """query ($before: String) { products(last: 4, before: $before) {
      nodes { id } pageInfo { hasPreviousPage startCursor hasNextPage } } }"""
    first = shop.ask(query)["products"]
    ids = [each["id"].rsplit("/", 1)[1] for each in first["nodes"]]
    assert ids == ["8006", "8007", "8008", "8009"]
    assert first["pageInfo"]["hasPreviousPage"] is True
    second = shop.ask(query, before=first["pageInfo"]["startCursor"])["products"]
    assert [each["id"].rsplit("/", 1)[1] for each in second["nodes"]] == [
        "8002", "8003", "8004", "8005"
    ]  # fmt: skip
    assert second["pageInfo"]["hasNextPage"] is True


@covers("R414")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sku:COL-330", [8001]),
        ("sku:COL-330 OR sku:DAT-1K", [8001, 8008]),
        ("id:8002 OR id:8001", [8001, 8002]),
        ("tag:sweet", [8007, 8008]),
        ("tag:snacks AND -tag:sweet", [8006]),
        ("tag:snacks NOT tag:sweet", [8006]),
        ("(tag:hot OR tag:sweet) vendor:'Nile Trade'", [8005, 8007, 8008]),
        ("status:DRAFT", []),
        ("title:Cola*", [8001]),
        ("cola", [8001, 8007]),  # "Chocolate" as well
        ('title:"Dates, pitted 1 kg"', [8008]),
        ("inventory_total:<50", [8005, 8008]),
        ("price:>=19", [8009]),
        ("updated_at:>=2100-01-01", []),
        ("nonsense:5 sku:COL-330", [8001]),
    ],
)
def test_search(shop: Shop, query: str, found: list[int]) -> None:
    text = "query ($query: String!) { products(first: 20, query: $query) { nodes { id } } }"
    nodes = shop.ask(text, query=query)["products"]["nodes"]
    assert [int(each["id"].rsplit("/", 1)[1]) for each in nodes] == found


@covers("R414")
def test_what_changed_since(shop: Shop, counter: Counter) -> None:
    counter.call("POST", "clock", {"mode": "frozen", "at": "2030-05-05T10:00:00Z"})
    counter.shop("PATCH", "products/8003", {"title": "Fresh"})
    text = """query ($query: String!) { products(first: 20, query: $query, sortKey: UPDATED_AT) {
      nodes { id title updatedAt } } }"""
    for query, count in (
        ("updated_at:>='2030-05-05T10:00:00Z'", 1),
        ("updated_at:>=2030-05-05T09:59:59+00:00", 1),
        ("updated_at:>'2030-05-05T10:00:00Z'", 0),
        ("updated_at:>2030-05-05T12:00:00+02:00", 0),
    ):
        nodes = shop.ask(text, query=query)["products"]["nodes"]
        assert len(nodes) == count, query
    last = shop.ask(text, query="")["products"]["nodes"][-1]
    assert last == {"id": gid("Product", 8003), "title": "Fresh",
                    "updatedAt": "2030-05-05T10:00:00Z"}  # fmt: skip


@covers("R414")
def test_many_at_once_and_what_is_not_there(shop: Shop) -> None:
    text = """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on ProductVariant { sku
      selectedOptions { name value } product { title } inventoryItem { inventoryLevels(first: 5) {
        nodes { location { name } quantities(names: ["available"]) { quantity } } } } } } }"""
    ids = [gid("ProductVariant", 40001), gid("ProductVariant", 1), gid("Product", 8001)]
    found = shop.ask(text, ids=ids)["nodes"]
    assert found[1:] == [None, {"id": gid("Product", 8001)}]
    assert found[0]["sku"] == "COL-330"
    assert found[0]["selectedOptions"] == [{"name": "Title", "value": "Default Title"}]
    levels = found[0]["inventoryItem"]["inventoryLevels"]["nodes"]
    assert [(x["location"]["name"], x["quantities"][0]["quantity"]) for x in levels] == [
        ("Main warehouse", 240), ("Shop floor", 24)
    ]  # fmt: skip


@covers("R414")
def test_other_members_of_a_product(shop: Shop) -> None:
    text = """{ product(id: "gid://shopify/Product/8009") { hasOnlyDefaultVariant tracksInventory
      totalInventory hasOutOfStockVariants description(truncateAt: 5) variantsCount { count }
      priceRangeV2 { minVariantPrice { amount currencyCode } } onlineStoreUrl legacyResourceId
      options(first: 1) { name optionValues { name hasVariants } } }
      productsCount(query: "tag:snacks") { count precision }
      productVariantsCount(limit: 3) { count precision } }"""
    found = shop.ask(text)
    assert found["product"] == {
        "hasOnlyDefaultVariant": False,
        "tracksInventory": True,
        "totalInventory": 70,
        "hasOutOfStockVariants": False,
        "description": "",
        "variantsCount": {"count": 4},
        "priceRangeV2": {"minVariantPrice": {"amount": "19.9", "currencyCode": "EUR"}},
        "onlineStoreUrl": "https://demo-shop.myshopify.com/products/nile-t-shirt",
        "legacyResourceId": "8009",
        "options": [
            {
                "name": "Colour",
                "optionValues": [
                    {"name": "Black", "hasVariants": True},
                    {"name": "Sand", "hasVariants": True},
                ],
            }
        ],
    }
    assert found["productsCount"] == {"count": 3, "precision": "EXACT"}
    assert found["productVariantsCount"] == {"count": 3, "precision": "AT_LEAST"}
