from . import marketplace_sync_wizard
from . import marketplace_connect_wizard
