"""The mark that ties tests to requirements."""

from __future__ import annotations

import unittest
from typing import Any

import pytest

from marketplace_adapters.testing import covered, covers


def test_functions_classes_and_unittests_keep_their_marks() -> None:
    @covers("R1", "X2")
    def function() -> int:
        return 7

    @covers("C17")
    class Case(unittest.TestCase):
        @covers("R12")
        @covers("R3", "R12")
        def test_it(self) -> None: ...

    class Child(Case): ...

    assert (function(), covered(function)) == (7, ("R1", "X2"))
    assert covered(Case) == ("C17",)
    assert covered(Case.test_it) == ("R12", "R3")
    assert covered(Child) == ()
    assert covered(len) == ()


@pytest.mark.parametrize(
    "ids", [(), ("r1",), ("R0",), ("R",), ("R1 ",), ("Y1",), ("R1", "R-2"), ("R01",), (1,), ("R١",)]
)
def test_a_typo_is_an_error(ids: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="covers"):
        covers(*ids)
