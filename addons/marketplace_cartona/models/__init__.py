from . import marketplace_account
from . import marketplace_listing
from . import marketplace_operation
from . import marketplace_order
from . import product_product
from . import product_template
from . import res_partner
# from . import sale_mass_cancel_orders
# from . import sale_order
# from . import stock_picking
