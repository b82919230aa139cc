"""The layers of the suite as rules over source code, read without importing anything.

::

    addons/marketplace_<provider>  →  addons/marketplace  →  marketplace_adapters.core
                 └──────────────→  marketplace_adapters.<provider>  ──┘
    marketplace_sandbox: alone, so that a mistake in an adapter cannot cancel out
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

PROVIDERS = ("amazon", "cartona", "shopify", "ebay", "shipstation")
#: Modules that talk to a network; in addons only adapters may.
NETWORK = {"requests", "urllib", "urllib3", "http.client", "httpx", "aiohttp", "socket"}

_NAMED = re.compile("|".join(PROVIDERS), re.IGNORECASE)


def violations(checkout: Path) -> list[str]:
    """Everything that breaks a rule, one line each: ``file:line: what``."""
    found: list[str] = []
    for path in sorted(checkout.glob("adapters/src/marketplace_adapters/**/*.py")):
        found += _of_adapter(path, checkout)
    for path in sorted(checkout.glob("sandbox/**/*.py")):
        found += _of_sandbox(path, checkout)
    for path in sorted(checkout.glob("addons/**/*.py")):
        found += _of_addon(path, checkout)
    for path in sorted(checkout.glob("addons/marketplace/**/*")):
        if path.suffix in {".py", ".xml", ".js", ".scss", ".csv"}:
            found += _names_in_core(path, checkout)
    return found


# --- reading -----------------------------------------------------------------------------------


def imports(path: Path, package: str = "") -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything that a file imports, wherever it stands in it.

    ``from a import b`` gives ``a.b``, which is right whether ``b`` is a module or not.

    :param package: dotted name of the file's package, to resolve relative imports.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parts, *filter(None, [node.module])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _package(path: Path, top: Path) -> str:
    return ".".join(path.relative_to(top).parent.parts)


# --- rules -------------------------------------------------------------------------------------


def _of_adapter(path: Path, checkout: Path) -> Iterator[str]:
    where = path.relative_to(checkout).as_posix()
    top = checkout / "adapters" / "src"
    room = path.relative_to(top / "marketplace_adapters").parts[0]
    for line, name in imports(path, _package(path, top)):
        if _is_in(name, "odoo"):
            yield f"{where}:{line}: an adapter imports Odoo ({name})"
        if _is_in(name, "marketplace_sandbox"):
            yield f"{where}:{line}: an adapter imports the sandbox ({name})"
        if room == "core" and _is_in(name, "marketplace_adapters.testing"):
            yield f"{where}:{line}: the core imports what is for tests ({name})"
        for other in PROVIDERS:
            if other != room and _is_in(name, f"marketplace_adapters.{other}"):
                yield f"{where}:{line}: {room} imports the provider {other} ({name})"


def _of_sandbox(path: Path, checkout: Path) -> Iterator[str]:
    where = path.relative_to(checkout).as_posix()
    package = _package(path, checkout / "sandbox" / "src") if "src" in path.parts else ""
    for line, name in imports(path, package):
        for other in ("odoo", "marketplace_adapters"):
            if _is_in(name, other):
                yield f"{where}:{line}: the sandbox imports {other} ({name})"


def _of_addon(path: Path, checkout: Path) -> Iterator[str]:
    where = path.relative_to(checkout).as_posix()
    parts = path.relative_to(checkout / "addons").parts
    addon, room = parts[0], parts[1] if len(parts) > 2 else ""
    package = "odoo.addons." + _package(path, checkout / "addons")
    for line, name in imports(path, package):
        if _is_in(name, "marketplace_sandbox") and room != "tests":
            yield f"{where}:{line}: an addon imports the sandbox ({name})"
        if room != "tests" and any(_is_in(name, module) for module in NETWORK):
            yield f"{where}:{line}: an addon imports {name}; the adapter speaks to the network"
        if room in {"models", "wizards", "report"} and ".controllers" in name:
            yield f"{where}:{line}: {room} import a controller ({name})"
        if _is_in(name, "marketplace_adapters") and not _may_import(addon, room, name):
            yield f"{where}:{line}: {addon} imports {name}"
        if name.startswith("odoo.addons.marketplace_") and not _is_in(name, f"odoo.addons.{addon}"):
            yield f"{where}:{line}: {addon} imports another channel ({name})"
    if room != "tests":
        yield from _unexplained_sql(path, where)


def _may_import(addon: str, room: str, name: str) -> bool:
    """Which part of the adapters an addon may know: the core, and a channel its own provider."""
    allowed = ["marketplace_adapters.core"]
    if addon.startswith("marketplace_"):
        allowed.append(f"marketplace_adapters.{addon.removeprefix('marketplace_')}")
    if room == "tests" or addon.startswith("test_"):
        allowed.append("marketplace_adapters.testing")
    return any(_is_in(name, each) for each in allowed)


def _unexplained_sql(path: Path, where: str) -> Iterator[str]:
    """Raw SQL in a function that says nothing about it."""
    text = path.read_text(encoding="utf-8")
    if ".execute(" not in text:
        return
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef):
            continue
        calls = [
            inner.lineno
            for inner in ast.walk(node)
            if isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and inner.func.attr in {"execute", "execute_values"}
            and ast.unparse(inner.func.value).endswith("cr")
        ]
        body = lines[node.lineno - 1 : node.end_lineno]
        said = ast.get_docstring(node) or any("# " in line or "-- " in line for line in body)
        if calls and not said:
            yield f"{where}:{calls[0]}: raw SQL without a word on why the ORM will not do"


def _names_in_core(path: Path, checkout: Path) -> Iterator[str]:
    """The core knows no provider by name: neither in Python nor in what it loads or serves.

    Comments and docstrings may tell of one, code and texts on screens may not.
    """
    where = path.relative_to(checkout).as_posix()
    inside = path.relative_to(checkout / "addons" / "marketplace").parts
    if inside[0] in {"tests", "readme"} or inside[:2] == ("static", "tests"):
        return
    for line, text in _CODE_OF[path.suffix](path):
        for name in sorted({match.lower() for match in _NAMED.findall(text)}):
            yield f"{where}:{line}: the core names the provider {name}"


def _python_code(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    docstrings = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docstrings |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT and token.start[0] not in docstrings:
            yield token.start[0], token.string


def _xml_code(path: Path) -> Iterator[tuple[int, str]]:
    """Everything but comments; lines are those of the element's first occurrence of the text."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for element in ElementTree.parse(path).iter():
        for text in (
            str(element.tag),
            element.text or "",
            element.tail or "",
            *element.attrib.values(),
        ):
            if _NAMED.search(text):
                first = next(filter(None, text.strip().splitlines()), "")
                line = next((n for n, row in enumerate(lines, 1) if first.strip() in row), 1)
                yield line, text


def _plain_code(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    for number, line in enumerate(text.splitlines(), 1):
        yield number, re.sub(r"(^|\s)//.*", "", line)


_CODE_OF = {
    ".py": _python_code,
    ".xml": _xml_code,
    ".js": _plain_code,
    ".scss": _plain_code,
    ".csv": _plain_code,
}
