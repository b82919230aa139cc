"""The demo: Odoo, the sandbox, and an account each of Cartona, Amazon and Shopify."""

from __future__ import annotations

import argparse

from suite import environment, locks, paths, postgres, processes
from suite.console import say
from suite.demo.check import check
from suite.demo.scene import Scene, forget

_EPILOG = """\
  tools/demo         start it (the first time everything is installed); Ctrl-C stops all of it
  tools/demo check   the same without a person, on free ports: prints the times, exits 0 or not
  tools/demo reset   throw its data away; the next start begins anew

ODOO_PATH names an Odoo 19 source tree to use, PGHOST a PostgreSQL server to use.
"""

_WELCOME = """
  Odoo        {odoo}            user admin, password admin
  Channels    {sandbox}     simulated Cartona, Amazon, Shopify: products, orders, faults

  Try this:
   1. Odoo › Marketplace: the account, its health and its queue.
   2. Odoo › Inventory › Products: change the sales price of Cola Can 330 ml, save,
      and look at the Cartona page: it is there a moment later.
   3. Cartona page › Orders: place an order. In Odoo › Sales it becomes a sales order
      with a reserved delivery.
   4. Validate that delivery in Odoo: Cartona says "delivered". An order with a wallet
      top-up asks for the retailer's code first; the Cartona page shows it.
   5. Amazon page › Orders: place a pending order; in Odoo it holds stock back without a
      price. Let it be paid, and it is confirmed within seconds.
   6. Shopify page › Products: change a title there. Odoo tells its own again, or asks
      you: Odoo › Marketplace › the account › What is sent decides.
   7. Sell the last piece of something on one channel: the others show none at once.
   8. A channel's page › Faults: let it fail, and look at Odoo › Marketplace › Errors.

  Ctrl-C stops everything. The next start takes seconds; "make demo-reset" starts over.
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="tools/demo",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", nargs="?", default="start", choices=["start", "check", "reset"])
    options = parser.parse_args(arguments)
    environment.ensure()
    processes.stop_orphans()
    return {"start": _start, "check": _check, "reset": _reset}[options.action]()


def _start() -> int:
    cluster = postgres.cluster("demo")
    with locks.only_one("demo", "it is the same demo"):
        try:
            with Scene("demo", cluster, fixed_ports=True) as scene:
                say(_WELCOME.format(odoo=scene.server.url, sandbox=scene.sandbox.url))
                while scene.server.process.wait(3600) is None:
                    pass
                scene.server.process.ensure_alive()
        except KeyboardInterrupt:
            say("stopping")
        finally:
            cluster.stop()
    return 0


def _check() -> int:
    cluster = postgres.cluster("test")
    name = "demo_check"
    with locks.only_one(name, "it uses the same database"):
        ran = cluster.is_running()
        forget(name, cluster)
        try:
            with Scene(name, cluster, fixed_ports=False) as scene:
                check(scene)
        finally:
            forget(name, cluster)
            if not ran and not _is_used(cluster):
                cluster.stop()
    say("The demo works.")
    return 0


def _is_used(cluster: postgres.Cluster) -> bool:
    """Whether somebody else began to work with the server meanwhile."""
    others = cluster.sql(
        "postgres",
        "SELECT 1 FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid != pg_backend_pid()",
    )
    return bool(others)


def _reset() -> int:
    with locks.only_one("demo", "stop the demo first (Ctrl-C)"):
        cluster = postgres.cluster("demo")
        forget("demo", cluster)
        cluster.stop()
    say(f"The demo's data are gone from {paths.HOME}.")
    return 0
