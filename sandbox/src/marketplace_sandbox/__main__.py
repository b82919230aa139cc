"""``python -m marketplace_sandbox``."""

from .cli import main

raise SystemExit(main())
