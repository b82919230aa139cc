"""What the adapter's tests feed as valid agrees with the reconstructed schema of Cartona.

The schema is no part of this repository: it lies in ``../shared/specs`` beside it, or where
``SUITE_SPECS`` says. Without it these tests are skipped, in CI they fail.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from marketplace_adapters.cartona import CartonaAdapter
from marketplace_adapters.cartona.const import FULFILMENT_IN, STATUS_IN
from marketplace_adapters.core import Connection

jsonschema = pytest.importorskip("jsonschema")

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "adapters" / "tests"))
samples = pytest.importorskip("cartona_samples")


@pytest.fixture(scope="module")
def schema() -> Any:
    """The schema, with its own ``$ref`` to an order."""
    specs = Path(os.environ.get("SUITE_SPECS") or REPOSITORY.parent / "shared" / "specs")
    path = specs / "cartona" / "cartona-order.schema.json"
    if not path.is_file():
        if os.environ.get("CI") == "true":
            pytest.fail("The contracts are missing; set SUITE_SPECS.")
        pytest.skip("The contracts are not here; SUITE_SPECS names their folder.")
    return json.loads(path.read_text("utf-8"))


def errors(schema: Any, document: Any) -> list[str]:
    """Where a document differs from the schema."""
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@pytest.mark.parametrize("number", range(len(samples.ALL_VALID)))
def test_a_sample_agrees_with_the_schema_and_is_read(schema: Any, number: int) -> None:
    sample = samples.ALL_VALID[number]
    assert errors(schema, sample) == []
    with CartonaAdapter(Connection("https://cartona.test")) as adapter:
        assert adapter.order(sample).external_id == sample["hashed_id"]


def test_the_samples_hold_every_member_of_the_schema(schema: Any) -> None:
    definitions = schema["$defs"]
    order = samples.order()
    assert set(order) == set(definitions["order"]["properties"])
    assert set(order["retailer"]) == set(definitions["retailer"]["properties"])
    assert set(order["order_details"][0]) == set(definitions["detail"]["properties"])


def test_every_word_of_the_schema_is_known(schema: Any) -> None:
    definitions = schema["$defs"]
    assert set(STATUS_IN) == set(definitions["status"]["enum"])
    delivered_by = definitions["order"]["properties"]["delivered_by"]["enum"]
    assert set(FULFILMENT_IN) == set(delivered_by) - {None}


def test_a_wrong_document_is_noticed(schema: Any) -> None:
    assert errors(schema, samples.order(status="teleported")) != []
    assert errors(schema, samples.order(order_details=[])) != []
