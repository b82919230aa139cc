"""What every figure shares: rows of the result, statistics, fair alternation of two sides."""

from __future__ import annotations

import gc
import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

#: One file of all figures; each run replaces the rows of the figures that it measured.
RESULTS = Path(__file__).resolve().parent / "results.json"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    :param name: lower case, spaces as hyphens; begins with the name of its figure.
    :param value: the measured value, in ``unit``; a ratio where the figure is one.
    :param better: ``"lower"`` or ``"higher"``.
    :param peer: the same measured in the same run on what it is compared with, in ``unit``.
    :param ratio: value ÷ peer, or the figure itself where that is a ratio.
    :param goal: what ``value`` should reach.
    :param detail: whatever explains the value: samples, spread, settings.
    :param limit: what ``value`` must reach, where that is less than the goal; kept in ``detail``.
    """

    name: str
    value: float
    unit: str
    better: str = "lower"
    peer: float | None = None
    ratio: float | None = None
    goal: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    limit: float | None = None

    def as_json(self) -> dict[str, Any]:
        members = asdict(self)
        limit = members.pop("limit")
        if limit is not None:
            members["detail"] = {"limit": limit, **members["detail"]}
        return {name: _rounded(value) for name, value in members.items()}

    @classmethod
    def from_json(cls, members: dict[str, Any]) -> Row:
        return cls(**members, limit=members["detail"].get("limit"))


def _rounded(value: Any) -> Any:
    """Five significant digits: more is noise."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(one) for one in value]
    return value


# === STATISTICS === #


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least ``share`` (0–1) of all samples do not exceed.

    :raises ValueError: there are no samples.
    """
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(samples: Sequence[float]) -> dict[str, float]:
    """What a reader wants to know of some samples."""
    return {
        "samples": len(samples),
        "p10": percentile(samples, 0.1),
        "p50": statistics.median(samples),
        "p95": percentile(samples, 0.95),
        "max": max(samples),
    }


@dataclass
class Pair:
    """Samples of two sides that were measured in turn: (seconds of the clock, seconds of CPU)."""

    without: list[tuple[float, float]] = field(default_factory=list)
    suite: list[tuple[float, float]] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median ÷ median, by the clock."""
        return self._ratio(0, 0.5)

    def detail(self) -> dict[str, Any]:
        """Both spreads, and what tells how far the ratio can be believed.

        ``ratio_p10`` compares the undisturbed samples; ``ratio_cpu`` the processors' time in
        Odoo's thread and in its database session, which other load disturbs least;
        ``ratio_of_tenths`` are the least, middle and greatest ratio of ten parts of the run.
        """
        size = max(1, len(self.suite) // 10)
        tenths = sorted(
            self._ratio(0, 0.5, slice(at, at + size))
            for at in range(0, len(self.suite) - size + 1, size)
        )
        return {
            "without_ms": _in_ms(spread([clock for clock, _cpu in self.without])),
            "suite_ms": _in_ms(spread([clock for clock, _cpu in self.suite])),
            "ratio_p10": self._ratio(0, 0.1),
            "ratio_cpu": self._ratio(1, 0.5),
            "ratio_of_tenths": [tenths[0], statistics.median(tenths), tenths[-1]],
        }

    def _ratio(self, column: int, share: float, part: slice = slice(None)) -> float:
        over, under = (
            percentile([sample[column] for sample in side[part]], share)
            for side in (self.suite, self.without)
        )
        return over / under if under else math.nan


def _in_ms(values: Mapping[str, float]) -> dict[str, float]:
    return {name: value if name == "samples" else value * 1000 for name, value in values.items()}


Sample = tuple[float, float]


def alternate(
    without: Callable[[int], Sample], suite: Callable[[int], Sample], times: int, warm_up: int = 10
) -> Pair:
    """Measure two sides in turn, ABBA, so that neither profits from when it was measured.

    :param without, suite: measure one sample; called with its number.
    """
    pair = Pair()
    for number in range(-warm_up, times):
        first_is_suite = number % 2 == 1
        for is_suite in (first_is_suite, not first_is_suite):
            sample = (suite if is_suite else without)(number)
            if number >= 0:
                (pair.suite if is_suite else pair.without).append(sample)
        if number % 20 == 0:
            gc.collect()  # not in the middle of somebody's sample
    return pair


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used, to the nanosecond; 0 where the system hides it."""
    try:
        text = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(text.split()[0]) / 1e9


# === RESULTS === #


def write_results(rows: Sequence[Row], figures: Sequence[str], path: Path = RESULTS) -> None:
    """Replace the rows of ``figures``, keep those of the others."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        kept = []
    kept = [row for row in kept if not any(belongs(row["name"], figure) for figure in figures)]
    everything = kept + [row.as_json() for row in rows]
    path.write_text(json.dumps(everything, indent=2) + "\n", encoding="utf-8")


def progress(row: Row) -> None:
    """One line as soon as a row is known."""
    print("  " + "  ".join(cell for cell in _cells(row) if cell), flush=True)


def belongs(name: str, figure: str) -> bool:
    return name == figure or name.startswith(figure + "-")


def table(rows: Sequence[Row]) -> str:
    """The rows as a table for people."""
    head = ("figure", "value", "unit", "peer", "ratio", "goal", "limit", "verdict")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at in (0, 2) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    sign = "≤ " if row.better == "lower" else "≥ "
    return (
        row.name,
        _number(row.value),
        row.unit,
        _number(row.peer),
        _number(row.ratio),
        "" if row.goal is None else sign + _number(row.goal),
        "" if row.limit is None else sign + _number(row.limit),
        verdict(row),
    )


def verdict(row: Row) -> str:
    """One or two words for people; empty where nothing is asked of the figure."""
    if row.goal is None and row.limit is None:
        return ""
    if not _reaches(row, row.limit):
        return "MISSED"
    return "reached" if _reaches(row, row.goal) else "within the limit" if row.limit else "missed"


def missed(row: Row) -> bool:
    """Whether the figure is not what it must be."""
    return not _reaches(row, row.limit)


def _reaches(row: Row, wanted: float | None) -> bool:
    if wanted is None:
        return True
    return row.value <= wanted if row.better == "lower" else row.value >= wanted


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
