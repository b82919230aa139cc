"""Tables of the Cartona addon. What the API itself says lives in ``marketplace_adapters.cartona``."""

# Shown instead of a stored secret; writing it back changes nothing.
MASK = "••••••••"

# The prefix of a retailer's id, whoever writes it (R136, X39).
RETAILER_PREFIX = "retailer_"

# Context key of the core: why an order is cancelled, in the channel's own words.
REASON_KEY = "marketplace_cancel_reason"
# Context key: ids of pickings whose receiver's code Cartona accepted in this very request.
OTP_KEY = "cartona_otp_accepted"
