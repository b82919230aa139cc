"""Remember that a step was done, and with which inputs, so that it is not done again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from suite import paths


def key_of(*parts: str | Path) -> str:
    """Short digest of the texts and of the files' contents; a missing file counts as empty."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            data = part.read_bytes() if part.is_file() else b""
        else:
            data = part.encode()
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:16]


def is_current(step: str, key: str) -> bool:
    return read(step) == key


def read(step: str) -> str:
    try:
        return (paths.STAMPS / step).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def write(step: str, key: str) -> None:
    paths.STAMPS.mkdir(parents=True, exist_ok=True)
    (paths.STAMPS / step).write_text(key, encoding="utf-8")


def forget(step: str) -> None:
    (paths.STAMPS / step).unlink(missing_ok=True)
