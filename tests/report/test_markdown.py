"""The Markdown, read back by an independent CommonMark reader (markdown-it, which rich brings along)."""

from __future__ import annotations

import html
import re

import pytest
from markdown_it import MarkdownIt
from renderer_samples import HOSTILE, LONG, UNPRINTABLE, document

from gzero.report.markdown import render_markdown
from gzero.report.terminal import visible_text

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _texts(content: str) -> list[str]:
    """The text of every innermost element, as a browser shows it."""
    shown = content.replace("<br>", "\n").replace("<strong>", "").replace("</strong>", "")
    return [html.unescape(text).replace("\xa0", " ").strip() for text in re.split(r"<[^>]+>", shown)]


@pytest.mark.parametrize("text", [*HOSTILE, *UNPRINTABLE, LONG])
def test_text_is_shown_as_typed(text: str) -> None:
    content = READER.render(render_markdown(document(text, banner=text)).decode("utf-8"))
    assert _texts(content).count(visible_text(text)) >= 10


@pytest.mark.parametrize("text", HOSTILE)
def test_text_adds_no_element(text: str) -> None:
    plain, hostile = (READER.render(render_markdown(document(t)).decode()) for t in ("plain", text))
    tags = re.compile(r"<(/?[a-z0-9]+)")
    assert [tag for tag in tags.findall(hostile) if tag != "br"] == tags.findall(plain)


def test_tables_are_tables() -> None:
    content = render_markdown(document()).decode()
    assert "| name | level \\[µS\\] | plain | unit |\n| --- | ---: | --- | --- |\n" in content
    assert "| plain | 77.70(8) | plain | 2e²/h |" in content
    rendered = READER.render(content)
    assert rendered.count("<table>") == 2
    assert rendered.count("<tr>") == 4 + 4


def test_figures_are_told_by_their_caption() -> None:
    content = render_markdown(document("a caption")).decode()
    assert "*Figure (not in this file):* a caption" in content
    assert "![" not in content


def test_dollars_are_escaped_for_githubs_mathematics() -> None:
    content = render_markdown(document("$x$")).decode()
    assert re.search(r"(?<!\\)\$", content) is None


def test_the_bytes_are_the_same_each_time() -> None:
    assert render_markdown(document(*HOSTILE)) == render_markdown(document(*HOSTILE))
