from . import test_account, test_families, test_listings, test_orders
