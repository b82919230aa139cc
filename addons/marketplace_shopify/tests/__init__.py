from . import (
    test_account,
    test_collections,
    test_data,
    test_metafields,
    test_products,
    test_security,
)
