"""What the tests of break-junction sessions share: the whole answer of a file, however much of it is held at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gzero.pipeline import load
from gzero.pipeline.analyse import analyse_traces
from gzero.pipeline.config import configure


def answer(path: Path, monkeypatch: pytest.MonkeyPatch, *, held: int, piece: int, **options: object) -> str:
    """The record of an analysis as its JSON has it, with its pictures and warnings."""
    monkeypatch.setattr(load, "HELD", held)
    monkeypatch.setattr(load, "PIECE", piece)
    (found,) = analyse_traces(path, configure(experiment="breakjunction", quantum="2e^2/h", **options))
    pictures = [(p.name, p.caption, [(t.x.tolist(), t.y.tolist()) for t in p.traces]) for p in found.pictures]
    pictures += [(b.label, b.low.tolist(), b.high.tolist()) for p in found.pictures for b in p.bands]
    return json.dumps([found.to_dict(), pictures, found.warnings], sort_keys=True, default=str)
