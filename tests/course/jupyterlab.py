"""A real JupyterLab in a headless Chromium: opens notebooks, runs their cells, and tells what a reader sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright

from tests.made_up_course import REPOSITORY

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
WIDTH, HEIGHT = 1200, 2400
FORMGRADER_WIDTH, FORMGRADER_HEIGHT = 1500, 800
START_SECONDS, RUN_SECONDS = 60, 120
# Every cell stays in the page, also where one has not scrolled to; nothing asks for news.
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
HAS_FORMGRADER = "() => window.jupyterapp?.commands.hasCommand('nbgrader:open-formgrader')"
IS_READY = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    return panel?.context?.isReady && panel.sessionContext?.session?.kernel?.status === 'idle';
}"""
# Formulas and pictures come after the text.
IS_DRAWN = """() => [...document.querySelectorAll('.jp-Notebook img')].every(img => img.complete)
    && [...document.querySelectorAll('.jp-Notebook video')].every(video => video.readyState > 0 || video.error)"""
SEEN = """() => {
    const all = selector => [...document.querySelectorAll('.jp-Notebook ' + selector)];
    const prose = all('.jp-RenderedMarkdown').map(each => {
        const copy = each.cloneNode(true);
        copy.querySelectorAll('code, pre, mjx-container').forEach(inner => inner.remove());
        return copy.innerText;
    });
    return {
        prose: prose.join('\\n'),
        tables: all('.jp-RenderedMarkdown table').length,
        formulas: all('mjx-container').length,
        empty_formulas: all('mjx-container').filter(each => each.getBoundingClientRect().width === 0).length,
        formula_errors: all('mjx-merror, [data-mjx-error]').map(each => each.textContent),
        pictures: all('img').length,
        broken_pictures: all('img').filter(img => img.naturalWidth === 0).map(img => img.src.slice(0, 200)),
        videos: all('video').length,
        broken_videos: all('video').filter(video => video.error || video.videoWidth === 0).length,
        plain_outputs: all('.jp-OutputArea-output.jp-RenderedText').map(each => each.innerText),
        outputs: all('.jp-OutputArea-output').map(each => each.innerText),
        output_tables: all('.jp-OutputArea-output table').length,
        checks: Object.fromEntries(all('.jp-CodeCell').map(cell => [
            cell.querySelector('.cm-content')?.innerText.trim() ?? '',
            cell.querySelector('.jp-OutputArea')?.innerText.trim() ?? '',
        ]).filter(([source]) => /^check\\("\\w+"\\)$/.test(source))),
    };
}"""


@dataclass(frozen=True)
class Seen:
    """What a reader sees of a notebook that has been run.

    Attributes:
        page: What the script SEEN collects.
        errors: Outputs of cells that raised.
        executed: Number of code cells that have run.
    """

    page: dict[str, Any]
    errors: tuple[str, ...]
    executed: int


class Lab:
    """A JupyterLab whose root is a folder.

    Args:
        address: Of the server.
        token: Of the server.
        browser: Opens its pages.
    """

    def __init__(self, address: str, token: str, browser: Browser) -> None:
        self._address, self._token, self._browser = address, token, browser

    def run(self, notebook: str, pictures: Path) -> Seen:
        """Opens a notebook, runs all cells up to the first that raises, and takes pictures of the whole of it.

        Args:
            notebook: Path within the server's root.
            pictures: Folder for the pictures; earlier ones of this notebook are replaced.
        """
        page = self._browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        try:
            page.goto(f"{self._address}/doc/tree/{notebook}?token={self._token}")
            page.wait_for_function(IS_READY, timeout=1000 * START_SECONDS)
            page.set_default_timeout(1000 * RUN_SECONDS)
            page.evaluate(RUN_ALL)
            page.wait_for_function(IS_READY, timeout=1000 * RUN_SECONDS)
            page.wait_for_function(IS_DRAWN, timeout=1000 * START_SECONDS)
            page.wait_for_timeout(1000)
            cells = page.evaluate("() => window.jupyterapp.shell.currentWidget.model.toJSON().cells")
            seen = page.evaluate(SEEN)
            self._take_pictures(page, notebook, pictures)
            page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        finally:
            page.close()
        outputs = [output for cell in cells for output in cell.get("outputs", ())]
        errors = tuple(f"{each['ename']}: {each['evalue']}" for each in outputs if each["output_type"] == "error")
        return Seen(seen, errors, sum(cell.get("execution_count") is not None for cell in cells))

    @contextmanager
    def formgrader(self) -> Iterator[tuple[Page, FrameLocator]]:
        """Opens formgrader from JupyterLab's commands: the page, and formgrader's frame in it."""
        page = self._browser.new_page(viewport={"width": FORMGRADER_WIDTH, "height": FORMGRADER_HEIGHT})
        try:
            page.set_default_timeout(1000 * RUN_SECONDS)
            page.goto(f"{self._address}/lab?token={self._token}")
            page.wait_for_function(HAS_FORMGRADER, timeout=1000 * START_SECONDS)
            page.evaluate("() => { window.jupyterapp.commands.execute('nbgrader:open-formgrader') }")
            yield page, page.frame_locator("iframe[src*=formgrader]")
        finally:
            page.close()

    def file(self, path: str) -> str:
        """Where the server shows a file of its root as it is."""
        return f"{self._address}/files/{path}?token={self._token}"

    def _take_pictures(self, page: Page, notebook: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = Path(notebook).name.removesuffix(".ipynb")
        for old in folder.glob(f"{name}-[0-9][0-9].png"):
            old.unlink()
        scroller = page.locator(".jp-WindowedPanel-outer").first
        height = scroller.evaluate("panel => panel.scrollHeight")
        step = scroller.evaluate("panel => panel.clientHeight")
        for number, top in enumerate(range(0, height, step), start=1):
            scroller.evaluate("(panel, top) => { panel.scrollTop = top }", top)
            page.wait_for_timeout(150)
            page.screenshot(path=folder / f"{name}-{number:02}.png")


@contextmanager
def jupyterlab(root: Path, private: Path) -> Iterator[Lab]:
    """Starts a JupyterLab and a browser for it.

    Args:
        root: The folder that it shows.
        private: A folder for its settings.
    """
    for name, setting in SETTINGS.items():
        file = private / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(setting))
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
    environment = os.environ | {name: str(private / name.lower()) for name in folders}
    environment |= {"JUPYTERLAB_SETTINGS_DIR": str(private / "settings"), "PYTHONPATH": str(REPOSITORY)}
    token = "for-this-test"  # the server listens on this machine only, for a minute
    options = ["--no-browser", "--expose-app-in-browser", "--LabServerApp.open_browser=False", "--allow-root"]
    options += ["--ServerApp.port=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"]
    with (private / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env=environment, cwd=root, stdout=log, stderr=log
        )
        try:
            address = _address(private / "jupyter_runtime_dir", server)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
                yield Lab(address, token, browser)
                browser.close()
        finally:
            server.terminate()
            server.wait(timeout=30)


def _address(runtime: Path, server: subprocess.Popen[bytes]) -> str:
    """Where the server answers: it writes that to a file."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                address = str(json.loads(file.read_text())["url"]).rstrip("/")
                with urllib.request.urlopen(f"{address}/api", timeout=5):
                    return address
            except (OSError, ValueError):
                continue
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start within {START_SECONDS} seconds; see {runtime.parent / 'log'}")
