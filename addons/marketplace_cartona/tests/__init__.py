from . import (
    test_account,
    test_cancel,
    test_data,
    test_orders,
    test_otp,
    test_permissions,
    test_products,
    test_series,
    test_setup,
    test_tours,
    test_webhook,
)
