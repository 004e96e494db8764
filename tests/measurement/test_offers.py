"""Metadata that could be conditions: found by name, and taken only where somebody declares it."""

import pytest

from gzero.errors import ConfigError
from gzero.measurement.offers import asked_for, offers, taken


@pytest.mark.parametrize(
    ("key", "value", "name", "text"),
    [
        ("Sample temperature", "4.2 K", "temperature", "4.2 K"), ("T", "300(1) mK", "temperature", "300(1) mK"), ("T_mc (mK)", "12", "temperature", "12 mK"),
        ("Temperature [K]", "1.5", "temperature", "1.5 K"), ("cryostat/T_sample", "4.2 K", "temperature", "4.2 K"), ("station.lakeshore.temperature", "4 K", "temperature", "4 K"),
        ("V_sd", "100 uV", "bias", "100 uV"), ("Bias voltage", "100 uV", "bias", "100 uV"), ("Lockin|Excitation (mV)", "1.0", "bias", "1.0 mV"),
        ("Lockin frequency", "77.7 Hz", "frequency", "77.7 Hz"), ("f_ref (Hz)", "13", "frequency", "13 Hz"), ("B", "9 T", "magnetic_field", "9 T"),
        ("Channel length", "1.2 um", "length", "1.2 um"), ("R_s", "420(12) ohm", "series_resistance", "420(12) ohm"),
    ],
)  # fmt: skip
def test_names_that_laboratories_give_them(key: str, value: str, name: str, text: str) -> None:
    (offer,) = offers({key: value})
    assert (offer.name, offer.key, offer.text, offer.problem) == (name, key, text, "")
    assert offer.how == f'--from-metadata "{name}={key}"'


@pytest.mark.parametrize(
    ("key", "value"),
    [("operator", "T. K."), ("Date", "2024-01-01"), ("Template", "3 K"), ("T", "room"), ("Temperature controller", "LakeShore 350"), ("", "4 K"), ("biased", "1 V")],
)  # fmt: skip
def test_what_offers_nothing(key: str, value: str) -> None:
    assert offers({key: value}) == ()


@pytest.mark.parametrize(
    ("metadata", "name", "problem", "remedy"),
    [
        ({"Temperature": "4.2"}, "temperature", "without a unit", "--temperature '4.2 K'"),
        ({"T": "4.2 V"}, "temperature", "has unit 'V'", "state it with --temperature"),
        ({"T": "-4 K"}, "temperature", "must be positive", "state it with --temperature"),
        ({"frequency": "77"}, "frequency", "without a unit", "leave it out: nothing rests on it"),
        ({"frequency": "77 V"}, "frequency", "no frequency", "leave it out: nothing rests on it"),
        ({"Preamp gain": "8"}, "gain", "could be a factor, V/A or a power of ten", "iv_converter=8 V/A', or amplifier=8"),
        ({"Gain (V/A)": "1e8 V/A"}, "gain", "is a stage of a signal chain", "--chain 'COLUMN: iv_converter=metadata Gain (V/A)'"),
        ({"Bath": "4 K"}, "temperature", "no entry of the metadata states a temperature", '"temperature=KEY"'),
        ({"T_sample": "4.2 K", "T_bath": "1.5 K"}, "temperature", "2 entries could be the temperature: 4.2 K .* and 1.5 K", "T_sample"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_says_how_to_state_it(
    metadata: dict[str, str], name: str, problem: str, remedy: str
) -> None:
    with pytest.raises(ConfigError, match=problem) as raised:
        taken(metadata, name, "", path="lab.csv")
    assert remedy in raised.value.remedy
    assert raised.value.path == "lab.csv"


def test_an_entry_of_any_name_is_taken_where_it_is_named() -> None:
    metadata = {"Probe 3": "4.2 K", "T_sample": "1.5 K"}
    assert taken(metadata, "temperature", "probe 3").text == "4.2 K"
    assert taken(metadata, "temperature", "").text == "1.5 K"
    with pytest.raises(ConfigError, match="there is no entry 'Probe 4'; its metadata are 'Probe 3', 'T_sample'"):
        taken(metadata, "temperature", "Probe 4")


def test_two_entries_that_agree_are_one() -> None:
    assert taken({"T": "4.2 K", "Sample temperature": "4.2 K"}, "temperature", "").text == "4.2 K"


def test_what_is_asked_for() -> None:
    assert asked_for("temperature, bias") == {"temperature": "", "bias": ""}
    assert asked_for('Magnetic-field=B, temperature="T, sample"') == {"magnetic_field": "B", "temperature": "T, sample"}
    for wrong, problem in (
        ("colour", "'colour' is no condition"),
        ("", "names no condition"),
        ("bias=", "bias has no key"),
    ):
        with pytest.raises(ConfigError, match=problem):
            asked_for(wrong)
