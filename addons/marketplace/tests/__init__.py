from . import test_views
from . import test_series
