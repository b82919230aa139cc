"""What is copied, restored or neutralized keeps quiet, even with work waiting in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world import CATALOG, Product, World

from marketplace_adapters.testing import covers
from suite import databases, odoo, paths
from suite.console import SuiteError
from suite.odoo import OdooServer
from suite.stage import Stage, wait_until
from suite.web import OdooClient

PRICE_OF_ORIGINAL = 42


@pytest.fixture(scope="module")
def world(stage: Stage) -> World:
    """Stopped while a change waits to be repeated and a job for it is due."""
    made = World(stage)
    (product,) = made.sell(1, sku="COPIED")
    made.fault("status", {"endpoint": CATALOG}, status=503)
    made.forget_calls()
    made.set_price([product], PRICE_OF_ORIGINAL)
    made.wait_calls(1)
    made.server.stop()
    made.mend()
    made.forget_calls()
    made.product = product  # type: ignore[attr-defined]
    return made


@pytest.fixture
def product(world: World) -> Product:
    return world.product  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def copy(world: World, request: pytest.FixtureRequest) -> Iterator[OdooServer]:
    """A server on a copy; ``request.param`` says of which kind."""
    cluster, name = world.stage.cluster, f"{world.server.database}_copy"
    kind = request.param
    databases.copy(cluster, world.server.database, name, new_identity=kind == "duplicate")
    server = OdooServer(cluster, name, name=name)
    try:
        if kind == "neutralized":
            conf = odoo.write_conf(paths.RUN / f"{name}.conf", cluster, name)
            odoo.run_odoo(cluster, conf, "neutralize", log=paths.LOGS / f"{name}-neutralize.log")
        yield server.start()
    finally:
        server.stop()
        databases.drop(cluster, name)


def live(world: World, copy: OdooServer, product: Product) -> OdooClient:
    """What could make it send: a change, the safety net, the button, the jobs that waited."""
    client = OdooClient(copy.url, copy.database)
    client("product.product", "write", [product.id], {"list_price": 66})
    client.run_cron("Marketplace: keep going")
    client("marketplace.listing", "action_sync_now", [product.listing])
    world.stage.cluster.sql(
        copy.database, "UPDATE marketplace_outbox SET not_before = NULL WHERE status = 'new'"
    )
    jobs = (
        "SELECT count(*) FROM queue_job WHERE model_name = 'marketplace.engine'"
        " AND (state IN ('enqueued', 'started')"
        "   OR state = 'pending' AND (eta IS NULL OR eta <= now() AT TIME ZONE 'UTC'))"
    )
    wait_until(
        "the jobs of the copy",
        lambda: world.stage.cluster.sql(copy.database, jobs) == [[0]],
        60,
        every=0.2,
    )
    return client


def calls(world: World) -> int:
    counters = world.sandbox.control("GET", "counters").get("cartona", {})
    return sum(counter["calls"] for counter in counters.values())


@covers("R324", "R330", "C21")
@pytest.mark.parametrize("copy", ["duplicate", "restored"], indirect=True)
def test_a_copy_sends_nothing_until_a_manager_says_that_it_is_the_one(
    world: World, copy: OdooServer, product: Product, request: pytest.FixtureRequest
) -> None:
    client = live(world, copy, product)

    assert calls(world) == 0
    with pytest.raises(SuiteError, match="copy"):
        client("marketplace.account", "action_resume", [world.account])
    causes = client("marketplace.cause", "search_read", [["state", "=", "open"]], ["code"])
    assert [cause["code"] for cause in causes] == ["copied_database"]
    assert calls(world) == 0

    if "restored" in request.node.name:
        client("marketplace.account", "action_claim_home", [world.account])
        world.wait_product(product, "selling_price", 66)
        # The original must not find its own work done.
        world.control("PATCH", f"products/{product.external_id}", {"selling_price": "10"})
    world.forget_calls()


@covers("R330", "C21")
@pytest.mark.parametrize("copy", ["neutralized"], indirect=True)
def test_a_neutralized_database_sends_nothing_whatever_anybody_says(
    world: World, copy: OdooServer, product: Product
) -> None:
    client = live(world, copy, product)

    for button in ("action_resume", "action_claim_home"):
        with pytest.raises(SuiteError, match="neutralized"):
            client("marketplace.account", button, [world.account])
    assert calls(world) == 0
    assert client("marketplace.credential", "search_count", []) == 0
    (account,) = client("marketplace.account", "read", [world.account], ["state", "automatic"])
    assert (account["state"], account["automatic"]) == ("paused", False)


def test_the_original_goes_on(world: World, product: Product) -> None:
    world.server.start()

    world.wait_product(product, "selling_price", PRICE_OF_ORIGINAL)
