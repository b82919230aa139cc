"""Fixtures for tests that need running servers. See ``tools/suite/stage.py`` for the stage."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from suite.stage import Stage

# What it compares is told in full when it is wrong.
pytest.register_assert_rewrite("shopify_book")


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """One stage per test file: what is made on it lasts until the file's last test."""
    name = re.sub(r"[^a-z0-9_]", "_", request.path.stem.removeprefix("test_").lower())
    with Stage(name) as made:
        yield made
