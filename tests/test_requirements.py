"""Every requirement is there, and what shows it is found without running anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite import traceability
from suite.console import SuiteError

LINES = """
[log]
title = "The log"
R1 = "One"
R2 = "Two | three"
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A checkout with two requirements and nothing that shows them."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "requirements.toml").write_text(LINES, encoding="utf-8")
    return tmp_path


def _test_file(house: Path, text: str, name: str = "adapters/tests/test_a.py") -> None:
    path = house / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_all_requirements_and_decisions_have_their_line() -> None:
    ids = [item.id for section in traceability.collect() for item in section.requirements]

    assert ids == [
        *(f"R{number}" for number in range(1, 438)),
        *(f"X{number}" for number in range(1, 59)),
        *(f"C{number}" for number in range(1, 23)),
    ]


def test_a_requirement_without_a_test_is_not_shown_yet(house: Path) -> None:
    text = traceability.page(traceability.collect(house))

    assert "| [The log](#the-log) | 2 | 0 |" in text
    assert "| R2 | Two \\| three | not shown yet |" in text
    assert text.endswith("## Not shown yet\n\nR1, R2.\n")


def test_marks_on_functions_methods_and_classes_are_found(house: Path) -> None:
    _test_file(
        house,
        "@covers('R1')\ndef test_f(): ...\n"
        "@testing.covers('R2')\nclass TestC:\n    @covers('R1', 'R2')\n    def test_m(self): ...\n",
    )

    (section,) = traceability.collect(house)

    assert [item.tests for item in section.requirements] == [
        ["adapters/tests/test_a.py::test_f", "adapters/tests/test_a.py::TestC::test_m"],
        ["adapters/tests/test_a.py::TestC", "adapters/tests/test_a.py::TestC::test_m"],
    ]
    assert "None: every requirement is shown." in traceability.page([section])


@pytest.mark.parametrize(
    "file",
    ["sandbox/tests/test_a.py", "tests/e2e/test_a.py", "addons/marketplace/tests/test_a.py"],
)
def test_tests_of_every_room_count(house: Path, file: str) -> None:
    _test_file(house, "@covers('R1')\ndef test_f(): ...\n", file)

    (section,) = traceability.collect(house)

    assert section.requirements[0].tests == [f"{file}::test_f"]


def test_a_picture_shows_a_requirement(house: Path) -> None:
    (house / "docs" / "a.png").touch()
    (house / "docs" / "screens.toml").write_text('["a.png"]\nshows = ["R2"]\n', encoding="utf-8")

    text = traceability.page(traceability.collect(house))

    assert "| R2 | Two \\| three | [a](a.png) |" in text


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("adapters/tests/test_a.py", "@covers('R3')\ndef test_f(): ...", "R3, which is no"),
        ("adapters/tests/test_a.py", "@covers(*ALL)\ndef test_f(): ...", "plain texts"),
        ("adapters/tests/test_a.py", "def test_f(:", "test_a.py:1"),
        ("docs/screens.toml", '["b.png"]\nshows = ["R1"]', "no picture docs/b.png"),
        ("docs/screens.toml", "[", "screens.toml"),
    ],
)
def test_a_wrong_mark_is_an_error(house: Path, file: str, text: str, complaint: str) -> None:
    _test_file(house, text, file)

    with pytest.raises(SuiteError, match=complaint):
        traceability.collect(house)
