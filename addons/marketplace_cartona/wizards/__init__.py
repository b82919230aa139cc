from . import marketplace_cartona_cancel
from . import marketplace_cartona_otp
