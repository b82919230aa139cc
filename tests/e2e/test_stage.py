"""The stage itself: an Odoo that runs jobs, a sandbox that answers, and nothing left of them."""

from __future__ import annotations

import http.cookiejar
import json
import urllib.request

import pytest

from marketplace_adapters.testing import covers
from suite import databases, ports
from suite.console import SuiteError
from suite.odoo import OdooServer
from suite.stage import Stage, wait_until
from suite.web import OdooClient, json_request


@pytest.fixture(scope="module")
def server(stage: Stage) -> OdooServer:
    return stage.odoo()


@pytest.fixture(scope="module")
def client(server: OdooServer) -> OdooClient:
    return OdooClient(server.url, server.database)


def _enqueue_a_job(server: OdooServer) -> str:
    """Enqueue queue_job's own test job as a user in the browser would; its uuid."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(cookies)
    params = {"db": server.database, "login": "admin", "password": "admin"}
    login = urllib.request.Request(
        f"{server.url}/web/session/authenticate",
        data=json.dumps({"jsonrpc": "2.0", "params": params}).encode(),
        headers={"Content-Type": "application/json"},
    )
    opener.open(login).close()
    with opener.open(f"{server.url}/queue_job/create_test_job") as response:
        return str(response.read().decode().rpartition(" ")[2].strip())


@covers("R109", "R310", "R326")
def test_the_job_runner_runs_a_job_without_anybody_asking(
    server: OdooServer, client: OdooClient
) -> None:
    uuid = _enqueue_a_job(server)

    def state() -> object:
        (job,) = client("queue.job", "search_read", [["uuid", "=", uuid]], ["state", "exc_info"])
        return job if job["state"] in {"done", "failed"} else None

    job = wait_until("the job to be run", state)
    assert (job["state"], job["exc_info"]) == ("done", False)


def test_a_killed_server_comes_back_on_the_same_address(
    server: OdooServer, client: OdooClient
) -> None:
    server.kill()
    with pytest.raises(SuiteError, match="refused"):
        client("res.users", "search_count", [])

    server.restart()

    assert client("res.users", "search_count", [["id", "=", client.uid]]) == 1


def test_an_error_of_odoo_comes_with_its_name_and_message(client: OdooClient) -> None:
    with pytest.raises(SuiteError, match=r"^odoo\.exceptions\.ValidationError: "):
        client("res.partner", "create", [{"name": False}])


def test_databases_of_one_stage_are_apart_and_gone_afterwards() -> None:
    with Stage("apart") as stage:
        one, two = stage.database(), stage.database()
        (first,), (second,) = (
            stage.cluster.sql(
                name, "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'"
            )
            for name in (one, two)
        )
        assert first != second
        assert databases.filestore(stage.cluster, one).is_dir()

    assert not databases.exists(stage.cluster, one)
    assert not databases.exists(stage.cluster, two)
    assert not databases.filestore(stage.cluster, one).exists()


@covers("C8", "R431")
def test_a_sandbox_answers_and_keeps_its_address_over_a_restart(stage: Stage) -> None:
    sandbox = stage.sandbox()
    before = json_request("GET", f"{sandbox.url}/_control/health")

    sandbox.restart()

    assert sandbox.control("GET", "health").keys() == before.keys()
    sandbox.stop()
    assert ports.is_free(sandbox.port)
