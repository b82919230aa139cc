"""Encryption of credentials with a key that is kept outside of the database.

Where the key comes from, first hit wins:

1. environment ``ODOO_MARKETPLACE_KEY``,
2. server configuration: ``key`` in the section ``[marketplace]``, or ``marketplace_key`` in
   ``[options]`` (Odoo warns of an unknown option at each start then),
3. the file ``marketplace.key`` in the data directory, made with mode 0600 when missing. It serves
   all databases of the server.

Several keys may be given, separated by commas: the first encrypts, all decrypt. That is how a
key is rotated: put the new one in front, run ``odoo marketplace_rotate_key`` for every database,
drop the old one.
"""

import configparser
import contextlib
import fcntl
import functools
import logging
import os
import stat
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.exceptions import UserError
from odoo.tools import config

_logger = logging.getLogger(__name__)

ENVIRONMENT = "ODOO_MARKETPLACE_KEY"
OPTION = "marketplace_key"
SECTION = "marketplace"


def key_file():
    """Path of the key file in the data directory."""
    return Path(config["data_dir"]) / "marketplace.key"


def key_place():
    """Where the key comes from, for people: a variable, an option or a file."""
    if os.environ.get(ENVIRONMENT):
        return ENVIRONMENT
    if _configured():
        return config["config"]
    return str(key_file())


def cipher(env):
    """The cipher with all known keys.

    :raise UserError: a key is not 32 url-safe base64 bytes, or cannot be read.
    """
    try:
        keys = [key.strip() for key in _read_keys().split(",") if key.strip()]
        return MultiFernet([Fernet(key) for key in keys])
    except (ValueError, OSError) as exc:
        # The error itself may quote the key: it goes no further.
        reason = exc.strerror if isinstance(exc, OSError) else None
        _logger.error("The marketplace key in %s cannot be used: %s", key_place(), reason or "form")
    raise UserError(
        env._(
            "The marketplace encryption key in %(place)s cannot be used: %(reason)s.",
            place=key_place(),
            reason=reason or env._("it must be 32 url-safe base64-encoded bytes"),
        )
    )


def encrypt(env, value):
    """Text → token that only the key's owner can read."""
    return cipher(env).encrypt(value.encode()).decode()


def decrypt(env, token):
    """Token → text.

    :raise UserError: encrypted with a key that is not known here, as in a copied database.
    """
    try:
        return cipher(env).decrypt(token.encode()).decode()
    except InvalidToken:
        raise _foreign(env) from None


def rotate(env, token):
    """The same secret, encrypted with the first key.

    :raise UserError: encrypted with a key that is not known here.
    """
    try:
        return cipher(env).rotate(token.encode()).decode()
    except InvalidToken:
        raise _foreign(env) from None


def add_key(env):
    """Put a new key in front of those of the key file; the old ones still decrypt.

    :raise UserError: the key does not come from the file, so it cannot be changed here.
    """
    if os.environ.get(ENVIRONMENT) or _configured():
        raise UserError(
            env._(
                "The key comes from %s. Put a new key in front of it there, separated by a comma, "
                "restart the server and rotate again.",
                key_place(),
            )
        )
    path = key_file()
    _read_keys()
    with _alone(path):
        # Read under the lock: a key that somebody else has just added must not get lost.
        keys = f"{Fernet.generate_key().decode()},{path.read_text().strip()}"
        draft = _write_draft(path, keys)
        os.replace(draft, path)


def _foreign(env):
    return UserError(
        env._(
            "The stored credentials were encrypted with another key. "
            "Restore the marketplace key of this server, or enter the credentials again."
        )
    )


def _read_keys():
    configured = os.environ.get(ENVIRONMENT) or _configured()
    if configured:
        return configured
    path = key_file()
    if not path.exists():
        _make_key_file(path)
    _warn_if_open(str(path), path.stat().st_mode)
    return path.read_text().strip()


def _configured():
    """The key of the server configuration, or an empty text."""
    path = config.get("config")
    in_section = ""
    if path and os.path.exists(path):
        in_section = _section_key(path, os.stat(path).st_mtime_ns)
    return in_section or config.get(OPTION) or ""


@functools.lru_cache(maxsize=4)
def _section_key(path, _changed):
    parser = configparser.RawConfigParser()
    try:
        parser.read(path)
    except configparser.Error:
        return ""
    return parser.get(SECTION, "key", fallback="")


@functools.lru_cache(maxsize=8)
def _warn_if_open(path, mode):
    if stat.S_IMODE(mode) & 0o077:
        _logger.warning("%s can be read by others. Run: chmod 600 %s", path, path)


def _make_key_file(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _write_draft(path, Fernet.generate_key().decode())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # whole or not at all, and never over another worker's key
    finally:
        draft.unlink()


def _write_draft(path, text):
    draft = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    return draft


@contextmanager
def _alone(path):
    """Nobody else changes the key file meanwhile, on any worker of this machine."""
    with open(path.with_suffix(".lock"), "w") as lock:
        os.chmod(lock.name, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
