"""Run tests: all of them, one stage, or a few."""

from __future__ import annotations

import argparse
from pathlib import Path

from suite import environment, processes, runner

_EPILOG = """\
stages: pure (adapters, sandbox), large (of these what takes long), repo (tests/), addons, e2e;
all without one.
Everything else goes to pytest; a file or folder finds its stage by itself:

  tools/test                                          everything, on a fresh database
  tools/test pure
  tools/test addons -k tracking
  tools/test addons/marketplace/tests/test_inbox.py   a kept database, seconds when warm
  make test ARGS="adapters/tests/test_client.py -x"

SUITE_DB_PREFIX keeps the databases of several people on one machine apart.
"""

#: Options of pytest whose next word is no file, even if there is one of that name.
_TAKE_A_VALUE = {"-k", "-m", "-n", "-p", "-o", "-c", "-W", "-r", "--maxfail", "--durations"}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="tools/test",
        usage="tools/test [pure|large|repo|addons|e2e] [options] [files] [pytest's own options]",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--fresh", action="store_true", help="begin the addons' database anew")
    parser.add_argument(
        "--no-update",
        action="store_true",
        help="do not update changed addons in the kept database",
    )
    parser.add_argument(
        "--addons", default="", help="install and test only these (comma), with what they need"
    )
    own, words = parser.parse_known_args(arguments)
    stages = list(runner.STAGES)
    if words and words[0] in runner.STAGES:
        stages = [words.pop(0)]
    words, targets = _with_targets(words)
    options = runner.Options(
        pytest=tuple(words),
        targets=tuple(targets),
        fresh=own.fresh,
        update=not own.no_update,
        addons=tuple(filter(None, own.addons.split(","))),
    )
    if options.targets:
        stages = list(dict.fromkeys(runner.stage_of(target) for target in options.targets))
    elif options.addons:
        stages = ["addons"]
    environment.ensure()
    processes.stop_orphans()
    return runner.run_stages(stages, options)


def _with_targets(words: list[str]) -> tuple[list[str], list[Path]]:
    """Pytest's arguments with absolute paths, and the files and folders among them.

    Stages run pytest in different folders, so files are named from the root.
    """
    named, targets = [], []
    for before, word in zip(["", *words], words, strict=False):
        head, *tail = word.split("::")
        if word.startswith("-") or before in _TAKE_A_VALUE or not Path(head).exists():
            named.append(word)
        else:
            targets.append(Path(head).absolute())
            named.append("::".join([str(targets[-1]), *tail]))
    return named, targets
