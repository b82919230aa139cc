from . import test_account
from . import test_cancel
from . import test_orders
from . import test_otp
from . import test_permissions
from . import test_products
from . import test_webhook
