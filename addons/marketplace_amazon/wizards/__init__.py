from . import (
    marketplace_amazon_cancel,
    marketplace_amazon_type_find,
    marketplace_connect_wizard,
    sale_mass_cancel_orders,
)
