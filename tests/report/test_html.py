"""The HTML: one file, asks nothing of the network, all text as typed."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest
from renderer_samples import HOSTILE, LONG, SVG, UNPRINTABLE, document

from gzero.report.html import render_html
from gzero.report.terminal import visible_text

VOID = {"meta", "img"}
#: Every element that the renderer writes; another one must have come from a text.
KNOWN = {
    "html", "head", "meta", "title", "style", "body", "div", "main", "header", "h1", "h2", "p", "section", "dl", "dt",
    "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li", "figure", "img", "figcaption", "span",
    "var", "sup", "sub", "footer",
}  # fmt: skip


class Page(HTMLParser):
    """The page as a browser's tokenizer sees it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[tuple[str, int]] = []
        self.feed(content.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, len(self.texts)))
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1][1]] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.mark.parametrize("text", [*HOSTILE, *UNPRINTABLE, LONG])
def test_text_is_shown_as_typed(text: str) -> None:
    page = Page(render_html(document(text, banner=text)))
    assert not page.open  # well nested
    assert {tag for tag, _ in page.tags} <= KNOWN
    # title of the section, paragraph, caption, head, cells, note, box, facts, ...
    assert page.texts.count(visible_text(text)) >= 10
    assert page.named("img")[0]["alt"] == visible_text(text)


def test_nothing_is_fetched() -> None:
    content = render_html(document(*HOSTILE))
    page = Page(content)
    policy = next(m["content"] for m in page.named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    for _, attributes in page.tags:
        assert not {name for name in attributes if name.startswith("on")} | (
            {"href", "srcset", "style"} & set(attributes)
        )
        assert (attributes.get("src") or "data:").startswith("data:image/svg+xml;base64,") or "src" not in attributes
    style = re.search(r"<style>(.*?)</style>", content.decode(), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_figures_are_images_that_cannot_run() -> None:
    page = Page(render_html(document()))
    source = page.named("img")[0]["src"]
    assert source is not None
    assert base64.b64decode(source.split(",", 1)[1]) == SVG
    assert "script" not in {tag for tag, _ in page.tags}


def test_tables_can_be_read_aloud() -> None:
    page = Page(render_html(document()))
    scopes = [attrs.get("scope") for attrs in page.named("th")]
    assert scopes.count("col") == 4
    assert scopes.count("row") == 3
    assert len(page.named("caption")) == 1
    assert [tag for tag, _ in page.tags if tag in ("h1", "h2")] == ["h1", "h2"]
    assert page.named("html")[0]["lang"] == "en"


def test_numbers_carry_their_value_and_symbols_are_typeset() -> None:
    content = render_html(document()).decode()
    assert 'data-value="77.7"' in content
    assert "2<var>e</var><sup>2</sup>/<var>h</var>" in content


def test_banner_light_dark_and_print() -> None:
    content = render_html(document(banner="synthetic data")).decode()
    assert '<div class="banner" role="note">synthetic data</div>' in content
    assert "prefers-color-scheme: dark" in content
    assert "@media print" in content
    assert 'class="banner"' not in render_html(document()).decode()


def test_the_bytes_are_the_same_each_time() -> None:
    assert render_html(document(*HOSTILE)) == render_html(document(*HOSTILE))
