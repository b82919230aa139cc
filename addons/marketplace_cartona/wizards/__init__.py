from . import (
    marketplace_cartona_base,
    marketplace_cartona_cancel,
    marketplace_cartona_otp,
    sale_mass_cancel_orders,
)
