"""Who said what: options over --config over the sidecar, and every way of saying it wrongly."""

import math
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gzero.errors import ConfigError
from gzero.pipeline.config import Config, configure, plateaus, read_config, selection, with_files

OPTIONS = sorted({f.name for f in fields(Config)} - {"said_by", "provenance"})
VALUED = sorted({*OPTIONS} - {"blind", "mask"})  # more than said or not, and one above wins


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """lab.csv, with nothing beside it."""
    path = tmp_path / "lab.csv"
    path.write_text("x,y\n", encoding="utf-8")
    return path


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


# -- precedence -------------------------------------------------------------------------------------------------------


def test_options_win_over_config_over_sidecar(lab: Path) -> None:
    write(lab.with_suffix(".toml"), 'x = "sidecar"\ny = "sidecar"\nstd = "sidecar"\nmargin = 0.1\n')
    config = write(lab.with_name("mine.toml"), 'x = "config"\ny = "config"\nseed = 7\n')
    merged = with_files(configure(x="option"), lab, config)
    assert (merged.x, merged.y, merged.std, merged.margin, merged.seed) == ("option", "config", "sidecar", 0.1, 7)
    said = {name: merged.origin(name) for name in ("x", "y", "std", "seed", "sheet")}
    assert said == {
        "x": ("user", ""),
        "y": ("user", "mine.toml"),
        "std": ("user", "lab.toml"),
        "seed": ("user", "mine.toml"),
        "sheet": ("default", ""),
    }


def test_what_is_none_was_not_said(lab: Path) -> None:
    write(lab.with_suffix(".toml"), 'x = "sidecar"\n')
    merged = with_files(configure(x=None, margin=None), lab, None)
    assert (merged.x, merged.margin, dict(merged.said_by)) == ("sidecar", None, {"x": "lab.toml"})


def test_zero_and_the_empty_text_are_said(lab: Path) -> None:
    write(lab.with_suffix(".toml"), 'seed = 5\nquantum = "2e^2/h"\n')
    merged = with_files(configure(seed=0, quantum=""), lab, None)
    assert (merged.seed, merged.quantum) == (0, "")
    assert merged.origin("seed") == ("user", "")


def test_the_sidecar_is_read_without_being_asked_and_once(lab: Path) -> None:
    sidecar = write(lab.with_suffix(".toml"), 'quantum = "e^2/h"\n[provenance]\nmeasured = "2024"\nrun = 7\n')
    for config in (None, sidecar):
        merged = with_files(configure(), lab, config)
        assert merged.quantum == "e^2/h"
        assert dict(merged.provenance) == {"measured": "2024", "run": "7"}


def test_provenance_of_config_wins_key_by_key(lab: Path) -> None:
    write(lab.with_suffix(".toml"), '[provenance]\nwho = "sidecar"\nwhen = "sidecar"\n')
    config = write(lab.with_name("mine.toml"), '[provenance]\nwho = "config"\n')
    assert dict(with_files(configure(), lab, config).provenance) == {"who": "config", "when": "sidecar"}


@pytest.mark.parametrize("path", ["", ".", "/", "..", "nowhere/lab.csv", "lab", ".hidden"])
def test_paths_without_a_sidecar(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert with_files(configure(x="a"), Path(path), None) == configure(x="a")


def test_a_toml_file_is_not_its_own_sidecar(tmp_path: Path) -> None:
    path = write(tmp_path / "lab.toml", "this is not = a configuration\n")
    assert with_files(configure(), path, None) == configure()


def test_a_folder_called_like_the_sidecar(lab: Path) -> None:
    lab.with_suffix(".toml").mkdir()
    assert with_files(configure(), lab, None) == configure()


@given(
    st.dictionaries(st.sampled_from(VALUED), st.integers(1, 999)),
    st.dictionaries(st.sampled_from(VALUED), st.integers(1, 999)),
)
def test_over_keeps_what_was_said_and_by_whom(above: dict[str, int], below: dict[str, int]) -> None:
    merged = configure("user", **above).over(configure("lab.toml", **below))
    for name in OPTIONS:
        expected = above.get(name, below.get(name))
        value = getattr(merged, name)
        assert value == (None if expected is None else type(value)(expected))
        who = "" if name in above else "lab.toml"
        assert merged.origin(name) == (("default", "") if expected is None else ("user", who))


def test_a_flag_is_true_or_false_and_one_above_wins() -> None:
    assert configure(blind=False).over(configure("lab.toml", blind=True)).blind is False
    assert configure().over(configure("lab.toml", blind=True)).origin("blind") == ("user", "lab.toml")
    for wrong in (1, 0.5, "yes", "true"):
        with pytest.raises(ConfigError, match=r"blind: .* is not true or false"):
            configure(blind=wrong)


def test_masks_of_file_and_command_line_add_up() -> None:
    """What somebody has left out with a reason is not brought back by leaving out more."""
    merged = configure(mask="rows 1:2: a\nrows 5: b").over(configure("lab.toml", mask="rows 9: c\nrows 5: b"))
    assert merged.mask == "rows 9: c\nrows 5: b\nrows 1:2: a"
    assert merged.origin("mask") == ("user", "lab.toml and the command line")
    assert configure().over(configure("lab.toml", mask="rows 9: c")).origin("mask") == ("user", "lab.toml")


def test_a_blind_record_named_in_a_file_stands_beside_the_file(lab: Path) -> None:
    write(lab.with_suffix(".toml"), 'blind_record = "records/lab.json"\n')
    assert with_files(configure(), lab, None).blind_record == str(lab.parent / "records" / "lab.json")


# -- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "close"),
    [("quantun", "quantum"), ("seris-resistance", "series_resistance"), ("level-margins", "level_margin"), ("temprature", "temperature"), ("Quantum", "quantum")],
)  # fmt: skip
def test_an_unknown_key_names_the_file_and_the_closest_key(lab: Path, key: str, close: str) -> None:
    sidecar = write(lab.with_suffix(".toml"), f'{key} = "1"\n')
    with pytest.raises(ConfigError, match=f"there is no option '.*'; did you mean '{close}'\\?") as raised:
        with_files(configure(), lab, None)
    assert raised.value.path == str(sidecar)
    assert set(raised.value.allowed) == set(OPTIONS)


