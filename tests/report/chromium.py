"""A real browser for tests: Chromium without a window, spoken to over two pipes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATH = next((path for name in NAMES if (path := shutil.which(name))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)


class Tab:
    """One page: open it, evaluate, move the pointer.

    What went wrong is in `complaints`, what was asked for in `urls`.
    """

    def __init__(self, orders: int, answers: int) -> None:
        self._orders, self._answers = os.fdopen(orders, "wb", buffering=0), os.fdopen(answers, "rb")
        self._session: str | None = None
        self._number = 0
        self.complaints: list[str] = []
        self.urls: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: object) -> dict[str, Any]:
        self._number += 1
        order = {"id": self._number, "method": method, "params": params}
        if self._session:
            order["sessionId"] = self._session
        self._orders.write(json.dumps(order).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            self._note(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def close(self) -> None:
        self._session = None
        self.call("Browser.close")
        self._orders.close()
        self._answers.close()

    def evaluate(self, script: str) -> Any:
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, page: Path, *, width: int = 1280, dark: bool = False) -> str:
        """Return what the page says of its charts once it says something: "drawn" or "failed"."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=page.as_uri())
        return self.wait("document.readyState === 'complete' && document.documentElement.dataset.charts", "waiting")

    def wait(self, script: str, *not_yet: object) -> Any:
        for _ in range(300):
            value = self.evaluate(script)
            if value and value not in not_yet:
                return value
            time.sleep(0.1)
        raise TimeoutError(script)

    def hover(self, selector: str) -> str:
        """Return the tooltip's text with the pointer on the middle of the leftmost thing that `selector` finds."""
        left = "(a, b) => a.getBoundingClientRect().x - b.getBoundingClientRect().x"
        place = f"[...document.querySelectorAll({json.dumps(selector)})].sort({left})[0]"
        self.evaluate(f"{place}.scrollIntoView({{behavior: 'instant', block: 'center'}})")
        box = self.evaluate(f"{place}.getBoundingClientRect().toJSON()")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for shift in (2, 0):
            self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x - shift, y=y)
        return str(self.wait("document.querySelector('#vg-tooltip-element.visible')?.innerText"))

    def _read(self) -> dict[str, Any]:
        received = bytearray()
        while (sign := self._answers.read(1)) != b"\0":
            assert sign, "the browser has gone"
            received += sign
        return json.loads(received)

    def _note(self, event: dict[str, Any]) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method in {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}:
            self.complaints.append(json.dumps(params))
        if method == "Network.requestWillBeSent":
            self.urls.append(params["request"]["url"])


@contextmanager
def browser(profile: Path) -> Iterator[Tab]:
    """Give a tab of a fresh browser that keeps its things in `profile`."""
    orders_in, orders_out = os.pipe()
    answers_in, answers_out = os.pipe()
    redirected = f'exec "$@" 3<&{orders_in} 4>&{answers_out} 2>/dev/null'
    command = ["bash", "-c", redirected, "bash", str(PATH), *FLAGS, f"--user-data-dir={profile}"]
    with subprocess.Popen(command, pass_fds=(orders_in, answers_out), stdout=subprocess.DEVNULL) as process:
        os.close(orders_in)
        os.close(answers_out)
        tab = Tab(orders_out, answers_in)
        try:
            yield tab
        finally:
            tab.close()
            process.wait(20)
