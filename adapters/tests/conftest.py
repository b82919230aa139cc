"""Shared by all tests of the adapters."""

import pytest

pytest.register_assert_rewrite(
    "marketplace_adapters.testing.conformance",
    "marketplace_adapters.testing.conformance_http",
    "marketplace_adapters.testing.harness",
)