def test_a_key_like_no_other_gets_the_list() -> None:
    with pytest.raises(
        ConfigError, match="there is no option 'zzzzzzzz'; options are action, area, bias, blind, blind_record, "
    ) as raised:
        configure(zzzzzzzz=1)
    assert set(raised.value.allowed) == set(OPTIONS)


@pytest.mark.parametrize("key", ["said_by", "provenance", "self", "said"])
def test_inner_names_are_no_options(key: str) -> None:
    with pytest.raises(ConfigError, match=f"there is no option '{key}'"):
        configure(**{key: "x"})


def test_every_option_has_a_key_with_dashes_or_underscores(tmp_path: Path) -> None:
    """design.md section 4: every option has a key in the file."""
    for style in ("_", "-"):
        said = {"seed": "1", "header_row": "1", "blind": "true"}
        lines = [f"{name.replace('_', style)} = {said.get(name, '0.5')}" for name in OPTIONS]
        config = read_config(write(tmp_path / f"all{style}.toml", "\n".join(lines)))
        assert all(getattr(config, name) is not None for name in OPTIONS)
        assert set(config.said_by) == set(OPTIONS)


def test_one_option_said_twice(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", 'y_unit = "uS"\ny-unit = "nS"\n')
    with pytest.raises(ConfigError, match="says y-unit twice"):
        read_config(path)


def test_the_version_that_wrote_it_is_no_option(tmp_path: Path) -> None:
    assert read_config(write(tmp_path / "a.toml", 'gzero = "0.1.0"\nx = "Vg"\n')).x == "Vg"


# -- values -----------------------------------------------------------------------------------------------------------


def test_numbers_are_welcome_where_texts_hold_numbers_and_the_other_way_round() -> None:
    config = configure(trace=1, x=2, gain=1.02, margin="0.05", seed="7", header_row=3)
    assert (config.trace, config.x, config.gain, config.margin, config.seed, config.header_row) == (
        "1",
        "2",
        "1.02",
        0.05,
        7,
        3,
    )


@pytest.mark.parametrize("seed", [2**53 + 1, 2**63, 2**100 + 1])
def test_seeds_are_kept_to_the_last_digit(seed: int) -> None:
    """A float holds 2^53; a seed that is rounded draws other noise than the report says."""
    assert configure(seed=seed).seed == seed
    assert configure(seed=str(seed)).seed == seed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", 1.5), ("seed", "1.5"), ("seed", -1), ("seed", "x"), ("seed", True), ("seed", 1e300), ("seed", "9" * 5000), ("seed", [1]), ("header_row", 0), ("header_row", -3), ("header_row", 2.7),
        ("margin", "five"), ("margin", "nan"), ("margin", math.inf), ("margin", True), ("margin", [0.1]), ("margin", {}), ("level_margin", ""), ("confidence", "95 %"),
    ],
)  # fmt: skip
def test_what_is_no_number(name: str, value: object) -> None:
    with pytest.raises(
        ConfigError, match=rf"^{name.replace('_', '-')}: .* is not (a number|finite|a whole number)"
    ) as raised:
        configure(**{name: value})
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("value", [True, False, ["2e^2/h"], {"a": 1}, b"x", object()])
def test_what_is_no_text(value: object) -> None:
    with pytest.raises(ConfigError, match=r"quantum: .* is not a text"):
        configure(quantum=value)


