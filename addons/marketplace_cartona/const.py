"""Names of the Cartona addon; the API's own tables are in ``marketplace_adapters.cartona``."""

# Shown instead of a stored secret; writing it back changes nothing.
MASK = "••••••••"

# The prefix of a retailer's id, whoever writes it (R136, X39).
RETAILER_PREFIX = "retailer_"

# Context key of the core: why an order is cancelled, in the channel's own words.
REASON_KEY = "marketplace_cancel_reason"
# Key of the cursor's cache: ids of orders whose receiver's code Cartona accepted in this very
# transaction, which cannot see what was committed beside it. No context: a client may set those.
ACCEPTED_KEY = "marketplace_cartona.accepted"
