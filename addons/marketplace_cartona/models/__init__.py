from . import (
    account_move,
    marketplace_account,
    marketplace_account_webhook,
    marketplace_listing,
    marketplace_operation,
    marketplace_order,
    product_product,
    product_template,
    res_partner,
    sale_order,
    stock_picking,
)
