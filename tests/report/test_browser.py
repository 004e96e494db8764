"""The HTML in a browser: figures can be zoomed and asked for values, by pointer and by keyboard, and nothing is fetched."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import samples
from renderer_samples import HOSTILE, document

from gzero.report.build import build_document
from gzero.report.html import render_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")

#: Without these Chromium asks its maker's servers for news.
QUIET = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *(["--no-sandbox"] if root else [])])
        yield found
        found.close()


@contextlib.contextmanager
def _opened(browser: Any, place: Path, content: bytes, **context: Any) -> Iterator[Any]:
    """The page, and at the end the proof that it said no error and asked for nothing but itself."""
    place.write_bytes(content)
    page = browser.new_context(viewport={"width": 1000, "height": 900}, **context).new_page()
    told: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(place.as_uri())
    yield page
    assert told == []
    assert [url for url in asked if not url.startswith("data:")] == [place.as_uri()]
    page.context.close()


def test_figures_tell_their_values(browser: Any, tmp_path: Path) -> None:
    analysis = samples.staircase()
    assert analysis.curve is not None
    with _opened(browser, tmp_path / "a.html", render_html(build_document([analysis]))) as page:
        figure = page.locator("figure.interactive").first
        assert not figure.locator("img").is_visible()
        figure.locator("svg").focus()
        page.keyboard.press("ArrowRight")  # the first reading of the first series
        x_first = analysis.curve.x[0]
        told = figure.locator(".said").text_content()
        assert told.startswith("data, ")
        page.keyboard.press("ArrowRight")
        second = figure.locator(".said").text_content()
        assert second != told
        assert x_first != analysis.curve.x[1]
        while "plateau counted" not in figure.locator(".said").text_content():
            page.keyboard.press("ArrowDown")
        assert "n = 1: level" in figure.locator(".said").text_content()
        # the pointer over the first plateau's line
        circle = figure.locator("g.points.ink-data circle").nth(5)
        box = circle.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert figure.locator(".tip").is_visible()


def _ticks(figure: Any) -> list[str]:
    return figure.locator(".frame text").all_text_contents()


def test_zoom_by_key_by_button_and_by_drag(browser: Any, tmp_path: Path) -> None:
    with _opened(browser, tmp_path / "a.html", render_html(build_document([samples.staircase()]))) as page:
        figure = page.locator("figure.interactive").first
        whole = _ticks(figure)
        svg = figure.locator("svg")
        svg.focus()
        page.keyboard.press("+")
        assert _ticks(figure) != whole
        page.keyboard.press("0")
        assert _ticks(figure) == whole
        figure.get_by_role("button", name="Zoom in").click()
        assert _ticks(figure) != whole
        figure.get_by_role("button", name="Show all").click()
        assert _ticks(figure) == whole
        box = svg.bounding_box()
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.1 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.3 * box["height"], steps=4)
        page.mouse.up()
        assert _ticks(figure) != whole
        svg.dblclick(position={"x": 0.6 * box["width"], "y": 0.1 * box["height"]})
        assert _ticks(figure) == whole


@pytest.mark.parametrize("count", [2, 3, 4, 25])
def test_trace_numbers_have_no_ticks_between_them(browser: Any, tmp_path: Path, count: int) -> None:
    analyses = [replace(a, coordinate=None) for a in samples.staircase_map(count)]
    with _opened(browser, tmp_path / "a.html", render_html(build_document(analyses))) as page:
        figure = page.locator("figure.interactive").first
        # below the second frame stand its numbers and its name, the lowest text of the drawing
        texts = figure.locator("svg").evaluate(
            "svg => [...svg.querySelectorAll('.frame text')].map(t => [t.textContent, +t.getAttribute('y'), t.getAttribute('text-anchor')])"
        )
        lowest = max(y for _, y, _ in texts)
        named = [text for text, y, _ in texts if y == lowest]
        ticks = [text for text, y, anchor in texts if anchor == "middle" and lowest - 20 < y < lowest]
        assert named == ["trace number"]
        assert len(ticks) >= 2
        assert all(float(tick).is_integer() for tick in ticks), ticks


def test_buttons_and_figures_are_reached_by_tab(browser: Any, tmp_path: Path) -> None:
    with _opened(browser, tmp_path / "a.html", render_html(build_document([samples.staircase()]))) as page:
        reached = []
        for _ in range(4):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        assert reached[:3] == ["Zoom in", "Zoom out", "Show all"]
        assert reached[3].startswith("Staircase of")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_dark_and_paper(browser: Any, tmp_path: Path, scheme: str) -> None:
    content = render_html(build_document([samples.staircase()]))
    with _opened(browser, tmp_path / "a.html", content, color_scheme=scheme) as page:
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(255, 255, 255)") is (scheme == "light")
        picture = page.screenshot()
        assert len(picture) > 20_000  # an empty page of this size is a few kilobytes
        page.emulate_media(media="print")
        figure = page.locator("figure.interactive").first
        assert figure.locator("img").is_visible()
        assert not figure.locator(".plot").is_visible()


def test_nothing_is_wider_than_a_telephone(browser: Any, tmp_path: Path) -> None:
    content = render_html(build_document([samples.staircase()]))
    with _opened(browser, tmp_path / "a.html", content) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_no_text_runs(browser: Any, tmp_path: Path) -> None:
    with _opened(browser, tmp_path / "a.html", render_html(document(*HOSTILE, banner=HOSTILE[0]))) as page:
        assert page.evaluate("document.scripts.length") == 0
