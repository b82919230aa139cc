"""Login with Amazon, access tokens, usage plans, roles, and what is gone."""

from __future__ import annotations

import json

import pytest
from amazon_support import DE, ITEMS, ORDERS, UK, US, Amazon, AmazonControl
from support import covers

SELLERS = "/sellers/v1/marketplaceParticipations"


def error(answer: object) -> tuple[int, str, str]:
    """(status, code, details) of the one error of an answer."""
    status, body = answer.status, json.loads(answer.body)  # type: ignore[attr-defined]
    (found,) = body["errors"]
    assert set(found) == {"code", "message", "details"}
    return status, found["code"], found["details"]


# === TOKENS === #


@covers("R430")
def test_a_refresh_token_gives_an_access_token_for_an_hour(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    reply = amazon.login()
    assert reply["access_token"].startswith("Atza|")
    assert {name: reply[name] for name in ("token_type", "expires_in", "refresh_token")} == {
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": "Atzr|demo-refresh",
    }
    backstage.advance(3599)
    assert amazon.call("GET", SELLERS).status == 200
    backstage.advance(1)
    expected = (403, "Unauthorized", "The access token you provided has expired.")
    assert error(amazon.call("GET", SELLERS)) == expected


@pytest.mark.parametrize(
    ("members", "status", "name"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"refresh_token": "Atzr|unknown"}, 400, "invalid_grant"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "all"}, 400, "invalid_scope"),
    ],
)
def test_a_login_that_is_refused(
    amazon: Amazon, members: dict[str, str], status: int, name: str
) -> None:
    assert amazon.login(status, **members)["error"] == name


