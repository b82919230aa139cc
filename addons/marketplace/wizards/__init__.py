from . import marketplace_sync_wizard
from . import marketplace_connect_wizard
from . import marketplace_link_import
from . import marketplace_link_import_line
