"""What the adapter's tests feed as Amazon's agrees with the official models and schemas.

They are no part of this repository: they lie in ``../shared/specs`` beside it. Without them these
tests are skipped, in CI they fail.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from suite import paths

jsonschema = pytest.importorskip("jsonschema")

sys.path.insert(0, str(paths.CHECKOUT / "adapters" / "tests"))
samples = pytest.importorskip("amazon_samples")
stub = pytest.importorskip("amazon_stub")


def errors(specs: Path, model: str, definition: str, document: Any) -> list[str]:
    """Where a document differs from a definition of a model."""
    data = json.loads((specs / "amazon" / "models" / f"{model}.json").read_text("utf-8"))
    schema = {"$ref": f"#/definitions/{definition}", "definitions": data["definitions"]}
    found = jsonschema.Draft4Validator(schema).iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in found]


def test_the_sample_order_is_one(specs: Path) -> None:
    assert errors(specs, "orders_2026-01-01", "Order", samples.order()) == []
    wrong = samples.order(orderItems=[samples.item(quantityOrdered="two")])
    assert errors(specs, "orders_2026-01-01", "Order", wrong) != []


def test_the_stub_answers_as_the_models_have_it(specs: Path) -> None:
    amazon = stub.AmazonStub("http://127.0.0.1:1")
    amazon.add_listing("a", item_name=[{"value": "Tee"}])
    item = amazon._item("a")
    assert errors(specs, "listingsItems_2021-08-01", "Item", item) == []
    issue = stub.issue("90220", "'size' is required but not supplied.", "ERROR", "size")
    assert errors(specs, "listingsItems_2021-08-01", "Issue", {**issue, "categories": []}) == []


def test_the_stub_reports_as_the_schema_has_it(specs: Path) -> None:
    amazon = stub.AmazonStub("http://127.0.0.1:1")
    amazon.refuse["b"] = [stub.issue("8541", "Wrong.", "ERROR", "item_name")]
    body = {
        "messages": [
            {"messageId": 1, "sku": "a", "operationType": "DELETE"},
            {"messageId": 2, "sku": "b", "operationType": "DELETE"},
        ]
    }
    report = json.loads(amazon._process_listings("1", body))
    name = "listings-feed-processing-report-schema-v2.json"
    schema = json.loads((specs / "amazon" / "schemas" / "feeds" / name).read_text("utf-8"))
    found = jsonschema.Draft7Validator(schema).iter_errors(report)
    assert [error.message for error in found] == []
    assert report["summary"]["messagesInvalid"] == 1
