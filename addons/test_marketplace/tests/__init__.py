from . import test_outbox
from . import test_listing
from . import test_sender
from . import test_order_import
