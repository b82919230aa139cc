"""Fixtures of the tests that need two rooms of the house, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite import paths


@pytest.fixture
def checkout() -> Path:
    return paths.CHECKOUT


@pytest.fixture(scope="session")
def specs() -> Path:
    """The channels' specifications, which stand beside the checkout.

    Whoever has only the checkout skips what needs them; CI must have them.
    """
    if not paths.SPECS.is_dir():
        message = f"the channel specifications are not at {paths.SPECS}"
        if paths.IN_CI:
            pytest.fail(message)
        pytest.skip(message)
    return paths.SPECS
