"""`gzero simulate`: the file, the truth beside it, and what is hidden from an analysis."""

import csv
import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest

from gzero.measurement.measurement import DECLARABLE
from gzero.pipeline.datasets import dataset
from gzero.synthetic.noise import WORLDS


def sidecar(path: str = "s.toml") -> dict[str, object]:
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))


def truth(path: str = "s.toml") -> dict[str, float]:
    """The table of the truth as a reader would take it apart."""
    provenance = sidecar(path)["provenance"]
    assert isinstance(provenance, dict)
    return {
        name: float(value) for name, _, value in (part.partition(" = ") for part in provenance["truth"].split("; "))
    }


def rows(path: str = "s.csv") -> tuple[list[str], np.ndarray]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        head, *body = csv.reader(file)
    return head, np.array(body, dtype=float)


def test_shipped_synthetic_data_are_made_again_from_their_seed(gzero) -> None:
    """Provenance that can be checked: the command that the sidecar describes gives the shipped bytes."""
    ran = gzero(
        "simulate", "staircase", "-o", "li6_steps.csv", "--quantum", "1/h", "--particle", "6Li", "--temperature", "42 nK",
        "--noise", 0.03, "--points", 240, "--seed", 20260601,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    shipped = dataset("li6_steps")
    for name in (shipped, shipped.with_suffix(".toml")):
        assert Path(name.name).read_bytes() == name.read_bytes()


@pytest.mark.parametrize("world", WORLDS)
def test_every_world_makes_a_file_that_can_be_read(gzero, world: str) -> None:
    ran = gzero("simulate", "staircase", "-o", "s.csv", "--noise-world", world, "--seed", 4)
    assert (ran.code, ran.err) == (0, "")
    assert "synthetic" in ran.out
    said = sidecar()["provenance"]
    assert isinstance(said, dict)
    assert "synthetic" in said
    assert "seed 4" in said["synthetic"]
    assert said["sha256"] == hashlib.sha256(Path("s.csv").read_bytes()).hexdigest()
    head, table = rows()
    assert head == ["Vg [mV]", "G [2e^2/h]", "G_std [2e^2/h]"]
    assert table.shape == (400, 3)
    # what the readings are off by is of the stated size: 0.02 quanta, at most twice that at the end of the sweep
    x, g = table[:, 0], table[:, 1]
    clean = sum(1 / (1 + np.exp(-(x - v) / 5)) for v in (30, 90, 150, 210))
    assert 0.4 < np.sqrt(np.mean((g - clean) ** 2)) / 0.02 < 2.5
    assert 0.01 <= table[:, 2].min() <= table[:, 2].max() <= 0.04
    ran = gzero("validate", "s.csv")
    assert ran.code in (0, 1, 3), ran.err
    assert "SYNTHETIC" in ran.out


def test_codes_of_the_adc_are_in_the_file(gzero) -> None:
    gzero("simulate", "staircase", "-o", "s.csv", "--noise-world", "adc", "--gain", 1.03, "--offset", 0.01)
    codes = rows()[1][:, 1] / 0.006  # 0.3 of 0.02 quanta, of the reading itself: gain and offset come before
    np.testing.assert_allclose(codes, np.rint(codes), atol=2e-3)  # six digits of a reading below 5: 5e-6/0.006
    assert truth()["noise_step"] == pytest.approx(0.006 * 7.748091729863649e-05, rel=1e-5)


def test_faults_are_in_the_truth_and_in_no_key(gzero) -> None:
    ran = gzero(
        "simulate", "staircase", "-o", "s.csv", "--gain", 1.1, "--offset", 0.05, "--series-resistance", "0.42 kohm",
        "--transmissions", "1, 0.98,0.9,1", "--no-stated-std", "--descending", "--noise", 0,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    known = truth()
    assert known["gain"] == 1.1
    assert known["offset"] == pytest.approx(0.05 * 7.748091729863649e-05, rel=1e-5)
    assert known["series_resistance"] == 420
    assert [known[f"transmission_{n}"] for n in (1, 2, 3, 4)] == [1, 0.98, 0.9, 1]
    assert not set(DECLARABLE) & set(sidecar())
    head, table = rows()
    assert head == ["Vg [mV]", "G [2e^2/h]"]
    # all modes open at the low end: 3.88 quanta less e^-6 of the last, behind 420 ohm, times the gain, and the offset
    two = 3.88 / (1 + 420 * 7.748091729863649e-05 * 3.88)
    assert table[0, 1] == pytest.approx(1.1 * two + 0.05, abs=1e-4)
    assert table[-1, 1] == pytest.approx(0.05, abs=0.004)


def test_a_hidden_gain_is_found_by_whoever_states_it(gzero) -> None:
    gzero("simulate", "staircase", "-o", "s.csv", "--gain", 1.15, "--seed", 3)
    assert gzero("validate", "s.csv").code == 1  # 15 % high: three margins
    assert gzero("validate", "s.csv", "--gain", "1.150(1)").code == 0


def test_a_truth_without_faults_names_none(gzero) -> None:
    gzero("simulate", "staircase", "-o", "s.csv")
    assert set(truth()) == {"step_height", "series_resistance", "noise"} | {
        f"{name}_{n}" for name in ("threshold", "width") for n in (1, 2, 3, 4)
    }


def test_repeats_are_read_as_their_mean(gzero) -> None:
    gzero("simulate", "staircase", "-o", "s.csv", "--repeats", 4, "--seed", 3)
    assert rows()[1].shape == (1600, 3)
    assert sidecar()["repeats"] == "mean"
    ran = gzero("validate", "s.csv")
    assert ran.code == 0, ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("staircase", "--noise-world", "pink"), "'pink'; choose white, heteroscedastic, ar1, 1/f, telegraph or adc"),
        (("staircase", "--series-resistance", "420"), "no unit"),
        (("staircase", "--series-resistance", "420 mV"), "--series-resistance"),
        (("staircase", "--series-resistance", "420(12) ohm"), "write for example '420 ohm'"),
        (("staircase", "--series-resistance=-1 ohm"), "series resistance of -1"),
        (("staircase", "--series-resistance", "1 kohm", "--quantum", "1/h"), "[1/(J s)]"),
        (("staircase", "--transmissions", "1,1"), "2 transmissions for 4 steps"),
        (("staircase", "--transmissions", "1,a,1,1"), "--transmissions 1,0.98,0.9,1"),
        (("staircase", "--transmissions", "1,1,1,1.5"), "transmission of 1.5"),
        (("staircase", "--gain", "0"), "gain of 0"),
        (("staircase", "--gain", "much"), "--gain"),
        (("staircase", "--offset", "nan"), "offset of nan"),
        (("staircase", "--noise", "nan"), "no staircase"),
        (("staircase", "--repeats", "0"), "0 sweeps"),
        (("staircase", "--repeats", "1000"), "too many"),
        (("staircase", "--steps", "1000"), "too many"),
        (("staircase", "--seed", "-1"), "--seed 7"),
        (("diffusion", "--gain", "1.1"), "--gain belongs to the staircase"),
        (("diffusion", "--noise-world", "1/f"), "--noise-world belongs to the staircase"),
        (("maser",), "choose staircase, hall"),
        (("published",), "cannot be simulated"),
    ],
)
def test_bad_options_are_one_line_and_write_nothing(gzero, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    ran = gzero("simulate", *words, "-o", "s.csv")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert "defect" not in ran.err
    assert said in ran.err
    assert list(tmp_path.iterdir()) == []
