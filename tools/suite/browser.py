"""Odoo's web client in headless Chromium, driven over the DevTools protocol.

Needs websocket-client and Pillow: only for the interpreter of the private environment.
"""

from __future__ import annotations

import base64
import importlib
import io
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from suite import paths
from suite.console import SuiteError

_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--hide-scrollbars", "--no-first-run", "--force-color-profile=srgb"),
    *("--remote-debugging-port=0", "--remote-allow-origins=*"),
)
#: Resolves once nothing was loaded for a while and nothing says that it is loading.
_QUIET = """
(async () => {
    const loading = ".o_loading_indicator, .o_blockUI, .o_view_sample_data";
    const start = performance.now();
    let last = start, count = -1;
    while (performance.now() - last < 600 && performance.now() - start < 15000) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const now = performance.getEntriesByType("resource").length;
        if (now !== count || document.querySelector(loading)) {
            count = now;
            last = performance.now();
        }
    }
})()
"""
#: Visible elements of a selector, with a text if one is asked for; the smallest one counts.
_FIND = """
[...document.querySelectorAll(%s)]
    .filter((element) => element.offsetParent !== null && element.textContent.includes(%s))
    .sort((one, other) => one.textContent.length - other.textContent.length)[0]
"""


class Browser:
    """A page of Odoo, as a context manager.

    ::

        with Browser("http://127.0.0.1:8069") as browser:
            browser.login()
            browser.open("/odoo/marketplace")
            browser.click("button >> Synchronize")
            browser.save(Path("picture.png"))

    :ivar errors: errors of the console and failed requests since the last picture.
    """

    def __init__(self, url: str, *, width: int = 1440, height: int = 900) -> None:
        self.url = url
        self.size = (width, height)
        self.errors: list[str] = []
        self._count = 0

    def __enter__(self) -> Browser:
        self._folder = Path(tempfile.mkdtemp(prefix="suite-browser"))
        program = paths.SHIMS / "google-chrome"
        self._process = subprocess.Popen(
            [str(program), *_FLAGS, f"--user-data-dir={self._folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)

    def login(self, user: str = "admin", password: str = "admin") -> None:
        self._go("/web/login")
        self.wait("document.querySelector('input[name=login]')", "the login page")
        self.run(
            f"document.querySelector('input[name=login]').value = {json.dumps(user)};"
            f"document.querySelector('input[name=password]').value = {json.dumps(password)};"
            "document.querySelector('form.oe_login_form').submit()"
        )
        self.wait("document.querySelector('.o_main_navbar')", "the web client")
        self.run(_QUIET)

    def open(self, path: str) -> None:
        """Go to a page of the web client and wait until it is quiet."""
        self._go(path)
        self.wait("document.querySelector('.o_action_manager > *')", path)
        self.run(_QUIET)

    def click(self, what: str) -> None:
        """Click the first visible element: a CSS selector, or ``selector >> text``."""
        css, _, text = what.partition(" >> ")
        element = _FIND % (json.dumps(css), json.dumps(text))
        self.wait(element, what)
        self.run(f"({element}).click()")
        self.run(_QUIET)

    def save(self, path: Path) -> None:
        """Write what is shown as a small PNG (a palette of 256 colours)."""
        self.run("document.activeElement.blur(); document.body.style.caretColor = 'transparent'")
        time.sleep(0.4)  # animations of Odoo and of charts take that long
        data = base64.b64decode(self._send("Page.captureScreenshot", format="png")["data"])
        image = importlib.import_module("PIL.Image")
        picture = image.open(io.BytesIO(data)).convert("RGB")
        path.parent.mkdir(parents=True, exist_ok=True)
        # The usual colours exactly, and some for what is rare, as a small red dot.
        usual = sorted(picture.getcolors(picture.width * picture.height), reverse=True)[:200]
        rare = picture.quantize(56, method=image.Quantize.MAXCOVERAGE).getpalette()[: 56 * 3]
        palette = image.new("P", (1, 1))
        palette.putpalette([part for _count, colour in usual for part in colour] + rare)
        small = picture.quantize(palette=palette, dither=image.Dither.NONE)
        small.save(path, optimize=True)

    def wait(self, condition: str, what: str, seconds: float = 60) -> None:
        """Wait until a JavaScript expression is true.

        :raises SuiteError: it did not come in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self.run(f"!!({condition})"):
                    return
            except SuiteError:
                pass  # the page is just changing
            if time.monotonic() > deadline:
                raise SuiteError(f"the browser waited {seconds:.0f} s in vain for {what}")
            time.sleep(0.1)

    def run(self, code: str) -> Any:
        """The value of a JavaScript expression.

        :raises SuiteError: it failed.
        """
        answer = self._send(
            "Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise SuiteError(f"the browser could not run {code}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    # === INTERNALS === #

    def _connect(self) -> None:
        note = self._folder / "DevToolsActivePort"
        deadline = time.monotonic() + 30
        while not (note.exists() and note.read_text(encoding="utf-8").count("\n")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SuiteError("Chromium does not start")
            time.sleep(0.05)
        port = note.read_text(encoding="utf-8").split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as response:
            (page,) = [found for found in json.load(response) if found["type"] == "page"]
        websocket = importlib.import_module("websocket")
        self._socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=90)
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._send(f"{domain}.enable")
        width, height = self.size
        self._send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def _go(self, path: str) -> None:
        self.run("window.isOld = true")
        self._send("Page.navigate", url=path if "://" in path else self.url + path)
        self.wait("!window.isOld && document.readyState === 'complete'", path)

    def _send(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        number = self._count
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise SuiteError(f"the browser refused {method}: {answer['error']}")
                return answer["result"]
            self._note(answer.get("method"), answer.get("params", {}))

    def _note(self, event: str, told: dict[str, Any]) -> None:
        if event == "Runtime.exceptionThrown":
            self.errors.append(str(told["exceptionDetails"])[:600])
        elif event == "Runtime.consoleAPICalled" and told["type"] == "error":
            self.errors.append(str(told["args"])[:600])
        elif event == "Network.responseReceived" and told["response"]["status"] >= 400:
            self.errors.append(f"{told['response']['status']} {told['response']['url']}")
