"""Refusals in the forms of the Selling Partner API, of Login with Amazon, and of S3."""

from __future__ import annotations

from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from ..wire import ApiError, json_response

CODES = {
    400: "InvalidInput",
    401: "Unauthorized",
    403: "Unauthorized",
    404: "NotFound",
    409: "Conflict",
    410: "Gone",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    429: "QuotaExceeded",
    500: "InternalFailure",
    503: "ServiceUnavailable",
}
QUOTA = "You exceeded your quota for the requested resource."
DENIED = "Access to requested resource is denied."


class SpError(ApiError):
    """A refusal ``{"errors": [{"code", "message", "details"}]}``."""

    def __init__(
        self,
        status: int,
        message: str,
        details: str = "",
        code: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, details, headers)
        self.code = code or CODES.get(status, "InternalFailure")

    def response(self) -> Response:
        error = {"code": self.code, "message": self.message, "details": self.details or ""}
        return json_response({"errors": [error]}, self.status, self.headers)


class LoginError(ApiError):
    """A refusal of the token endpoint ``{"error", "error_description"}``."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(status, error, description)

    def response(self) -> Response:
        return json_response(
            {"error": self.message, "error_description": self.details}, self.status
        )


class StoreRefusal(ApiError):  # noqa: N818 - S3 calls it so
    """A refusal of the place where documents lie, in XML as S3 gives it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, message)
        self.code = code

    def response(self) -> Response:
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(self.code)}</Code>"
            f"<Message>{escape(self.message)}</Message></Error>"
        )
        return Response(body, self.status, content_type="application/xml")


def invalid(message: str, details: str = "") -> SpError:
    return SpError(400, message, details)


def missing(message: str) -> SpError:
    return SpError(404, message)


def denied(details: str = "") -> SpError:
    return SpError(403, DENIED, details)
