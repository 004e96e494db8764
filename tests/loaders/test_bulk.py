"""Numbers in bulk: the same bits as Python's own reading, and nothing that the reader of rows would read differently."""

from __future__ import annotations

import random
import struct
from decimal import Decimal, localcontext

import numpy as np
import pytest

from gzero.loaders.bulk import FOREIGN, PLAIN, WORDS, Form, parse
from gzero.loaders.cells import number
from gzero.loaders.dialect import Dialect
from gzero.loaders.tally import Parsed


def read(text: str, delimiter: str = ",", decimal: str = ".", *, columns: int = 1, way: int = PLAIN) -> Parsed | None:
    dialect = Dialect(delimiter=delimiter, decimal=decimal)
    return parse(text.encode(), Form(dialect=dialect, columns=columns, words=frozenset(), encoding="utf-8"), way)


def column(parsed: Parsed | None, at: int = 0) -> np.ndarray:
    assert parsed is not None
    return np.concatenate(parsed.columns[at])


def hard_numbers() -> list[str]:
    """Shortest and long decimals of random bits, numbers half-way between two floats, subnormals, random digits."""
    rng = random.Random(1)
    values = [struct.unpack("d", struct.pack("Q", rng.getrandbits(64)))[0] for _ in range(4000)]
    values = [value for value in values if np.isfinite(value)]
    out = [repr(value) for value in values] + [f"{value:.25e}" for value in values]
    with localcontext() as context:
        context.prec = 60
        for value in values[:1000]:
            above = float(np.nextafter(value, np.inf))
            if np.isfinite(above):
                out.append(f"{(Decimal(value) + Decimal(above)) / 2:e}")
    out += [repr(rng.randrange(1, 1 << 52) * 5e-324) for _ in range(1000)]
    for _ in range(3000):
        digits = "".join(rng.choices("0123456789", k=rng.randint(1, 40)))
        cut = rng.randint(0, len(digits))
        out.append(f"{digits[:cut]}.{digits[cut:]}" + (f"e{rng.randint(-330, 250)}" if rng.random() < 0.7 else ""))
    return [text for text in out if len(text) <= 100 and np.isfinite(float(text))]


def test_numbers_are_exact_to_the_last_digit() -> None:
    texts = hard_numbers()
    found = column(read("\n".join(texts) + "\n"))
    expected = np.array([float(text) for text in texts])  # Python rounds correctly
    np.testing.assert_array_equal(found.view(np.int64), expected.view(np.int64))


CELLS = [
    "1.", ".5", "+1", "-.5", "1e5", "1E+05", "1D5", "1d-3", "-1.5D+02", "inf", "nan", "-inf", "1e999", "1e-400", "0x10",
    "1_0", "1e", "nan(ab)", "-", "1.e5", "1e5.0", "1,5", "1,", ",5", "1,e5", "1.5", "OVLD", "nA", "1 2", "#REF", "--",
    "\N{MINUS SIGN}2", "1\x0b", "\xa01", "ten", "1.234.567", "1'000", "", "5e-324", "1" * 60,
]  # fmt: skip


@pytest.mark.parametrize("way", [PLAIN, WORDS, FOREIGN])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_a_number_in_bulk_as_it_is_alone(cell: str, decimal: str, way: int) -> None:
    """Either the bulk leaves the lines to the reader of rows, or it says the same."""
    parsed = read(f"1;2\n3;{cell}\n5;6\n", ";", decimal, columns=2, way=way)
    if parsed is None:
        return
    alone = number(cell, decimal)
    np.testing.assert_array_equal(column(parsed, 1), [2, np.nan if alone is None else alone, 6])
    if alone is None:
        assert parsed.empties.get(1, (0, 0))[0] + sum(1 in columns for _, _, columns in parsed.odd) == 1


@pytest.mark.parametrize(
    ("text", "delimiter", "decimal", "way"),
    [
        ("1;2\n3;4\n", ";", ".", PLAIN),
        ("1,5;2\r\n3;4,5\r\n", ";", ",", PLAIN),
        ("  1\t 2 \n3    4\n", " ", ".", PLAIN),
        ('"1";"2"\n"3";"4"\n', ";", ".", PLAIN),
        ("1;\n;4\n", ";", ".", PLAIN),
        ("1;2\n\n3;4\n", ";", ".", PLAIN),
        ("1;OVLD\n3;4\n", ";", ".", WORDS),
        ("1.0D1;2\n\N{MINUS SIGN}3;4\n", ";", ".", FOREIGN),
    ],
)
def test_plain_lines_are_taken(text: str, delimiter: str, decimal: str, way: int) -> None:
    assert read(text, delimiter, decimal, columns=2, way=way) is not None


@pytest.mark.parametrize(
    "text",
    [
        "1;2\n# up\n3;4\n",
        "1;2\n3\n",
        "1;2\n3;4;5\n",
        "1;2\n-;-\n",
        '1;2\n"3;4\n',
        "1;2\nwords;here\n",
        "1;2;3\n4;5;6\n",
    ],
)
def test_other_lines_are_left_to_the_reader_of_rows(text: str) -> None:
    assert read(text, ";", columns=2) is None
    assert read(text, ";", columns=2, way=WORDS) is None


def test_an_open_quote_joins_no_lines() -> None:
    form = Form(dialect=Dialect(delimiter=",", decimal="."), columns=2, words=frozenset({1}), encoding="utf-8")
    for text in ('1,"OK\n"\n3,OK\n', '1,"OK\n2,OK"\n3,OK\n', '1,"OK\r"\n3,OK\n'):
        assert parse(text.encode(), form, PLAIN) is None
    parsed = parse(b'1,"OK, fine"\n3,\n5,bad\n', form, PLAIN)
    assert parsed is not None
    assert parsed.words == {1: ["OK, fine", "", "bad"]}
    assert parsed.ends_in_words
