"""Draw the app's icons as PNG from the drawings in static/icons/app: `.venv/bin/python tools/draw_icons.py`.

The pictures are committed, because no server or phone should need what draws them; run it after a drawing changed.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "static" / "icons" / "app"
PICTURES = (
    # file, drawing, size in pixels, corner radius, share of the picture that the drawing fills
    ("icon-192.png", "icon", 192, 42, 1.0),
    ("icon-512.png", "icon", 512, 112, 1.0),
    ("maskable-192.png", "icon", 192, 0, 1.0),
    ("maskable-512.png", "icon", 512, 0, 1.0),
    ("touch-180.png", "icon", 180, 0, 1.0),
    ("badge.png", "badge", 96, 0, 0.84),
)


def draw(page: Page, file: str, drawing: str, size: int, radius: int, share: float) -> None:
    """One picture, without a ground where the drawing has none."""
    svg = (FOLDER / f"{drawing}.svg").read_text(encoding="utf-8")
    inner = round(size * share)
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(
        f"<style>*{{margin:0}}body{{display:grid;place-items:center;height:{size}px;background:none}}"
        f"svg{{width:{inner}px;height:{inner}px;border-radius:{radius}px}}</style>{svg}"
    )
    page.screenshot(path=FOLDER / file, omit_background=True)


def main() -> None:
    """Draw them all with the browser that is in PATH."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        for picture in PICTURES:
            draw(page, *picture)
        browser.close()


if __name__ == "__main__":
    main()
