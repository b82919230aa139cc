"""The folders of a checkout and of its private, git-ignored environment."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from suite.console import SuiteError

CHECKOUT = Path(__file__).resolve().parents[2]
TOOLS = CHECKOUT / "tools"
ADDONS = CHECKOUT / "addons"
ADAPTERS = CHECKOUT / "adapters"
SANDBOX = CHECKOUT / "sandbox"
TESTS = CHECKOUT / "tests"
DOCS = CHECKOUT / "docs"
PINS = TOOLS / "pins"
#: Reference data of the channels, beside the checkout; not part of it.
SPECS = CHECKOUT.parent / "shared" / "specs"

#: Everything that is downloaded, built or kept on this machine.
HOME = Path(os.environ.get("SUITE_HOME") or CHECKOUT / ".suite").expanduser().absolute()
# Programs started in another folder have to find the same one.
os.environ["SUITE_HOME"] = str(HOME)

VENV = HOME / "venv"
PYTHON = VENV / "bin" / "python"
LINT_VENV = HOME / "lint"
ODOO_ROOT = HOME / "odoo"
LOGS = HOME / "log"
RUN = HOME / "run"
STAMPS = HOME / "stamps"
STATE = HOME / "state"
SHIMS = HOME / "bin"
#: Odoo's data directory (file stores, sessions) of everything but the demo.
DATA = HOME / "data"

#: Short name of this environment, for what must differ between two of them on one machine.
HOME_ID = hashlib.sha256(str(HOME).encode()).hexdigest()[:8]

IS_ROOT = os.geteuid() == 0
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def ready_home() -> None:
    """Make the private folder, or say why it cannot be used."""
    try:
        for folder in (HOME, LOGS, RUN, STAMPS, STATE, SHIMS, DATA):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SuiteError(f"cannot create {error.filename}: {error.strerror}", _HOME_HINT) from error
    if not os.access(HOME, os.W_OK) or not os.access(STAMPS, os.W_OK):
        raise SuiteError(f"{HOME} belongs to somebody else", _HOME_HINT)


_HOME_HINT = (
    "set SUITE_HOME to a folder that you may write, or run the tools always as the same user"
)
