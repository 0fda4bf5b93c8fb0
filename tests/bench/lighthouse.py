"""What Lighthouse says of a page of every type, as a phone on a slow line sees it; the median of three looks.

Lighthouse comes from npm, pinned in `node/`; it is installed there on the first run and touches nothing else. That
pages may not be crawled is meant so (they are personal), so that audit stands apart from the score for search engines.
Nothing is asserted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from playwright.sync_api import Page, Playwright, sync_playwright

from selfservice import clock
from selfservice.application import create_app
from selfservice.brands import service as brands
from selfservice.config import Settings
from selfservice.db import db, dispose
from selfservice.pages import service as pages
from selfservice.pages.service import NewPage, Person
from selfservice.situations import registry
from tests.harness import chromium
from tests.harness.browser import ARGUMENTS
from tests.harness.server import LiveServer

LOOKS = 3
TRIES = 3
SLOWER = 4
"""How many times slower than here the processor is taken to be, by Lighthouse and for taps."""

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
CRAWLABLE = "is-crawlable"
_NODE = Path(__file__).parent / "node"
_PROGRAM = _NODE / "node_modules" / "lighthouse" / "cli" / "index.js"
_NO_NODE = "Node.js was not found: install Node.js 20 with npm (Debian and Ubuntu: nodejs and npm) and try again."

_TAP = """
() => new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const taps = list.getEntries().filter((entry) => entry.interactionId);
    if (taps.length) resolve(Math.max(...taps.map((entry) => entry.duration)));
  }).observe({ type: "event", durationThreshold: 16 });
  setTimeout(() => resolve(16), 1000);
})
"""


def main() -> None:
    """Print one row for each type."""
    install()
    path = chromium.find()
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as folder:
        server = LiveServer(Path(folder))
        server.flask("db", "upgrade")
        links = dict(_issue(create_app(Settings.load(server.environ))))
        server.start()
        try:
            reports = {name: [look(link, path) for _ in range(LOOKS)] for name, link in links.items()}
            with sync_playwright() as playwright:
                taps = {name: tap(playwright, path, link) for name, link in links.items()}
        finally:
            server.stop()
    print(f"\nLighthouse, a phone {SLOWER} times slower than this machine, median of {LOOKS}")
    print(f"{'':22}{'perf':>6}{'a11y':>6}{'best':>6}{'seo':>6}{'LCP s':>8}{'TBT ms':>8}{'CLS':>7}{'tap ms':>8}")
    for name, looks in reports.items():
        shown = taps[name]
        print(f"{name:22}{row(looks)}{'-' if shown is None else round(shown):>8}")
    for audit in sorted({audit for looks in reports.values() for one in looks for audit in failing(one)}):
        print(f"  not passed: {audit}")


def install() -> None:
    """Install what `node/package-lock.json` pins, once; nothing of it is run for that. Exits where there is no Node."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        sys.exit(_NO_NODE)
    stamp = _NODE / "node_modules" / ".installed"
    wanted = (_NODE / "package-lock.json").read_text("utf-8")
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    print("Installing Lighthouse (once)", file=sys.stderr)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=_NODE, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"Lighthouse was not installed; the network is the usual cause.\n{done.stderr}")
    stamp.write_text(wanted, "utf-8")


def look(link: str, path: Path) -> Mapping[str, Any]:
    """One report, as Lighthouse writes it; a busy machine makes it fail now and then, and then it looks again."""
    flags = " ".join(["--headless=new", *(flag for flag in ARGUMENTS if " " not in flag)])
    command = ["node", str(_PROGRAM), link, "--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}"]
    command += [f"--throttling.cpuSlowdownMultiplier={SLOWER}", f"--chrome-flags={flags}"]
    environ = {**os.environ, "CHROME_PATH": str(path)}
    for _ in range(TRIES):
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            report: Mapping[str, Any] = json.loads(done.stdout)
            return report
    sys.exit(f"Lighthouse could not look at a page.\n{done.stderr}")


def row(looks: list[Mapping[str, Any]]) -> str:
    """The medians of a type: scores of 100, the largest paint in seconds, blocked time, shifts."""
    scores = [median(score(one, category) for one in looks) for category in CATEGORIES]
    paint, blocked, shifts = (
        median(one["audits"][audit]["numericValue"] for one in looks)
        for audit in ("largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
    )
    return "".join(f"{number:6.0f}" for number in scores) + f"{paint / 1000:8.2f}{blocked:8.0f}{shifts:7.3f}"


def score(report: Mapping[str, Any], category: str) -> float:
    """The score of a category as Lighthouse weighs it, but for the audit that asks to be found."""
    weighed = [
        (audit["weight"], report["audits"][audit["id"]]["score"])
        for audit in report["categories"][category]["auditRefs"]
        if audit["id"] != CRAWLABLE
    ]
    counted = [(weight, points) for weight, points in weighed if weight and points is not None]
    whole: float = sum(weight for weight, _ in counted)
    reached: float = sum(weight * points for weight, points in counted)
    return 100 * reached / whole


def failing(report: Mapping[str, Any]) -> Iterator[str]:
    """The audits that count and that a report says are not passed, performance apart."""
    for category in CATEGORIES[1:]:
        for audit in report["categories"][category]["auditRefs"]:
            points = report["audits"][audit["id"]]["score"]
            if audit["weight"] and points is not None and points < 1:
                yield f"{audit['id']} ({category})"


def tap(playwright: Playwright, path: Path, link: str) -> float | None:
    """Milliseconds from a tap that leads to another step until that is painted, in steps of 8, 16 for less.

    None for a page whose first step leads nowhere.
    """
    browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
    tab: Page = browser.new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    durations = []
    for _ in range(LOOKS):
        tab.goto(link)
        steps = tab.locator("a[data-go]").filter(visible=True)
        if not steps.count():
            break
        tab.evaluate(f"window.painted = ({_TAP})()")
        steps.first.tap()
        durations.append(float(tab.evaluate("window.painted")))
    browser.close()
    return median(durations) if durations else None


def _issue(app: Flask) -> Iterator[tuple[str, str]]:
    """A page of every type from its first sample, by the type's name."""
    with app.app_context():
        brands.ensure_default()
        db.session.commit()
        for number, loaded in enumerate(registry.current().all()):
            sample = next(iter(loaded.samples.values()))
            facts = sample.facts(zone=ZoneInfo("Europe/London"), now=clock.now())
            person = Person(name="Maria Santos", phone=f"+1202555{number:04d}")
            made = pages.issue(NewPage(situation=loaded.key, facts=facts, customer=person, actor="cli", channels=()))
            db.session.commit()
            yield loaded.key, made.url
        dispose()


if __name__ == "__main__":
    main()