def test_a_revoked_refresh_token_takes_its_access_tokens_along(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    body = {"token": "Atzr|demo-refresh", "revoked": True}
    backstage.amazon("POST", "tokens", body)
    text = "The access token you provided is revoked, malformed or invalid."
    assert error(amazon.call("GET", SELLERS)) == (403, "Unauthorized", text)
    assert amazon.login(400)["error"] == "invalid_grant"
    backstage.amazon("POST", "tokens", {**body, "revoked": False})
    assert amazon.call("GET", SELLERS).status == 200


def test_a_call_without_a_token_or_a_role(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.set(denied=["search*"])
    assert error(amazon.call("GET", ORDERS, createdAfter="2026-11-01"))[:2] == (403, "Unauthorized")
    assert amazon.call("GET", SELLERS).status == 200
    amazon.token = ""
    text = "Access token is missing in the request header."
    assert error(amazon.call("GET", SELLERS)) == (403, "Unauthorized", text)


@covers("R430")
def test_the_marketplaces_of_the_seller(amazon: Amazon, backstage: AmazonControl) -> None:
    rows = amazon.ok("GET", SELLERS)["payload"]
    assert [row["marketplace"]["id"] for row in rows] == [UK, DE, US]
    assert rows[1]["marketplace"] == {
        "id": DE,
        "name": "Amazon.de",
        "countryCode": "DE",
        "defaultCurrencyCode": "EUR",
        "defaultLanguageCode": "de_DE",
        "domainName": "www.amazon.de",
    }
    assert rows[0]["participation"] == {"isParticipating": True, "hasSuspendedListings": False}
    backstage.set(marketplaces=[DE])
    assert len(amazon.ok("GET", SELLERS)["payload"]) == 1
    answer = amazon.call("GET", ORDERS, createdAfter="2026-11-01", marketplaceIds=UK)
    assert error(answer)[:2] == (400, "InvalidInput")


def test_a_restricted_data_token_opens_only_its_paths(amazon: Amazon) -> None:
    path = "/reports/2021-06-30/documents/{reportDocumentId}"
    body = {"restrictedResources": [{"method": "GET", "path": path}]}
    reply = amazon.ok("POST", "/tokens/2021-03-01/restrictedDataToken", body)
    assert reply["expiresIn"] == 3600
    amazon.token = reply["restrictedDataToken"]
    assert amazon.call("GET", "/reports/2021-06-30/documents/x").status == 404
    assert error(amazon.call("GET", SELLERS))[:2] == (403, "Unauthorized")


# === USAGE PLANS === #


@covers("R430")
def test_the_burst_then_the_rate_of_the_usage_plan(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    backstage.set(rates=1)
    query = {"createdAfter": "2026-11-01T00:00:00Z"}
    answers = [amazon.call("GET", ORDERS, **query) for _ in range(20)]
    assert {answer.status for answer in answers} == {200}
    assert answers[0].headers["x-amzn-ratelimit-limit"] == "0.0056"
    assert len({answer.headers["x-amzn-requestid"] for answer in answers}) == 20
    refused = amazon.call("GET", ORDERS, **query)
    assert error(refused)[:2] == (429, "QuotaExceeded")
    assert refused.headers["x-amzn-ratelimit-limit"] == "0.0056"
    backstage.advance(178)
    assert amazon.call("GET", ORDERS, **query).status == 429
    backstage.advance(1)
    assert amazon.call("GET", ORDERS, **query).status == 200


def test_rates_can_be_scaled_and_used_up(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.set(rates=10)
    assert amazon.call("GET", SELLERS).headers["x-amzn-ratelimit-limit"] == "0.16"
    backstage.amazon("POST", "quota", {"operation": "getMarketplaceParticipations"})
    assert amazon.call("GET", SELLERS).status == 429
    backstage.advance(6.3)
    assert amazon.call("GET", SELLERS).status == 200
    backstage.call("POST", "faults", {"effect": "quota", "match": {"endpoint": "search*"}})
    assert amazon.call("GET", ORDERS, createdAfter="2026-11-01").status == 429
    backstage.set(rates=0)
    assert "x-amzn-ratelimit-limit" not in amazon.call("GET", SELLERS).headers


# === WHAT IS GONE === #


@covers("R430")
def test_operations_that_were_removed_say_so_and_are_counted(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    order = "/orders/v0/orders/202-0000000-0000001"
    for path in (
        "/orders/v0/orders",
        order,
        f"{order}/buyerInfo",
        f"{order}/address",
        f"{order}/orderItems",
        f"{order}/orderItems/buyerInfo",
        "/finances/v0/financialEvents",
    ):
        assert error(amazon.call("GET", path))[:2] == (410, "Gone")
    calls = backstage.book()["calls"]
    assert {name: calls[name] for name in calls if name.startswith("v0.")} == {
        "v0.getOrders": 1,
        "v0.getOrder": 1,
        "v0.getOrderBuyerInfo": 1,
        "v0.getOrderAddress": 1,
        "v0.getOrderItems": 1,
        "v0.getOrderItemsBuyerInfo": 1,
        "v0.listFinancialEvents": 1,
    }


def test_paths_methods_and_sellers_that_are_not_there(amazon: Amazon) -> None:
    assert error(amazon.call("GET", "/orders/2026-01-01/nothing"))[:2] == (404, "NotFound")
    assert amazon.call("DELETE", ORDERS).status == 405
    other = ITEMS.replace("A2DEMOSELLER", "ASOMEONEELSE")
    assert error(amazon.call("GET", other, marketplaceIds=UK))[:2] == (403, "Unauthorized")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"effect": "status", "status": 503}, 503, "ServiceUnavailable"),
        ({"effect": "status", "status": 500}, 500, "InternalFailure"),
        ({"effect": "status", "status": 429, "retry_after": 2}, 429, "QuotaExceeded"),
        ({"effect": "revoked"}, 403, "Unauthorized"),
    ],
)
def test_faults_answer_in_the_form_of_the_api(
    amazon: Amazon, backstage: AmazonControl, fault: dict[str, object], status: int, code: str
) -> None:
    backstage.call("POST", "faults", {**fault, "match": {"endpoint": "searchOrders"}})
    answer = amazon.call("GET", ORDERS, createdAfter="2026-11-01")
    assert error(answer)[:2] == (status, code)
    assert amazon.call("GET", SELLERS).status == 200
