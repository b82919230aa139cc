from . import (
    test_account,
    test_data,
    test_families,
    test_listings,
    test_news,
    test_orders,
    test_security,
    test_series,
    test_tours,
)
