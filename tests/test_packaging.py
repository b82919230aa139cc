"""What is shipped is complete: two wheels that work without the checkout, addons that are whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from layer_rules import imports

from marketplace_adapters.testing import covers
from suite import addons, manifests, paths

DISTRIBUTIONS = {"adapters": "marketplace_adapters", "sandbox": "marketplace_sandbox"}
#: Packages that Odoo 19 itself requires, so that an addon need not name them.
OF_ODOO = {"dateutil", "lxml", "markupsafe", "odoo", "openpyxl", "psycopg2", "pytz", "werkzeug"}


@pytest.fixture(scope="module", params=list(DISTRIBUTIONS))
def distribution(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def wheel(distribution: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing left over from another build gets in."""
    folder = tmp_path_factory.mktemp(distribution)
    clean = shutil.ignore_patterns("build", "dist", "*.egg-info", "__pycache__", ".*_cache")
    shutil.copytree(paths.CHECKOUT / distribution, folder / "source", ignore=clean)
    words = ["wheel", "--no-deps", "--wheel-dir", str(folder), str(folder / "source")]
    _pip(*words)
    (built,) = folder.glob("*.whl")
    return built


@covers("R202")
def test_a_wheel_holds_every_file_of_its_package(distribution: str, wheel: Path) -> None:
    package = DISTRIBUTIONS[distribution]
    source = paths.CHECKOUT / distribution / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for path in (source / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert found == wanted


def test_a_wheel_is_licensed_and_typed(distribution: str, wheel: Path) -> None:
    package = DISTRIBUTIONS[distribution]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        text = archive.read(metadata).decode()

    assert f"{package}/py.typed" in names
    assert "LGPL-3.0-only" in text
    assert "Requires-Python: >=3.10" in text


def test_a_wheel_works_without_the_checkout_and_without_odoo(
    distribution: str, wheel: Path, tmp_path: Path
) -> None:
    package = DISTRIBUTIONS[distribution]
    _pip("install", "--no-deps", "--no-index", "--target", str(tmp_path), str(wheel))
    program = f"""
import importlib, pkgutil, sys
sys.path.insert(0, {str(tmp_path)!r})
sys.meta_path[:] = [each for each in sys.meta_path if "editable" not in repr(each)]
import {package}
assert {package}.__file__.startswith({str(tmp_path)!r}), {package}.__file__
names = [each.name for each in pkgutil.walk_packages({package}.__path__, "{package}.")]
for name in names:
    if not name.endswith(".__main__"):
        importlib.import_module(name)
assert not [name for name in sys.modules if name.partition(".")[0] == "odoo"]
print(len(names))
"""

    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert done.stderr == ""
    assert int(done.stdout) == _modules(paths.CHECKOUT / distribution / "src" / package)


def _modules(package: Path) -> int:
    """Modules and packages below a package, itself not counted."""
    return sum(path.parent != package or path.stem != "__init__" for path in package.rglob("*.py"))


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- addons ------------------------------------------------------------------------------------


@covers("R107", "R110", "R285", "R290", "X32")
def test_every_manifest_is_in_order() -> None:
    assert manifests.problems() == []


@covers("X31")
def test_an_addon_names_every_foreign_package_that_it_imports() -> None:
    missing = []
    for addon in addons.find().values():
        named = set(addon.manifest.get("external_dependencies", {}).get("python", []))
        for path, package in _imported(addon.folder):
            if package not in named:
                missing.append(f"{path.relative_to(paths.ADDONS)}: {package}")

    assert missing == []


def test_requirements_txt_has_every_foreign_package_of_the_shipped_addons() -> None:
    text = (paths.CHECKOUT / "requirements.txt").read_text(encoding="utf-8")
    lines = {line.strip() for line in text.splitlines() if line and not line.startswith("#")}
    wanted = {
        "./adapters" if name == "marketplace_adapters" else name
        for addon in addons.find().values()
        if addon.is_shipped
        for name in addon.manifest.get("external_dependencies", {}).get("python", [])
        if name not in OF_ODOO
    }

    assert {line.partition("=")[0] for line in lines} == wanted


def test_every_test_file_of_an_addon_is_run_by_odoo_too() -> None:
    """Odoo's own runner only knows what ``tests/__init__.py`` imports."""
    forgotten = []
    for addon in addons.find().values():
        folder = addon.folder / "tests"
        init = folder / "__init__.py"
        known = init.read_text(encoding="utf-8") if init.is_file() else ""
        for path in sorted(folder.glob("test_*.py")):
            if path.stem not in known.replace(",", " ").split():
                forgotten.append(f"{addon.name}/tests/{path.name}")

    assert forgotten == []


def test_nothing_shipped_depends_on_what_is_for_tests() -> None:
    found = addons.find()
    wrong = [
        f"{addon.name} depends on {name}"
        for addon in found.values()
        if addon.is_shipped
        for name in addon.depends
        if name in found and not found[name].is_shipped
    ]

    assert wrong == []


def _imported(folder: Path) -> Iterator[tuple[Path, str]]:
    """Foreign packages that the addon's code imports, its tests aside."""
    for path in sorted(folder.rglob("*.py")):
        if "tests" in path.relative_to(folder).parts:
            continue
        for _line, name in imports(path, "odoo.addons.x"):
            top = name.partition(".")[0]
            if top not in OF_ODOO and top not in sys.stdlib_module_names:
                yield path, top


# --- the checks themselves ---------------------------------------------------------------------


def _addon(folder: Path, manifest: str, files: dict[str, str] | None = None) -> Path:
    for name, text in {"__manifest__.py": manifest, **(files or {})}.items():
        path = folder / "market" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


GOOD = {
    "name": "Market",
    "summary": "Sells",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Us",
    "category": "Sales",
    "depends": ["sale"],
}


def test_a_manifest_in_order_has_no_problems(tmp_path: Path) -> None:
    assert manifests.problems(_addon(tmp_path, repr(GOOD))) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"summary": ""}, "market/__manifest__.py: summary is missing"),
        ({"version": "1.0"}, "market/__manifest__.py: version '1.0' is not 19.0.x.y.z"),
        (
            {"version": "18.0.1.0.0"},
            "market/__manifest__.py: version '18.0.1.0.0' is not 19.0.x.y.z",
        ),
        ({"license": "AGPL-3"}, "market/__manifest__.py: the licence is 'AGPL-3', not 'LGPL-3'"),
        ({"data": ["views/a.xml"]}, "market/__manifest__.py: views/a.xml does not exist"),
        (
            {"assets": {"web.assets_backend": ["market/static/src/**/*.js"]}},
            "market/__manifest__.py: no file is at market/static/src/**/*.js",
        ),
    ],
)
def test_a_problem_of_a_manifest_is_said(
    tmp_path: Path, change: dict[str, object], problem: str
) -> None:
    assert manifests.problems(_addon(tmp_path, repr({**GOOD, **change}))) == [problem]


def test_a_data_file_that_nobody_loads_and_broken_xml_are_said(tmp_path: Path) -> None:
    folder = _addon(tmp_path, repr(GOOD), {"views/a.xml": "<odoo>"})

    assert manifests.problems(folder) == [
        "market/__manifest__.py: views/a.xml is not listed, so it is never loaded",
        "market/views/a.xml: no element found: line 1, column 6",
    ]
