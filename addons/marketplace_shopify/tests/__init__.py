from . import (
    test_account,
    test_collections,
    test_data,
    test_metafields,
    test_orders,
    test_products,
    test_risk,
    test_security,
    test_series,
    test_shop,
    test_tours,
)
