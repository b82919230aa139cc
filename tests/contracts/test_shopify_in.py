"""What is read of Shopify's answers exists in its schema; what is read of its webhooks, which have
no schema, is written down with its source."""

from __future__ import annotations

import ast
import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    build_schema,
    parse,
    specified_rules,
    validate,
)

from marketplace_adapters.shopify import catalogue, graph_orders, news, rest_members, webhooks
from marketplace_adapters.testing import covers

FOLDER = Path(catalogue.__file__).parent
DOCUMENTS = ("orders", "order_refunds", "drafts", "catalogue")
GRAPH = ("graph_orders", "graph_refunds", "drafts", "news", "pull_orders")
REST = ("rest_orders", "rest_refunds", "drafts", "news", "webhooks")
# Names that are ours: of payloads, and of what pages are put together with.
OWN = {"nodes", "pageInfo", "order_id", "currency", "taxes_included", "refund", "return", "level"}
OWN |= {"product", "variant", "deleted", "topic", "request", "requested_at", "shop", "text", ""}
# One word, and of webhooks alone.
OWN |= {"properties", "options"}


@pytest.fixture(scope="module")
def schema(specs: Path) -> GraphQLSchema:
    with gzip.open(specs / "shopify" / "admin_2026-10.graphql.gz", "rt", encoding="utf-8") as file:
        return build_schema(file.read(), assume_valid=True, no_location=True)


@covers("R354")
def test_what_is_asked_is_in_the_official_schema_and_not_deprecated(schema: GraphQLSchema) -> None:
    texts = [(FOLDER / "documents" / f"{name}.graphql").read_text("utf-8") for name in DOCUMENTS]
    rules = [*specified_rules, NoDeprecatedCustomRule]
    for text in ("\n".join(texts), catalogue.QUERY):
        assert [error.message for error in validate(schema, parse(text), rules)] == []


def _enum(schema: GraphQLSchema, name: str) -> set[str]:
    found = schema.get_type(name)
    assert isinstance(found, GraphQLEnumType)
    return set(found.values)


def test_words_that_are_told_apart_are_words_of_the_schema(schema: GraphQLSchema) -> None:
    wanted = {
        "OrderDisplayFulfillmentStatus": set(graph_orders.FULFILMENT) | {"ON_HOLD"},
        "OrderRiskRecommendationResult": set(graph_orders.RISKS),
        "RiskAssessmentResult": set(graph_orders.LEVELS),
        "FulfillmentStatus": set(graph_orders.DEAD),
        "FulfillmentOrderStatus": set(graph_orders.GONE),
        "WeightUnit": set(news.GRAMS),
        "BulkOperationStatus": set(catalogue.WORKING) | {"COMPLETED", "FAILED"},
        "BulkOperationUserErrorCode": set(catalogue.BUSY),
        "OrderReturnStatus": {"NO_RETURN"},
        "OrderTransactionKind": {"SALE", "CAPTURE", "REFUND"},
        "OrderTransactionStatus": {"SUCCESS", "PENDING"},
        "RefundLineItemRestockType": {"CANCEL", "NO_RESTOCK", "RETURN", "LEGACY_RESTOCK"},
        "FulfillmentDisplayStatus": {"DELIVERED"},
        "DraftOrderStatus": {"OPEN", "INVOICE_SENT", "COMPLETED"},
        "ProductStatus": {"ACTIVE"},
    }
    assert {name: words - _enum(schema, name) for name, words in wanted.items()} == {
        name: set() for name in wanted
    }


def test_every_topic_that_is_read_is_one_of_the_schema(schema: GraphQLSchema) -> None:
    topics = _enum(schema, "WebhookSubscriptionTopic")
    read = set(webhooks.ORDERS) | set(re.findall(r'"([a-z_]+/[a-z_]+)"', _source("webhooks")))
    # The topics of privacy belong to the app and not to a subscription.
    subscribed = {one for one in read if one not in webhooks.PRIVACY}
    assert {one for one in subscribed if one.replace("/", "_").upper() not in topics} == set()


# === MEMBERS THAT ARE READ === #


def _source(name: str) -> str:
    return (FOLDER / f"{name}.py").read_text("utf-8")


def _read(name: str) -> Iterator[str]:
    """Names of members in a reader: arguments of the functions that read, and of ``get``."""
    for node in ast.walk(ast.parse(_source(name))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = called or (node.func.id if isinstance(node.func, ast.Name) else "")
        path = {"text", "member", "rows", "words", "flag", "moment", "pairs", "labels", "_pairs"}
        if called in path | {"bag", "optional_bag", "strict_list", "_bag", "_set"}:
            arguments = node.args[1:] if called in path else node.args[1:2]
        elif called in ("of", "optional"):
            arguments = node.args[1:2]
        elif called == "get":
            arguments = node.args[:1]
        else:
            continue
        for one in arguments:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value


def _selected() -> set[str]:
    texts = [(FOLDER / "documents" / f"{name}.graphql").read_text("utf-8") for name in DOCUMENTS]
    return set(re.findall(r"\w+", "\n".join([*texts, catalogue.QUERY])))


def _told() -> set[str]:
    """Names of all members in the tables of webhook bodies."""
    tables = [value for value in vars(rest_members).values() if isinstance(value, dict)]
    found: set[str] = set()
    for table in tables:
        for path in table if all(isinstance(key, str) for key in table) else ():
            found.update(part.removesuffix("[]") for part in path.split("."))
    return found


@pytest.mark.parametrize("name", GRAPH)
def test_every_member_that_a_node_is_read_by_is_asked_for(name: str) -> None:
    read = {one for one in _read(name) if not _is_rest(one)}
    assert read - _selected() - OWN == set()
    assert len(read) > 3


@pytest.mark.parametrize("name", REST)
def test_every_member_of_a_webhook_is_in_the_table(name: str) -> None:
    told = _told() | {one.removesuffix("_set") for one in _told()}
    read = {one for one in _read(name) if _is_rest(one)}
    assert read - told - OWN == set()
    assert read


def _is_rest(name: str) -> bool:
    """Whether it is a name of a webhook's; names of one word are looked up on both sides."""
    return "_" in name and not name.startswith("_")


def test_every_row_of_the_table_has_a_source() -> None:
    for name, table in vars(rest_members).items():
        if name.isupper():
            assert table
            assert {source[:1] for source in table.values()} <= {"D", "R", "U"}
