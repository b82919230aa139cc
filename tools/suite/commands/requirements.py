"""Write docs/requirements.md: every requirement, where it is shown, and which are not yet."""

from __future__ import annotations

import argparse

from suite import paths, traceability
from suite.console import SuiteError, say


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/requirements", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    options = parser.parse_args(arguments)
    sections = traceability.collect()
    text = traceability.page(sections)
    target = paths.DOCS / "requirements.md"
    current = target.read_text(encoding="utf-8") if target.exists() else ""
    if options.check and current != text:
        raise SuiteError("docs/requirements.md is not current", "run make requirements")
    if not options.check:
        target.write_text(text, encoding="utf-8")
    items = [item for section in sections for item in section.requirements]
    say(f"{sum(item.is_shown for item in items)} of {len(items)} requirements are shown")
    return 0
