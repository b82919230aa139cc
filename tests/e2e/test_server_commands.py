"""Commands of the server, and what a copied database does: on real databases and processes."""

from __future__ import annotations

import csv
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace_adapters.testing import covers
from suite import databases, odoo, paths
from suite.stage import Stage

SECRET = "s3cret-of-the-fake-channel"
CONNECT = f"""
account = env["marketplace.account"].create({{
    "name": "Fake", "provider": "fake", "base_url": "https://fake.example", "state": "connected"}})
env["marketplace.credential"]._store(account, "token", "{SECRET}")
env.cr.commit()
"""
SAY_STATUS = """
account = env["marketplace.account"].search([("provider", "=", "fake")])
print("status", account.home_status, account._may_call(), account.state,
      len(account.credential_ids))
"""
READ_SECRET = """
account = env["marketplace.account"].search([("provider", "=", "fake")])
print("secret", env["marketplace.credential"]._read_all(account)["token"])
"""


@pytest.fixture(scope="module")
def database(stage: Stage, data_dir: Path) -> str:
    """A database with one connected account."""
    name = stage.database()
    _shell(stage, name, CONNECT)
    return name


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory of its own: the usual one holds the key of everybody's databases."""
    folder = tmp_path_factory.mktemp("data")
    _OPTIONS["data_dir"] = folder
    yield folder
    del _OPTIONS["data_dir"]


_OPTIONS: dict[str, object] = {}


def _conf(stage: Stage, database: str) -> Path:
    return odoo.write_conf(
        paths.RUN / f"{database}.conf", stage.cluster, database, options=_OPTIONS
    )


def _shell(stage: Stage, database: str, script: str) -> str:
    """Run a script in Odoo's shell; what it printed."""
    return odoo.run_odoo(
        stage.cluster,
        _conf(stage, database),
        *["shell", "--no-http", "--log-level", "warn"],
        log=paths.LOGS / f"{database}-shell.log",
        stdin=script,
    )


def _command(
    stage: Stage, database: str, *words: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of an addon as a person would: the addons path first."""
    return subprocess.run(
        [
            str(paths.PYTHON),
            "-m",
            "odoo",
            f"--addons-path={paths.ADDONS}",
            words[0],
            "-c",
            str(_conf(stage, database)),
            *words[1:],
        ],
        env=odoo.environment(stage.cluster, **env),
        cwd=paths.HOME,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@covers("C21")
def test_a_copy_made_behind_odoos_back_may_not_call_and_the_original_still_may(
    stage: Stage, database: str
) -> None:
    copy = f"{database}_copy"
    # The uuid is kept, as createdb -T and a restored dump do.
    databases.copy(stage.cluster, database, copy, new_identity=False)
    try:
        assert "status copy False connected 1" in _shell(stage, copy, SAY_STATUS)
        assert "status home True connected 1" in _shell(stage, database, SAY_STATUS)
        claim = 'env["marketplace.home"]._claim()\nenv.cr.commit()\n'
        assert "status home True connected 1" in _shell(stage, copy, claim + SAY_STATUS)
    finally:
        databases.drop(stage.cluster, copy)


@covers("C21")
def test_odoos_own_neutralization_takes_secrets_and_stops_accounts(
    stage: Stage, database: str
) -> None:
    copy = f"{database}_neutral"
    databases.copy(stage.cluster, database, copy)
    try:
        done = _command(stage, copy, "neutralize", "-d", copy)
        assert done.returncode == 0, done.stderr
        assert "status neutralized False paused 0" in _shell(stage, copy, SAY_STATUS)
    finally:
        databases.drop(stage.cluster, copy)


@covers("R254", "X54")
def test_the_extractor_writes_four_files(stage: Stage, database: str, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    done = _command(stage, database, "marketplace_extract", "-d", database, "--output", str(folder))

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == [
        "product_category_minimal.csv",
        "product_product_minimal.csv",
        "product_template_minimal.csv",
        "res_company_minimal.csv",
    ]
    assert done.stdout.count(".csv\n") == 4
    with (folder / "res_company_minimal.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [list(row) for row in rows] == [["id", "name", "currency_id", "country_id"]]


def test_the_extractor_says_what_is_wrong(stage: Stage, database: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for words, said in (
        (["--output", str(tmp_path / "file" / "x")], "Not a directory"),
        (["--output", str(tmp_path), "--lang", "xx_XX"], "xx_XX is not installed"),
        ([], "--output"),
    ):
        done = _command(stage, database, "marketplace_extract", "-d", database, *words)
        assert done.returncode != 0
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_a_key_is_rotated_by_hand(stage: Stage, database: str, data_dir: Path) -> None:
    key_file = data_dir / "marketplace.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    old = key_file.read_text()
    done = _command(stage, database, "marketplace_rotate_key", "-d", database, "--new-key")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "1 credentials are encrypted with the newest key."

    new, kept = key_file.read_text().split(",", 1)
    assert kept == old
    assert new not in done.stdout + done.stderr
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    alone = {"ODOO_MARKETPLACE_KEY": new}
    os.environ.update(alone)
    try:
        assert f"secret {SECRET}" in _shell(stage, database, READ_SECRET)
    finally:
        del os.environ["ODOO_MARKETPLACE_KEY"]


def test_a_lost_key_is_said_with_the_account_and_a_bad_one_is_not_shown(
    stage: Stage, database: str
) -> None:
    from cryptography.fernet import Fernet

    rotate = ("marketplace_rotate_key", "-d", database)
    done = _command(stage, database, *rotate, ODOO_MARKETPLACE_KEY=Fernet.generate_key().decode())
    assert done.returncode == 1
    assert "enter them again: Fake (token)" in done.stdout

    done = _command(stage, database, *rotate, ODOO_MARKETPLACE_KEY="not-a-key-at-all")
    assert done.returncode == 1
    assert "ODOO_MARKETPLACE_KEY cannot be used" in done.stderr
    assert "not-a-key-at-all" not in done.stdout + done.stderr
