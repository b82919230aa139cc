"""What a log may keep."""

from __future__ import annotations

import json

import pytest

from marketplace_adapters.core import MASK, Masker, is_sensitive
from marketplace_adapters.core.masking import sensitive_values
from marketplace_adapters.testing import covers


@pytest.mark.parametrize(
    "name",
    ["token", "access_token", "AuthorizationToken", "X-Api-Key", "apiKey", "password",
     "clientSecret", "retailer_otp", "pickup_otp", "Authorization", "Set-Cookie", "signature",
     "credentials", "retailer_name", "retailer_number", "retailer_number2",
     "retailer_address", "address_notes", "buyerEmail", "phone", "Phone2", "shipTo_street",
     "firstName", "name", "note_message", "comment", "customer_no", "zip", "addressLine1",
     "postalCode", "userName", "latitude"],
)  # fmt: skip
def test_members_of_persons_and_secrets_are_known_by_name(name: str) -> None:
    assert is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    ["id", "hashed_id", "sku", "product_name", "suppler_prodcut_name", "unit", "status", "amount",
     "selling_price", "order_number", "retailer_code", "supplier_product_id", "total", "error",
     "message", "details", "", "123", "brandName", "pinned", "shipping", "description", "_"],
)  # fmt: skip
def test_members_of_things_stay_readable(name: str) -> None:
    assert not is_sensitive(name)


@covers("X35", "R112")
def test_a_document_keeps_its_shape_and_loses_its_person() -> None:
    document = {
        "hashed_id": "a1",
        "retailer": {"retailer_name": "Mona", "retailer_code": "77", "vip": True, "since": 2019},
        "order_details": [{"id": 5, "product_name": "Tea", "comment": "call 01234567890"}],
        "credentials": {"id": "key-id-1", "nested": ["x", 1, None]},
        "pickup_otp": 5521,
        "total_price": 12.5,
    }
    assert json.loads(Masker().json(document)) == {
        "hashed_id": "a1",
        "retailer": {"retailer_name": MASK, "retailer_code": "77", "vip": True, "since": MASK},
        "order_details": [{"id": 5, "product_name": "Tea", "comment": MASK}],
        "credentials": {"id": MASK, "nested": [MASK, MASK, None]},
        "pickup_otp": MASK,
        "total_price": 12.5,
    }


def test_known_secrets_vanish_wherever_they_are_and_however_they_are_written() -> None:
    masker = Masker(['s3cr"t/ü', "s3cr", "abc"])
    shown = masker.text('Bearer s3cr"t/ü, url s3cr%22t%2F%C3%BC, json s3cr\\"t/\\u00fc, s3cr, abc')
    assert shown == f"Bearer {MASK}, url {MASK}, json {MASK}, {MASK}, abc"
    assert "s3cr" not in masker.json({"any": ['x s3cr"t/ü y'], 's3cr"t/ü': 1, "n": 5})
    assert "s3cr" not in repr(masker)


def test_a_secret_that_is_a_number_vanishes_from_numbers() -> None:
    assert json.loads(Masker(["417263"]).json({"x": 417263, "y": [5]})) == {"x": MASK, "y": [5]}


@pytest.mark.parametrize(
    "text",
    ["mail mona.s+1@shop.example.com now", "call +20 100 123-4567 now", "call 00201001234567 now",
     "call 01001234567 now", "call 0100123456 now"],
)  # fmt: skip
def test_free_text_loses_mail_addresses_and_phone_numbers(text: str) -> None:
    shown = Masker().text(text)
    assert shown.split(MASK) == [text.split(" ")[0] + " ", " now"]


def test_free_text_keeps_ids_and_prices() -> None:
    text = "order 7000001, ean 6221033101010, price 1250.75, 2026-03-01T10:00:00Z, id pPX2wRNM"
    assert Masker().text(text) == text


def test_a_url_loses_sensitive_parameters() -> None:
    masker = Masker(["tok-12345"])
    url = "https://h.test:8/p/tok-12345?page=2&token=x&phone=%2B20100&q=tok-12345&empty="
    assert masker.url(url) == "https://h.test:8/p/***?page=2&token=***&phone=***&q=***&empty="


def test_a_huge_document_is_counted_instead_of_shown() -> None:
    rows = [{"id": number, "text": "x" * 50} for number in range(10_000)]
    shown = Masker().json(rows, limit=2000)
    assert len(shown) <= 2000
    kept = json.loads(shown)
    assert kept[-1] == f"… {10_000 - (len(kept) - 1)} more"
    wide = json.loads(Masker().json({str(n): n for n in range(5000)}, limit=500))
    assert wide["…"] == f"{5000 - (len(wide) - 1)} more"
    assert len(Masker().json("y" * 1_000_000, limit=1000)) < 1100


@pytest.mark.large
def test_hostile_text_is_masked_in_linear_time() -> None:
    # Quadratic patterns would need hours for these.
    for text in (
        "a" * 300_000 + "@",
        "+1" * 150_000,
        "0" * 300_000,
        "a@" * 150_000,
        "a@b." * 75_000,
    ):
        Masker(["secret"]).text(text)


def test_what_we_send_under_a_sensitive_name_is_found() -> None:
    body = [{"status": "delivered", "retailer_otp": 1234}, {"notes": ["a", {"x": "b"}]}, None]
    assert list(sensitive_values(body)) == ["1234", "a", "b"]
