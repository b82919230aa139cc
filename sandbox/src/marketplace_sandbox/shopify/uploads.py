"""Files of the shop: staged uploads and results of bulk operations, on disk beside the state file.

``POST {base}/staged`` takes a form whose parameters come first and whose `file` comes last, as the
stores of the real service want it. Results are served in parts, too (``Range: bytes=a-b``).
"""

from __future__ import annotations

import re
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from ..room import Exchange
from .errors import UserErrors, user_error
from .part import Context, Part
from .registry import Resolvers

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class Uploads(Part):
    """The folder with the files, and who may put something there."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        path = room.services.store.path
        self._own = path is None
        self._folder: Path | None = None if path is None else path.with_name(f"{path.name}.files")
        self.promised = self.plain("staged")

    def clear(self) -> None:
        self.promised.clear()
        if self._folder is not None and self._folder.exists():
            shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Remove what was kept in memory's stead."""
        if self._own and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def path(self, key: str) -> Path:
        """Where a file lies; its name is made of the key."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="marketplace-sandbox-"))
        self._folder.mkdir(exist_ok=True)
        return self._folder / key.replace("/", "_")

    def staged(self, key: str) -> Path | None:
        """A file that was uploaded, by its key."""
        if key not in self.promised:
            return None
        path = self.path(key)
        return path if path.exists() else None

    # === THE API === #

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        found.mutation("stagedUploadsCreate")(self._create)
        return found

    def _create(self, ctx: Context, input: list[dict[str, Any]]) -> Any:
        targets, errors = [], []
        for index, each in enumerate(input):
            name = re.sub(r"[^A-Za-z0-9._-]", "_", each["filename"])[:100]
            if not name.strip("._"):
                errors.append(user_error(["input", index, "filename"], "Filename is invalid"))
                continue
            number = self.room.next_id("staged", 1)
            unique = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.room.services.seed}/staged/{number}")
            key = f"tmp/{self.room.shop.id}/bulk/{unique}/{name}"
            self.promised.put(
                key, {"key": key, "resource": each["resource"], "app": ctx.access.app}
            )
            targets.append(self._target(ctx, each, key))
        if errors:
            raise UserErrors(errors)
        return {"stagedTargets": targets, "userErrors": []}

    @staticmethod
    def _target(ctx: Context, data: dict[str, Any], key: str) -> dict[str, Any]:
        resource = f"{ctx.base}/staged/{quote(key)}"
        if data["httpMethod"] == "PUT":
            parameters = [{"name": "content_type", "value": data["mimeType"]},
                          {"name": "acl", "value": "private"}]  # fmt: skip
            return {"url": resource, "resourceUrl": resource, "parameters": parameters}
        values = {
            "key": key,
            "Content-Type": data["mimeType"],
            "success_action_status": "201",
            "acl": "private",
            "x-goog-algorithm": "GOOG4-RSA-SHA256",
            "policy": "sandbox",
            "x-goog-signature": "sandbox",
        }
        parameters = [{"name": name, "value": value} for name, value in values.items()]
        return {"url": f"{ctx.base}/staged", "resourceUrl": resource, "parameters": parameters}

    # === FILES OVER HTTP === #

    def answer(self, exchange: Exchange, kind: str) -> Response:
        """An upload, or a download."""
        method, request = exchange.request.method, exchange.request
        rest = exchange.path.partition("/")[2]
        if kind == "bulk-result":
            if method not in ("GET", "HEAD") or not _NAME.fullmatch(rest):
                return _xml(404, "NoSuchKey")
            return self._send(request, self.path(rest))
        if method == "POST" and not rest:
            try:
                return self._take_form(exchange)
            finally:
                request.close()  # a large form lies in a temporary file
        if rest not in self.promised:
            return _xml(403, "AccessDenied")
        if method == "PUT":
            return self._keep(rest, exchange.body)
        return self._send(request, self.path(rest)) if method == "GET" else _xml(405, "NotAllowed")

    def _take_form(self, exchange: Exchange) -> Response:
        request, body = exchange.request, exchange.body
        key = request.form.get("key", "")
        if key not in self.promised or not request.form.get("policy"):
            return _xml(403, "AccessDenied")
        upload, place = request.files.get("file"), body.find(b'name="file"')
        late = [each for each in request.form if body.find(f'name="{each}"'.encode()) > place]
        if upload is None or late:
            return _xml(400, "InvalidArgument")
        return self._keep(key, upload.stream.read())

    def _keep(self, key: str, data: bytes) -> Response:
        if len(data) > self.room.settings.bulk_bytes:
            return _xml(400, "EntityTooLarge")
        self.path(key).write_bytes(data)
        return Response("<PostResponse/>", 201, content_type="application/xml")

    @staticmethod
    def _send(request: Request, path: Path) -> Response:
        if not path.exists():
            return _xml(404, "NoSuchKey")
        size = path.stat().st_size
        kind = "application/jsonl"
        match = _RANGE.fullmatch(request.headers.get("Range", ""))
        if match is None:
            return Response(path.read_bytes(), content_type=kind,
                            headers={"Accept-Ranges": "bytes"})  # fmt: skip
        start = int(match[1])
        end = min(int(match[2]) if match[2] else size - 1, size - 1)
        if start > end:
            return Response(b"", 416, headers={"Content-Range": f"bytes */{size}"})
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(end - start + 1)
        headers = {"Content-Range": f"bytes {start}-{end}/{size}", "Accept-Ranges": "bytes"}
        return Response(data, 206, headers=headers, content_type=kind)


def _xml(status: int, code: str) -> Response:
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
    return Response(text, status, content_type="application/xml")
