"""What an adapter says of versions is what it calls, and when it ends is known."""

import re
from pathlib import Path

from marketplace_adapters import amazon, cartona
from marketplace_adapters.amazon.adapter import AmazonAdapter
from marketplace_adapters.cartona.adapter import CartonaAdapter
from marketplace_adapters.testing import covers

# As a path names its interface → as people know it.
INTERFACES = {
    "definitions": "Product Type Definitions",
    "fba/inventory": "FBA Inventory",
    "feeds": "Feeds",
    "finances": "Finances",
    "listings": "Listings Items",
    "notifications": "Notifications",
    "orders": "Orders",
    "reports": "Reports",
    "sellers": "Sellers",
}
PATH = re.compile(r'"/([a-z]+(?:/[a-z]+)?)/(v\d+|\d{4}-\d\d-\d\d)[/"]')


@covers("C15")
def test_every_interface_that_amazon_is_called_by_is_named_with_its_version() -> None:
    folder = Path(str(amazon.__file__)).parent
    text = "".join(file.read_text() for file in folder.glob("*.py"))
    called = {f"{INTERFACES[name]} {version}" for name, version in PATH.findall(text)}
    assert len(called) == 10
    assert {one.name.partition(" (")[0] for one in AmazonAdapter.versions} == called
    assert [one.name for one in AmazonAdapter.versions if one.ends] == []


@covers("C15")
def test_the_only_call_of_amazons_orders_v0_is_the_one_that_stays() -> None:
    """The others are removed on 27 March 2027."""
    folder = Path(str(amazon.__file__)).parent
    lines = [
        line.strip()
        for file in folder.glob("*.py")
        for line in file.read_text().splitlines()
        if "/orders/v0/" in line
    ]
    assert lines == ['path = f"/orders/v0/orders/{segment(order)}/shipmentConfirmation"']


@covers("C15")
def test_cartona_states_one_version_without_an_end() -> None:
    assert Path(str(cartona.__file__)).is_file()
    assert [(one.name, one.ends) for one in CartonaAdapter.versions] == [
        ("Supplier integrations v1", None)
    ]
