from . import marketplace_sync_wizard
from . import marketplace_connect_wizard
from . import marketplace_link_import
from . import marketplace_link_import_line
from . import marketplace_rotate_key_wizard
from . import marketplace_extract_wizard
