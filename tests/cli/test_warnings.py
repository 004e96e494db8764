"""Never silent nonsense: what a number must not be believed without is said wherever the number is.

Each curve is made so that one thing is wrong with it by construction; the words are looked for in what `gzero fit` prints,
in its JSON, and in a Markdown report."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.quanta import G0

Array = NDArray[np.float64]
Gzero = Callable[..., Any]

X = np.linspace(0, 66, 600)
PLACES = (6.0, 18.0, 30.0, 42.0, 54.0)


def logistic(place: float) -> Array:
    return np.asarray(1 / (1 + np.exp(-(X - place))))


STAIRCASE = sum((logistic(v) for v in PLACES), np.zeros(X.size)) * G0
#: 1/G_two = 1/G - 300 ohm: readings 2 % too high at the first level and 13 % at the fifth.
BENT = STAIRCASE / (1 - 300 * STAIRCASE)
#: Jumps between two readings: no width, and no threshold to a better part than their distance.
JUMPS = sum((np.where(v + 0.03 < X, 1.0, 0.0) for v in PLACES), np.zeros(X.size)) * G0
#: Two of four risers nearer to each other than any valley between them would show.
HIDDEN = (logistic(6) + logistic(29) + logistic(31) + logistic(54)) * G0

RESISTANCE = ("--series-resistance", "fit")
#: What is wrong -> readings [S], options, words of the warning.
WRONG: dict[str, tuple[Array, tuple[str, ...], str]] = {
    "a negative series resistance": (BENT, RESISTANCE, r"the fitted series resistance is negative, -300 \+- 1 ohm"),
    "a parameter on its bound": (
        STAIRCASE, ("--risers", "bias"), "ended on the bound of bias_splitting: no uncertainty is known for it",
    ),
    "parameters that nothing determines": (
        JUMPS, (), r"no model fit: .* the data do not determine threshold_\d(, \w+_\d)+",
    ),
    "a limit of the step count": (
        HIDDEN, (), r"4 steps explain the curve better than those counted \(delta bic -\d+\), the most that was tried",
    ),
}  # fmt: skip


def save(path: Path, y: Array, *, noise: float = 2e-7, seed: int = 2) -> None:
    read = y + noise * np.random.default_rng(seed).normal(size=X.size)
    path.write_text("Vg (mV),G (S)\n" + "\n".join(f"{a:.9g},{b:.9g}" for a, b in zip(X, read, strict=True)))


def plain(text: str) -> str:
    """In small letters, without line breaks and the backslashes of Markdown, with ASCII signs."""
    words = " ".join(re.sub(r"\\(?=[_\W])", "", text).split()).replace("Ω", "ohm").replace("ΔBIC", "delta BIC").lower()
    return words.replace("\u2212", "-").replace("±", "+-").replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("what", WRONG)
def test_it_is_said_in_text_json_and_markdown(gzero: Gzero, what: str) -> None:
    readings, options, words = WRONG[what]
    save(Path("lab.csv"), readings)
    common = ("lab.csv", "--quantum", "2e^2/h", *options)
    printed = gzero("fit", *common)
    assert printed.code == 0, printed.err
    assert re.search(words, plain(printed.out))
    record = json.loads(gzero("fit", *common, "--json").out)
    assert len([warning for warning in record["warnings"] if re.search(words, plain(warning))]) == 1
    assert gzero("report", *common, "-o", "lab.md").code == 0
    warnings = Path("lab.md").read_text(encoding="utf-8").partition("\n## Warnings\n")[2].partition("\n## ")[0]
    assert re.search(words, plain(warnings))


def test_nothing_of_it_is_said_where_nothing_is_wrong(gzero: Gzero) -> None:
    """A resistance that is none is fitted to -1 or +1 of its standard uncertainties or so, and that is no fault."""
    save(Path("lab.csv"), STAIRCASE)
    for options in ((), RESISTANCE):
        printed = plain(gzero("fit", "lab.csv", "--quantum", "2e^2/h", *options).out)
        for _, _, words in WRONG.values():
            assert not re.search(words.replace("-300", "-[0-9]+"), printed)


def test_a_parameter_on_its_bound_has_no_uncertainty_anywhere(gzero: Gzero) -> None:
    """A curve that was read without a bias has a bias of 0, which is its bound: null in JSON, a dash in the table. Those of
    the other parameters stand, and are what they would be had nobody asked for a bias."""
    save(Path("lab.csv"), STAIRCASE)
    fit = json.loads(gzero("fit", "lab.csv", "--quantum", "2e^2/h", "--risers", "bias", "--json").out)["fit"]
    assert fit["at_bounds"] == ["bias_splitting"]
    at = fit["names"].index("bias_splitting")
    assert fit["values"][at] == pytest.approx(0, abs=0.05)  # millivolt of a width of 1 mV; its derivative is zero there
    assert [std is None for std in fit["stds"]] == [name == "bias_splitting" for name in fit["names"]]
    assert set(fit["covariance"][at]) == {None}
    without = json.loads(gzero("fit", "lab.csv", "--quantum", "2e^2/h", "--json").out)["fit"]
    others = [std for std in fit["stds"] if std is not None]
    assert others == pytest.approx(without["stds"], rel=1e-3)
    assert gzero("report", "lab.csv", "--quantum", "2e^2/h", "--risers", "bias", "-o", "lab.md").code == 0
    report = plain(Path("lab.md").read_text(encoding="utf-8"))
    assert "nan" not in report.casefold().split()
    assert re.search(r"on a bound \| bias", report)
