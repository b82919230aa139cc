"""Start a command of the suite, on a Python that is new enough.

This file alone has to be readable by any Python 3, because it is what says that a newer one is
needed. Everything else may use Python 3.10.
"""

import importlib
import os
import shutil
import signal
import sys

OLDEST = (3, 10)


def main(command: str) -> None:
    """Run ``suite.commands.<command>`` with the arguments of the script and exit with its code."""
    if sys.version_info < OLDEST:
        _with_newer_python()
    from suite.console import SuiteError, fail

    # However it is told to end, what it started is stopped on the way out. A shell without job
    # control starts programs in the background with SIGINT ignored, which is undone here.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        code = importlib.import_module("suite.commands." + command).main(sys.argv[1:])
    except SuiteError as error:
        fail(error)
        code = 1
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code)


def _with_newer_python() -> None:
    for name in ("python3.13", "python3.12", "python3.11", "python3.10"):
        python = shutil.which(name)
        if python and os.system(python + " -c '' >/dev/null 2>&1") == 0:
            os.execv(python, [python, *sys.argv])
    sys.stderr.write(
        f"error: these tools need Python 3.10 or newer, this is {sys.version.split()[0]}\n"
        "  what to do: install python3.11 (or 3.10, 3.12, 3.13), or start the script with it\n"
    )
    sys.exit(1)
