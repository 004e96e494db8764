"""Bad input: one clear line on stderr that names the file, the place and the remedy; exit 2; nothing written."""

from pathlib import Path

import numpy as np
import pytest

X = np.linspace(0, 1, 60)
Y = 77.48 * np.floor(4 * X)
MIXED = np.random.default_rng(1).permutation(60)


def table(columns: dict[str, object]) -> str:
    names = list(columns)
    rows = zip(*columns.values(), strict=True)  # type: ignore[call-overload]
    return "\n".join([",".join(names), *(",".join(str(v) for v in row) for row in rows)]) + "\n"


def with_value(row: int, value: object) -> list[object]:
    out: list[object] = list(Y)
    out[row] = value
    return out


CASES = {
    "empty": ("", ("empty",)),
    "no numbers": ("alpha,beta\none,two\nthree,four\n", ("number",)),
    "one column": ("G (uS)\n" + "\n".join(str(v) for v in Y), ("a curve needs two columns",)),
    "a unit that contradicts": (table({"Vg (V)": X, "G (V)": Y}), ("contradicts", "'G'")),
    "an unknown unit": (table({"Vg (V)": X, "G (wobble)": Y}), ("wobble", "not known", "--y-unit")),
    "two candidates": (table({"Vg (V)": X, "G1 (uS)": Y, "G2 (uS)": Y}), ("'G1 [uS]' and 'G2 [uS]'", "--y")),
    "nan": (table({"Vg (V)": X, "G (uS)": with_value(7, "nan")}), ("row 9", "finite", "--invalid drop")),
    "inf": (table({"Vg (V)": X, "G (uS)": with_value(7, "inf")}), ("row 9", "--invalid drop")),
    "an empty cell": (table({"Vg (V)": X, "G (uS)": with_value(7, "")}), ("row 9", "--invalid drop")),
    "no order": (
        table({"Vg (V)": X[MIXED], "G (uS)": Y[MIXED]}),
        ("in no order", "row", "--sweep sort"),
    ),
    "too few points": (table({"Vg (V)": X[:5], "G (uS)": Y[:5]}), ("5 usable points",)),
    "a current without a bias": (table({"Vg (V)": X, "I (nA)": Y}), ("bias", "--bias")),
    "binary": ("\x00\x01\x02\x7f" * 50, ()),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", ["validate", "fit", "report"])
def test_one_line_and_nothing_written(gzero, tmp_path: Path, name: str, command: str) -> None:
    text, words = CASES[name]
    path = tmp_path / "lab.csv"
    path.write_text(text)
    extra = ("-o", "out.pdf") if command == "report" else ()
    ran = gzero(command, path, "--quantum", "2e^2/h", *extra)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert str(path) in ran.err
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err
    assert {p.name for p in tmp_path.iterdir()} == {"lab.csv"}


REFUSED = {
    "a repeated setting": (
        table({"Vg (V)": [*X[:-1], X[-1], X[-1]], "G (uS)": [*Y, Y[-1]]}),
        ("--repeats", "refuse"),
        ("stands twice (rows 61 and 62", "--repeats mean"),
    ),
    "a sweep that turns": (
        table({"Vg (V)": [*X[:30], *X[:30][::-1]], "G (uS)": Y}),
        ("--sweep", "refuse"),
        ("row 31", "turns round", "--sweep up or --sweep down"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_when_asked(gzero, tmp_path: Path, name: str) -> None:
    """By default such files are read: repeats become their mean, and a sweep that turns gives a trace a branch."""
    text, flag, words = REFUSED[name]
    path = tmp_path / "lab.csv"
    path.write_text(text)
    assert gzero("fit", path, "--quantum", "2e^2/h").code == 0
    ran = gzero("fit", path, "--quantum", "2e^2/h", *flag)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize("flag", [("--invalid", "drop"), ()])
def test_the_remedy_that_is_named_works(gzero, tmp_path: Path, flag: tuple[str, ...]) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(CASES["nan"][0])
    assert (gzero("fit", path, "--quantum", "2e^2/h", *flag).code == 0) == bool(flag)


def test_the_remedy_for_readings_in_no_order_works(gzero, tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(CASES["no order"][0])
    assert gzero("fit", path, "--quantum", "2e^2/h", "--sweep", "sort").code == 0


def test_missing_file_names_its_neighbours(gzero, tmp_path: Path) -> None:
    (tmp_path / "labor.csv").write_text("1,2\n")
    ran = gzero("validate", tmp_path / "labr.csv")
    assert ran.code == 2
    assert "labor.csv" in ran.err


def test_a_directory(gzero, tmp_path: Path) -> None:
    ran = gzero("validate", tmp_path)
    assert ran.code == 2
    assert "directory" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--quantum", "3 apples"), "names no quantum"),
        (("--quantum", "kappa0*T"), "the data are in [S]"),
        (("--quantum", "m^2/h"), "the quantum m^2/h is in [kg^2/(J s)]"),
        (("--quantum", "2e^2/h", "--gain", "about one"), "--gain"),
        (("--quantum", "2e^2/h", "--series-resistance", "500 V"), "--series-resistance"),
        (("--quantum", "2e^2/h", "--margin", "7"), "between 0 and 1"),
        (("--quantum", "2e^2/h", "--plateaus", "4:1"), "--plateaus 1:4"),
        (("--quantum", "2e^2/h", "--range", "wide"), "--range"),
        (("--quantum", "2e^2/h", "--x", "gate"), "there is no column 'gate'"),
        (("--quantum", "2e^2/h", "--invalid", "maybe"), "refuse, drop"),
        (("--particle", "unobtainium"), "not known"),
        (("--no-such-option",), "--no-such-option"),
    ],
)
def test_options_that_cannot_be(gzero, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(table({"Vg (V)": X, "G (uS)": Y}))
    ran = gzero("validate", path, *words)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert said in ran.err


def test_a_sidecar_with_a_typo_names_the_key(gzero, tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(table({"Vg (V)": X, "G (uS)": Y}))
    path.with_suffix(".toml").write_text('quantom = "2e^2/h"\n')
    ran = gzero("validate", path)
    assert ran.code == 2
    assert "lab.toml" in ran.err
    assert "did you mean 'quantum'" in ran.err


def test_a_failed_run_leaves_the_old_report_whole(gzero, tmp_path: Path) -> None:
    path, out = tmp_path / "lab.csv", tmp_path / "out.pdf"
    path.write_text(CASES["nan"][0])
    out.write_bytes(b"the old one")
    assert gzero("report", path, "--quantum", "2e^2/h", "-o", out).code == 2
    assert out.read_bytes() == b"the old one"
    assert {p.name for p in tmp_path.iterdir()} == {"lab.csv", "out.pdf"}


@pytest.mark.parametrize("out", ["report.docx", "nowhere/report.pdf"])
def test_an_output_that_cannot_be_written_is_said_first(gzero, tmp_path: Path, out: str) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(table({"Vg (V)": X, "G (uS)": Y}))
    ran = gzero("report", path, "--quantum", "2e^2/h", "-o", out)
    assert ran.code == 2
    assert ran.err.count("\n") == 1


def test_a_trace_of_a_file_that_holds_one(gzero, tmp_path: Path) -> None:
    """There is no "0 to 0" to choose from."""
    (tmp_path / "one.csv").write_text(table({"Vg (V)": X, "G (uS)": Y}))
    ran = gzero("validate", tmp_path / "one.csv", "--trace", "5")
    assert ran.code == 2
    assert "there is no trace '5'; it holds a single one: leave --trace out" in ran.err


#: Every command on one file, and what is to be done with several.
ONE_FILE = {
    "fit": "gzero report FILE FILE -o OUT.pdf", "validate": "gzero batch FILE FILE -o DIRECTORY", "inspect": "once for each file",
    "selftest": "once for each file", "unblind": "once for each file", "plan": "one first sweep",
}  # fmt: skip


@pytest.mark.parametrize("command", ONE_FILE)
def test_several_files_for_a_command_on_one(gzero, tmp_path: Path, command: str) -> None:
    paths = [tmp_path / f"{name}.csv" for name in "abcde"]
    for path in paths:
        path.write_text(table({"Vg (V)": X, "G (uS)": Y}))
    for given in (paths[:2], paths):
        ran = gzero(command, *given)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.count("\n") == 1
        assert ran.err.startswith(f"gzero: {command} takes one file, and {len(given)} were given ({paths[0]}, ")
        assert ONE_FILE[command] in ran.err
        assert str(paths[4]) not in ran.err
    assert len(list(tmp_path.iterdir())) == 5


def test_a_value_without_its_option_is_no_second_file(gzero, tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(table({"Vg (V)": X, "G (uS)": Y}))
    ran = gzero("fit", path, "2e^2/h")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"beside '{path}' stands '2e^2/h'" in ran.err
    assert "--quantum 2e^2/h" in ran.err
