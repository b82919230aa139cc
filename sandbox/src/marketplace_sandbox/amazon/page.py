"""Pages for people below ``/amazon/``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from .room import AmazonRoom


class AmazonPages:
    """The pages of the room."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room

    def answer(self, request: Request, path: str) -> Response | None:
        return None