@pytest.mark.parametrize(
    "line",
    [
        "quantum = true",
        'quantum = ["2e^2/h"]',
        "[quantum]\na = 1",
        "temperature = 2024-01-01",
        "margin = true",
        "seed = 1.5",
        "margin = nan",
    ],
)
def test_wrong_types_name_the_file(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "a.toml", line)
    with pytest.raises(ConfigError) as raised:
        read_config(path)
    assert raised.value.path == str(path)
    assert line.split(" ")[0].strip("[]\na=1 ")[:4] in str(raised.value)


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_with_and_without_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    config = read_config(write(tmp_path / "a.toml", 'quantum = "2e²/h"\nx = "Gatespannung µV"\n', encoding))
    assert (config.quantum, config.x) == ("2e²/h", "Gatespannung µV")


@pytest.mark.parametrize(
    "content",
    [
        b"x = ", b"x 'y'", b"x = 'a'\nx = 'b'", b"[", b"\x00\xff", b"\xff\xfex\x00", b"x = 'a", b"= 1", b"x = 1 2",
        b"x = " + b"[" * 100_000, b"seed = " + b"9" * 5000, b"x = " + b"{a=" * 5000, b"x = '\xe4'",
    ],
    ids=lambda c: repr(c[:12]),
)  # fmt: skip
def test_bad_toml_is_one_line_with_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        read_config(path)
    assert raised.value.path == str(path)
    assert len(str(raised.value).splitlines()) == 1


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            with_files(configure(), tmp_path / "lab.csv", path)


def test_provenance_that_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="provenance is a table"):
        read_config(write(tmp_path / "a.toml", 'provenance = "me"\n'))


# -- ranges and plateaus ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("-0.9:-0.3", -0.9, -0.3), ("-0.3:-0.9", -0.9, -0.3), (":0.5", -math.inf, 0.5), ("0.5:", 0.5, math.inf), (":", -math.inf, math.inf), ("1e-3:2E3", 1e-3, 2e3), (" -1 : 1 ", -1, 1), ("0:0", 0, 0),
        ("-inf:1", -math.inf, 1),
    ],
)  # fmt: skip
def test_ranges(text: str, low: float, high: float) -> None:
    chosen = selection(configure(range=text))
    assert (chosen.x_low, chosen.x_high) == (low, high)
    milli = selection(configure(range=text), x_factor=1e-3)
    assert (milli.x_low, milli.x_high) == (low * 1e-3, high * 1e-3)


@pytest.mark.parametrize("text", ["", "1", "a:b", "1:2:3", "nan:1", "1:nan", "1-2", "0,5:1", "1..2", "V:1"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ConfigError, match=r"range '.*' is not LOW:HIGH; write for example --range"):
        selection(configure(range=text))


def test_nothing_said_is_the_whole_curve_with_repeats_averaged_and_branches_split() -> None:
    chosen = selection(Config())
    assert (chosen.x_low, chosen.x_high, chosen.invalid, chosen.repeats, chosen.sweep) == (
        -math.inf,
        math.inf,
        "refuse",
        "mean",
        "split",
    )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("invalid", ("refuse", "drop")),
        ("repeats", ("mean", "refuse")),
        ("sweep", ("split", "refuse", "up", "down", "sort")),
    ],
)
def test_choices(name: str, values: tuple[str, ...]) -> None:
    for value in values:
        assert getattr(selection(configure(**{name: value})), name) == value
    for wrong in ("", "REFUSE", "keep"):
        with pytest.raises(ConfigError, match=f"--{name} '{wrong}' is no choice; choose {', '.join(values)}") as raised:
            selection(configure(**{name: wrong}))
        assert raised.value.allowed == values


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1:4", (1, 4)), ("2:2", (2, 2)), ("1:999", (1, 999)), (" 1 : 4 ", (1, 4)), ("1.0:4.0", (1, 4))],
)
def test_plateaus(text: str, expected: tuple[int, int]) -> None:
    assert plateaus(configure(plateaus=text)) == expected
    assert plateaus(Config()) is None


@pytest.mark.parametrize(
    "text",
    [
        "0:4",
        "4:1",
        "1:1000",
        "-1:4",
        "1.5:4",
        "1:4.5",
        "1:",
        ":4",
        ":",
        "inf:inf",
        "1:inf",
        "1",
        "a:b",
        "",
        "1:2:3",
        "nan:4",
        "1e999:2",
    ],
)
def test_what_is_no_range_of_counts(text: str) -> None:
    """`1:` and `:4` once ended in OverflowError."""
    with pytest.raises(ConfigError, match=r"plateaus '.*' is not"):
        plateaus(configure(plateaus=text))


@given(st.text(max_size=20) | st.text(alphabet="0123456789:.-+einfa ", max_size=12))
@example(":")
def test_no_text_crashes(text: str) -> None:
    config = configure(range=text, plateaus=text)
    found: list[object] = []
    for read in (selection, plateaus):
        try:
            found.append(read(config))
        except ConfigError as error:
            found.append(error)
    assert len(found) == 2
    if not isinstance(found[0], ConfigError):
        assert found[0].x_low <= found[0].x_high  # type: ignore[attr-defined]
