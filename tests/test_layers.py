"""The layers hold, and the rules that say so would notice if they did not."""

from __future__ import annotations

from pathlib import Path

import pytest
from layer_rules import violations

from marketplace_adapters.testing import covers


@covers("R48", "R123", "R266", "R337")
def test_the_checkout_keeps_its_layers(checkout: Path) -> None:
    assert violations(checkout) == []


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        (
            "adapters/src/marketplace_adapters/core/types.py",
            "def f():\n    from odoo import fields",
            "core/types.py:2: an adapter imports Odoo (odoo.fields)",
        ),
        (
            "adapters/src/marketplace_adapters/ebay/client.py",
            "from ..shopify import client",
            "ebay/client.py:1: ebay imports the provider shopify"
            " (marketplace_adapters.shopify.client)",
        ),
        (
            "adapters/src/marketplace_adapters/core/base.py",
            "import marketplace_adapters.cartona",
            "core/base.py:1: core imports the provider cartona (marketplace_adapters.cartona)",
        ),
        (
            "adapters/src/marketplace_adapters/core/base.py",
            "from ..testing.fake import FakeAdapter",
            "core/base.py:1: the core imports what is for tests"
            " (marketplace_adapters.testing.fake.FakeAdapter)",
        ),
        (
            "adapters/src/marketplace_adapters/core/base.py",
            "import marketplace_sandbox.app",
            "core/base.py:1: an adapter imports the sandbox (marketplace_sandbox.app)",
        ),
        (
            "sandbox/src/marketplace_sandbox/app.py",
            "from marketplace_adapters.core import errors",
            "app.py:1: the sandbox imports marketplace_adapters (marketplace_adapters.core.errors)",
        ),
        (
            "sandbox/tests/test_app.py",
            "import odoo",
            "tests/test_app.py:1: the sandbox imports odoo (odoo)",
        ),
        (
            "addons/marketplace_ebay/models/listing.py",
            "from marketplace_adapters.cartona.const import X",
            "listing.py:1: marketplace_ebay imports marketplace_adapters.cartona.const.X",
        ),
        (
            "addons/marketplace/models/outbox.py",
            "from marketplace_adapters.testing import covers",
            "outbox.py:1: marketplace imports marketplace_adapters.testing.covers",
        ),
        (
            "addons/marketplace_ebay/models/listing.py",
            "from odoo.addons.marketplace_amazon.models import x",
            "listing.py:1: marketplace_ebay imports another channel"
            " (odoo.addons.marketplace_amazon.models.x)",
        ),
        (
            "addons/marketplace/models/outbox.py",
            "import requests",
            "outbox.py:1: an addon imports requests; the adapter speaks to the network",
        ),
        (
            "addons/marketplace/models/outbox.py",
            "from urllib import request",
            "outbox.py:1: an addon imports urllib.request; the adapter speaks to the network",
        ),
        (
            "addons/marketplace/models/outbox.py",
            "from ..controllers import webhook",
            "outbox.py:1: models import a controller (odoo.addons.marketplace.controllers.webhook)",
        ),
        (
            "addons/marketplace/models/outbox.py",
            "def f(self):\n    self.env.cr.execute('SELECT 1')",
            "outbox.py:2: raw SQL without a word on why the ORM will not do",
        ),
        (
            "addons/marketplace/models/outbox.py",
            "KIND = 'Cartona'",
            "outbox.py:1: the core names the provider cartona",
        ),
        (
            "addons/marketplace/models/outbox.py",
            "def for_shopify(): pass",
            "outbox.py:1: the core names the provider shopify",
        ),
        (
            "addons/marketplace/views/account.xml",
            "<odoo>\n<field name='help'>Ask eBay.</field></odoo>",
            "account.xml:2: the core names the provider ebay",
        ),
        (
            "addons/marketplace/static/src/x.js",
            "/* amazon */\nconst amazon = 1;",
            "x.js:2: the core names the provider amazon",
        ),
    ],
)
def test_a_broken_rule_is_noticed(tmp_path: Path, file: str, source: str, complaint: str) -> None:
    place = tmp_path / file
    place.parent.mkdir(parents=True)
    place.write_text(source, encoding="utf-8")

    folder = file.removesuffix(complaint.split(":", maxsplit=1)[0])

    assert violations(tmp_path) == [f"{folder}{complaint}"]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("adapters/src/marketplace_adapters/ebay/client.py", "from ..core import errors, limits"),
        ("addons/marketplace/models/outbox.py", "# as Amazon does it\n'''Shopify, too.'''"),
        ("addons/marketplace/models/outbox.py", "from marketplace_adapters.core import Kind"),
        ("addons/marketplace/tests/test_x.py", "from marketplace_adapters.testing import covers"),
        ("addons/marketplace/tests/test_x.py", "import requests\nNAME = 'cartona'"),
        ("addons/marketplace/controllers/webhook.py", "from ..models import inbox"),
        ("addons/marketplace_ebay/models/a.py", "from marketplace_adapters.ebay import Adapter"),
        ("addons/marketplace_ebay/models/a.py", "from odoo.addons.marketplace.models import x"),
        ("addons/marketplace/views/a.xml", "<odoo><!-- not for eBay --></odoo>"),
        (
            "addons/marketplace/models/outbox.py",
            "def f(cr):\n    # SKIP LOCKED is not to be had from the ORM\n    cr.execute('SELECT')",
        ),
    ],
)
def test_what_is_allowed_passes(tmp_path: Path, file: str, source: str) -> None:
    place = tmp_path / file
    place.parent.mkdir(parents=True)
    place.write_text(source, encoding="utf-8")

    assert violations(tmp_path) == []
