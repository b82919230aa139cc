"""What Cartona's answer to a bulk call says of each row. Pure.

How results of bulk calls look is unconfirmed: ``{}``, nothing at all, a list of rows, or an
object with lists. A row is believed to be refused only when it says so; silence after a 2xx is
success, and the read-back (statuses) or the drift audit (products) has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import RejectedError
from ..core.masking import Masker, cap, sensitive_values
from ..core.response import sentence
from .parsers import canonical_keys

Row = dict[str, Any]
Hide = Callable[[str], str]

_ID_MEMBERS = ("supplier_product_id", "internal_product_id", "hashed_id")
_LISTS = ("data", "results", "rows", "items", "products", "orders", "details")
_FAILED_LISTS = ("errors", "failed", "failures", "rejected", "invalid")
_BAD_WORDS = frozenset({"error", "failed", "failure", "rejected", "invalid", "not_found", "fail"})


@dataclass(frozen=True, slots=True)
class RowReply:
    """The word on one row; ``said`` is False when the answer did not mention it."""

    ok: bool = True
    said: bool = False
    code: str | None = None
    message: str = ""
    external_id: str | None = None


def row_replies(reply: Any, rows: Sequence[Row], masker: Masker) -> list[RowReply]:
    """One reply for each row sent, in their order.

    :param masker: hides secrets in the platform's texts, and with them what the rows hold of them.
    :raise RejectedError: a 2xx answer that refuses the call as a whole, or a row that cannot be
        told from the others.
    """
    replies = [RowReply()] * len(rows)
    known = _known(rows)
    hide = masker.with_secrets(v for v in sensitive_values(list(rows)) if len(v) > 3).text
    answers, failed = _answers(reply, hide)
    for position, answer in enumerate(answers):
        index = _index(answer, known, position if len(answers) == len(rows) else _at(answer, rows))
        if index is not None:
            replies[index] = _reply(answer, hide, certain_failure=False)
    indexes = [_index(answer, known, _at(answer, rows)) for answer in failed]
    if None in indexes:
        raise RejectedError(_said(reply, hide) or "Rows were refused.", code="refused")
    for index, answer in zip(indexes, failed, strict=True):
        if index is not None:
            replies[index] = _reply(answer, hide, certain_failure=True)
    return replies


def _at(answer: Any, rows: Sequence[Row]) -> int | None:
    """The position that an answer names itself."""
    index = answer.get("index") if isinstance(answer, dict) else None
    if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(rows):
        return index
    return None


def _known(rows: Sequence[Row]) -> dict[tuple[str, ...], int | None]:
    """Names of the rows; a name that two rows share means none of them."""
    known: dict[tuple[str, ...], int | None] = {}
    for index, row in enumerate(rows):
        for name in _names(row):
            known[name] = None if name in known and known[name] != index else index
            any_name = ("any", name[1])
            taken = any_name in known and known[any_name] != index
            known[any_name] = None if taken else index
    return known


def _names(row: Row) -> list[tuple[str, ...]]:
    """What identifies a row, best first."""
    names: list[tuple[str, ...]] = [
        (name, str(row[name])) for name in _ID_MEMBERS if row.get(name) not in (None, "")
    ]
    base = row.get("base_product_id")
    if base not in (None, ""):
        names.append(("base", str(base), str(row.get("unit")), str(row.get("unit_count"))))
    return names


def _index(
    answer: Any, known: dict[tuple[str, ...], int | None], position: int | None
) -> int | None:
    """Which row an answer is about: by its ids, else by its position in a list of equal length."""
    if not isinstance(answer, dict):
        return position
    given = canonical_keys(answer)
    names = _names(given)
    names += [("any", str(given[name])) for name in ("id", "key") if given.get(name)]
    found = (known[name] for name in names if known.get(name) is not None)
    return next(found, None if names else position)


def _answers(reply: Any, hide: Hide) -> tuple[list[Any], list[Any]]:
    """Rows of the answer, and rows that stand in a list of failures."""
    if isinstance(reply, list):
        return reply, []
    if not isinstance(reply, dict):
        return [], []
    found: list[Any] = next(
        (reply[name] for name in _LISTS if isinstance(reply.get(name), list)), []
    )
    failed = [item for name in _FAILED_LISTS for item in _listed(reply.get(name))]
    if not found and not failed and _refused(reply):
        text = _said(reply, hide) or "The call was refused."
        raise RejectedError(text, code=_code(reply, hide))
    return found, failed


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        # {"<id>": "why"}: the key is the only name of the row.
        return [
            (item if isinstance(item, dict) else {"error": item}) | {"key": key}
            for key, item in value.items()
        ]
    return []


def _reply(answer: Any, hide: Hide, *, certain_failure: bool) -> RowReply:
    if not isinstance(answer, dict):
        return RowReply(not certain_failure, certain_failure, message=_said(answer, hide))
    given = canonical_keys(answer)
    external = given.get("supplier_product_id")
    return RowReply(
        ok=not (certain_failure or _refused(given)),
        said=True,
        code=_code(given, hide),
        message=_said(answer, hide),
        external_id=str(external) if isinstance(external, (str, int)) and external else None,
    )


def _refused(answer: Row) -> bool:
    if answer.get("error") or answer.get("errors"):
        return True
    if answer.get("success") is False or answer.get("ok") is False:
        return True
    for name in ("status", "result", "state"):
        word = answer.get(name)
        if isinstance(word, str) and word.strip().lower() in _BAD_WORDS:
            return True
    status = answer.get("status_code", answer.get("status"))
    return isinstance(status, int) and not isinstance(status, bool) and status >= 400


def _said(answer: Any, hide: Hide) -> str:
    return cap(hide(sentence(answer)), 300)


def _code(answer: Row, hide: Hide) -> str:
    code = answer.get("code") or answer.get("error_code")
    return hide(str(code))[:100] if isinstance(code, (str, int)) and code is not True else "refused"
