"""How a call fails: top-level errors of the request, and userErrors of a mutation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class RequestError(Exception):
    """The whole request is answered with ``errors`` and without data.

    :param code: ``extensions.code``; None leaves it out.
    """

    def __init__(
        self, message: str, code: str | None = None, status: int = 200, **extensions: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.extensions = {**({"code": code} if code else {}), **extensions}


class FieldError(Exception):
    """One field fails: it becomes null and the error stands beside the data."""

    def __init__(self, message: str, code: str, **extensions: Any) -> None:
        super().__init__(message)
        self.extensions = {"code": code, **extensions}


class UserErrors(Exception):  # noqa: N818 - an answer, not a bug
    """A mutation is refused: its payload has nothing but these."""

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__("; ".join(str(each["message"]) for each in errors))
        self.errors = list(errors)


def user_error(
    path: Sequence[Any] | None, message: str, code: str | None = None, **more: Any
) -> dict[str, Any]:
    """One entry of ``userErrors``; `path` leads to the faulty input."""
    field = None if path is None else [str(each) for each in path]
    return {"field": field, "message": message, "code": code, **more}


def refuse(path: Sequence[Any] | None, message: str, code: str | None = None) -> UserErrors:
    """To be raised: a mutation's only error."""
    return UserErrors([user_error(path, message, code)])


def denied(name: str, scopes: tuple[str, ...]) -> FieldError:
    """The error of a field whose scope the app does not have."""
    texts = [f"`{scope}` access scope" for scope in scopes]
    needed = texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"
    return FieldError(
        f"Access denied for {name} field. Required access: {needed}.",
        "ACCESS_DENIED",
        documentation="https://shopify.dev/api/usage/access-scopes",
        requiredAccess=f"{needed}.",
    )
