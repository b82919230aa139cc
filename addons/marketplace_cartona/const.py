"""Names of the Cartona addon; the API's own tables are in ``marketplace_adapters.cartona``."""

# Keys under which the adapter finds the secrets, by the account's field.
SECRETS = {"cartona_token": "token", "cartona_webhook_secret": "webhook_token"}

# The prefix of a retailer's id, whoever writes it (R136, X39).
RETAILER_PREFIX = "retailer_"

# Key of the cursor's cache: ids of orders whose receiver's code Cartona accepted in this very
# transaction, which cannot see what was committed beside it. No context: a client may set those.
ACCEPTED_KEY = "marketplace_cartona.accepted"
