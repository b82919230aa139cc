"""The search syntax of ``query:`` arguments.

``field:value``, ``field:>=value``, quotes, ``*`` at the end of a value, ``AND`` (also by a blank),
``OR``, ``NOT`` and ``-``, parentheses, and bare words that look into the default field.
An unknown field is ignored, as the real service does with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..clock import parse_time

Predicate = Callable[[Any], bool]
Getter = Callable[[Any], Any]
_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[()])
        |(?P<minus>-)(?=[\w("'])
        |(?:(?P<field>\w+):(?P<op>>=|<=|>|<|=)?)?
         (?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()]+))""",
    re.VERBOSE,
)


def compile_search(text: str | None, fields: Mapping[str, Getter]) -> Predicate | None:
    """A filter for rows; None when everything matches.

    :param fields: field → getter of a value or a list of values: text, int, Decimal, bool, moment
        or None. ``""`` is looked into by bare words.
    """
    if not text or not text.strip():
        return None
    return _Parser(_tokens(text), fields).any()


def id_terms(text: str | None) -> list[int] | None:
    """The numbers of a query that is nothing but ``id:1 OR id:2 …``; for finding without a scan."""
    if not text:
        return None
    found = re.fullmatch(r"\s*\(?\s*id:\"?\d+\"?(?:\s+OR\s+id:\"?\d+\"?)*\s*\)?\s*", text)
    return [int(each) for each in re.findall(r"id:\"?(\d+)", text)] if found else None


def _tokens(text: str) -> list[tuple[str, str, str, str]]:
    """(kind, field, operator, value) with kind of ``( ) - AND OR NOT term``."""
    tokens: list[tuple[str, str, str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            break
        position = match.end()
        if match["mark"] or match["minus"]:
            tokens.append((match["mark"] or "-", "", "", ""))
            continue
        value, field = match["value"], match["field"] or ""
        if not field and value in ("AND", "OR", "NOT"):
            tokens.append((value, "", "", ""))
            continue
        if value[0] in "\"'" and value[-1] == value[0] and len(value) > 1:
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        tokens.append(("term", field, match["op"] or "", value))
    return tokens


class _Parser:
    """any := all (OR all)* ; all := one (AND? one)* ; one := NOT one | ( any ) | term"""

    def __init__(
        self, tokens: list[tuple[str, str, str, str]], fields: Mapping[str, Getter]
    ) -> None:
        self._tokens = tokens
        self._at = 0
        self._fields = fields

    def _peek(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def any(self) -> Predicate:
        parts = [self._all()]
        while self._peek() == "OR":
            self._at += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _all(self) -> Predicate:
        parts: list[Predicate] = []
        while self._peek() not in ("", "OR", ")"):
            if self._peek() == "AND":
                self._at += 1
                continue
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _one(self) -> Predicate:
        kind, field, operator, value = self._tokens[self._at]
        self._at += 1
        if kind in ("NOT", "-"):
            if self._peek() in ("", "OR", ")"):
                return lambda row: True
            inner = self._one()
            return lambda row: not inner(row)
        if kind == "(":
            group = self.any()
            if self._peek() == ")":
                self._at += 1
            return group
        if kind == ")":
            return lambda row: True
        return self._term(field, operator, value)

    def _term(self, field: str, operator: str, value: str) -> Predicate:
        getter = self._fields.get(field)
        if getter is None:
            return lambda row: True
        if operator in ("", "="):
            return _equal(getter, value, bare=not field)
        return _ordered(getter, operator, value)


def _each(found: Any) -> list[Any]:
    return list(found) if isinstance(found, (list, tuple, set)) else [found]


def _equal(getter: Getter, value: str, bare: bool) -> Predicate:
    folded = value.casefold()
    if bare:
        word = folded.rstrip("*")
        return lambda row: any(word in str(each).casefold() for each in _each(getter(row)) if each)
    if value == "*":
        return lambda row: any(each not in (None, "") for each in _each(getter(row)))
    if value.endswith("*"):
        start = folded[:-1]
        return lambda row: any(
            str(each).casefold().startswith(start) for each in _each(getter(row)) if each
        )
    return lambda row: any(_same(each, value, folded) for each in _each(getter(row)))


def _same(found: Any, value: str, folded: str) -> bool:
    if found is None:
        return False
    if isinstance(found, bool):
        return folded == ("true" if found else "false")
    if isinstance(found, (int, Decimal)):
        return _number(value) == found
    if isinstance(found, datetime):
        return _moment(value) == found
    return str(found).casefold() == folded


def _ordered(getter: Getter, operator: str, value: str) -> Predicate:
    moment, number = _moment(value), _number(value)

    def compare(found: Any) -> bool:
        bound: Any = moment if isinstance(found, datetime) else number
        if found is None or bound is None or isinstance(found, (bool, str)):
            return False
        if operator == ">=":
            return bool(found >= bound)
        if operator == "<=":
            return bool(found <= bound)
        return bool(found > bound if operator == ">" else found < bound)

    return lambda row: any(compare(each) for each in _each(getter(row)))


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _moment(text: str) -> datetime | None:
    try:
        return parse_time(text)
    except ValueError:
        return None
