"""The terminal: facts, box and tables; no markup and no control character of a text acts."""

from __future__ import annotations

import io

import pytest
from renderer_samples import HOSTILE, LONG, UNPRINTABLE, document
from rich.console import Console

from gzero.report.terminal import render_terminal, visible_text


def _shown(*texts: str, width: int = 400, banner: str = "", colour: bool = False, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    render_terminal(document(*texts, banner=banner), console)
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("text", [*HOSTILE, *UNPRINTABLE])
def test_text_is_shown_as_typed(text: str) -> None:
    shown = _shown(text, banner=text)
    for line in visible_text(text).split("\n"):
        assert shown.count(line) >= 8


def test_no_control_character_reaches_the_terminal() -> None:
    shown = _shown(*UNPRINTABLE)
    assert not {c for c in shown if ord(c) < 32} - {"\n"}
    assert "\u202e" not in shown


def test_long_text_is_folded_not_cut() -> None:
    shown = _shown(LONG, width=100)
    assert shown.count("x") >= 8 * len(LONG)
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_colour_only_where_the_console_has_it() -> None:
    assert "\x1b[" not in _shown("plain")
    assert "\x1b[" in _shown("plain", colour=True)


def test_box_facts_and_table_but_no_figure() -> None:
    shown = _shown("plain", width=100)
    assert "2e²/h" in shown
    assert "77.70(8) µS" in shown
    assert "level [µS]" in shown
    assert "<svg" not in shown


def test_a_stream_that_knows_only_ascii() -> None:
    assert "77.70(8) \\xb5S" in _shown("plain", encoding="ascii")


def test_the_output_is_the_same_each_time() -> None:
    assert _shown(*HOSTILE) == _shown(*HOSTILE)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("tab\there", "tab\there"),
        ("\x1b", "␛"),
        ("\x7f", "␡"),
        ("\x9b", "\\u009b"),
        ("é 🔬", "é 🔬"),
    ],
)
def test_visible_text(text: str, shown: str) -> None:
    assert visible_text(text) == shown
