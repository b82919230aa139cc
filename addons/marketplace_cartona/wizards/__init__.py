from . import (
    marketplace_cartona_base,
    marketplace_cartona_cancel,
    marketplace_cartona_otp,
    marketplace_connect_wizard,
    sale_mass_cancel_orders,
)
