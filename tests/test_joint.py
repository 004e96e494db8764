"""Several estimates together: analytic covariances, the published example of the GUM, and a round trip to the last bit."""

import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from uncertainties import correlated_values, correlation_matrix, covariance_matrix, ufloat, umath

from gzero.errors import InputError
from gzero.estimate import Estimate
from gzero.joint import JointEstimates, covariance_root


def pair(correlation: float = 0.0, *, gain: tuple[float, float] = (0.0, 0.0), std: float = 1.0) -> JointEstimates:
    """Two estimates, 1 and 2, of one std and one statistical correlation."""
    return JointEstimates(
        estimates={
            name: Estimate(value=value, std_stat=std, systematic={"gain": shift}, unit="S")
            for name, value, shift in zip("ab", (1.0, 2.0), gain, strict=True)
        },
        statistical=std**2 * np.array([[1.0, correlation], [correlation, 1.0]]),
    )


def through_json(joint: JointEstimates) -> JointEstimates:
    return JointEstimates.from_dict(json.loads(json.dumps(joint.to_dict(), allow_nan=False)))


# -- what it says -----------------------------------------------------------------------------------------------------


def test_covariance_is_the_statistical_one_and_the_product_of_the_shifts() -> None:
    """C = S + g g^T + o o^T by hand: g = (1, -2), o = (0.5, 0), exact in binary."""
    joint = JointEstimates(
        estimates={
            "a": Estimate(value=5.0, std_stat=0.5, systematic={"gain": 1.0, "offset": 0.5}),
            "b": Estimate(value=-3.0, std_stat=2.0, systematic={"gain": -2.0}),
        },
        statistical=np.array([[0.25, 0.125], [0.125, 4.0]]),
    )
    assert joint.names == ("a", "b")
    assert joint.sources == ("gain", "offset")
    assert joint.covariance().tolist() == [[0.25 + 1.0 + 0.25, 0.125 - 2.0], [0.125 - 2.0, 4.0 + 4.0]]
    r = -1.875 / math.sqrt(1.5 * 8.0)
    assert joint.correlation() == pytest.approx(np.array([[1, r], [r, 1]]), rel=1e-15)
    assert np.sqrt(np.diag(joint.covariance())) == pytest.approx([e.std for e in joint.estimates.values()], rel=1e-15)


def test_an_exact_number_is_correlated_with_nothing() -> None:
    joint = JointEstimates(
        estimates={"exact": Estimate(value=1.0), "a": Estimate(value=1.0, std_stat=2.0)},
        statistical=np.array([[0.0, 0.0], [0.0, 4.0]]),
    )
    assert joint.correlation().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert joint.as_ufloats()["exact"].std_dev == 0.0
    assert joint.as_ufloats()["a"].std_dev == 2.0


def test_the_impedance_of_the_gum() -> None:
    """JCGM 100:2008, H.2: V, I, phi measured together (table H.2) and R, X, Z made of them (table H.3).

    The tables give stds to 2 or 3 digits and correlations of the inputs to 2: half a last digit of these moves the stds
    of the results by up to 1.5 %, their smaller correlations by 0.01, and R (table: 127.732) by less than 0.006.
    """
    values, stds = np.array([4.9990, 19.6610e-3, 1.04446]), np.array([0.0032, 0.0095e-3, 0.00075])
    r = np.array([[1, -0.36, 0.86], [-0.36, 1, -0.65], [0.86, -0.65, 1]])
    joint = JointEstimates(
        estimates={
            name: Estimate(value=value, std_stat=std, unit=unit)
            for name, value, std, unit in zip(("V", "I", "phi"), values, stds, ("V", "A", "rad"), strict=True)
        },
        statistical=r * np.outer(stds, stds),
    )
    v, i, phi = through_json(joint).as_ufloats().values()
    found = [v / i * umath.cos(phi), v / i * umath.sin(phi), v / i]
    assert [x.nominal_value for x in found] == pytest.approx([127.732, 219.847, 254.260], abs=6e-3)
    assert [x.std_dev for x in found] == pytest.approx([0.071, 0.295, 0.236], rel=0.015)
    correlations = correlation_matrix(found)
    assert correlations[0, 1] == pytest.approx(-0.588, abs=0.01)
    assert correlations[0, 2] == pytest.approx(-0.485, abs=0.01)
    assert correlations[1, 2] == pytest.approx(0.993, abs=0.001)


# -- numbers of the uncertainties package -----------------------------------------------------------------------------


def test_the_numbers_have_the_covariance() -> None:
    numbers = pair(0.9, gain=(0.3, -0.4)).as_ufloats()
    assert [x.nominal_value for x in numbers.values()] == [1.0, 2.0]
    stated = pair(0.9, gain=(0.3, -0.4)).covariance()
    assert np.array(covariance_matrix(list(numbers.values()))) == pytest.approx(stated, rel=1e-14)


def test_a_number_pickled_alone_loses_what_the_record_keeps() -> None:
    """statistics.md, trap 3. Correlation 0.9: var(a - b) = 1 + 1 - 1.8 = 0.2; lost, it is 2."""
    joint = pair(0.9)
    a, b = joint.as_ufloats().values()
    assert (a - b).std_dev == pytest.approx(math.sqrt(0.2), rel=1e-12)  # 0.447
    alone = pickle.loads(pickle.dumps(a))  # noqa: S301
    assert (alone - b).std_dev == pytest.approx(math.sqrt(2.0), rel=1e-12)  # 1.414
    for kept in (through_json(joint), pickle.loads(pickle.dumps(joint))):  # noqa: S301
        a, b = kept.as_ufloats().values()
        assert (a - b).std_dev == pytest.approx(math.sqrt(0.2), rel=1e-12)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_singular_covariance_is_no_trouble(sign: float) -> None:
    """Fully correlated: the difference (or the sum) is exact; rounding of the root would leave 1e-8."""
    a, b = pair(sign, std=3e-8).as_ufloats().values()
    assert (a - sign * b).std_dev == pytest.approx(0.0, abs=1e-15 * 3e-8 * 10)
    assert (a + sign * b).std_dev == pytest.approx(6e-8, rel=1e-14)


def test_rounding_of_a_singular_covariance_is_no_noise() -> None:
    """Rank 1 of 5 with stds that are no round numbers: every x_i/s_i - x_j/s_j is exact; 1e-16 of a variance is 1e-8."""
    stds = np.sqrt(np.arange(1, 6)) * 1e-8 / 3
    estimates = {str(s): Estimate(value=1.0, std_stat=s) for s in stds}
    joint = JointEstimates(estimates=estimates, statistical=np.outer(stds, stds))
    unit = [number / std for number, std in zip(joint.as_ufloats().values(), stds, strict=True)]
    assert max((x - unit[0]).std_dev for x in unit) < 1e-14


def test_records_built_from_the_same_sources_stay_correlated() -> None:
    """Two records share the gain and nothing else: var(a - c) = 1 + 1 + (g_a - g_c)^2, and the gain cancels if equal."""
    first, second = pair(0.5, gain=(2.0, 3.0)), pair(0.5, gain=(2.0, -1.0))
    sources = {"gain": ufloat(0, 1)}
    a, c = first.as_ufloats(sources)["a"], second.as_ufloats(sources)["a"]
    assert (a - c).std_dev == pytest.approx(math.sqrt(2.0), rel=1e-14)
    assert (a - second.as_ufloats(sources)["b"]).std_dev == pytest.approx(math.sqrt(2.0 + 9.0), rel=1e-14)
    # an Estimate of its own takes part by the same mapping
    alone = Estimate(value=0.0, systematic={"gain": 2.0}).as_ufloat(sources)
    assert (a - alone).std_dev == pytest.approx(1.0, rel=1e-14)


def test_a_source_that_nobody_shares_is_still_one_source_within_the_record() -> None:
    first, second = pair(0.0, gain=(2.0, 2.0)), pair(0.0, gain=(2.0, 2.0))
    a, b = first.as_ufloats({"offset": ufloat(0, 1)}).values()
    assert (a - b).std_dev == pytest.approx(math.sqrt(2.0), rel=1e-14)
    assert (a - second.as_ufloats()["a"]).std_dev == pytest.approx(math.sqrt(2.0 + 8.0), rel=1e-14)


@pytest.mark.parametrize("wrong", [ufloat(1.0, 0.01), ufloat(0.0, 0.01), ufloat(1.0, 1.0)])
def test_the_source_itself_is_no_unit_variable(wrong: object) -> None:
    """A gain of 1.00 +- 0.01 in place of 0 +- 1 would shift every value and shrink its std a hundredfold."""
    sources = {"gain": wrong}
    with pytest.raises(
        InputError, match=r"'gain' is .* and a shared source is 0 \+- 1; give \{'gain': ufloat\(0, 1\)\}"
    ):
        pair(gain=(1.0, 1.0)).as_ufloats(sources)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'gain' is"):
        Estimate(value=1.0, systematic={"gain": 1.0}).as_ufloat(sources)  # type: ignore[arg-type]


def test_correlated_unit_variables_are_sources_as_well() -> None:
    """Two gains that were calibrated against one standard, correlation 0.6: var(a - b) = 1 + 1 - 1.2."""
    one, two = correlated_values([0.0, 0.0], np.array([[1.0, 0.6], [0.6, 1.0]]))
    a = Estimate(value=0.0, systematic={"gain 1": 1.0}).as_ufloat({"gain 1": one})
    b = Estimate(value=0.0, systematic={"gain 2": 1.0}).as_ufloat({"gain 2": two})
    assert (a - b).std_dev == pytest.approx(math.sqrt(0.8), rel=1e-12)


# -- properties -------------------------------------------------------------------------------------------------------

moderate = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: 0.0 if abs(x) < 1e-6 else x)
names = st.text(max_size=8)


@st.composite
def joints(draw: st.DrawFn) -> JointEstimates:
    """Any values, units, sources; a covariance R R^T with R of any shape, so often singular; scales 1e-40 to 1e40."""
    k, m = draw(st.integers(1, 5)), draw(st.integers(0, 5))
    root = np.array(draw(st.lists(moderate, min_size=k * m, max_size=k * m))).reshape(k, m)
    root *= np.array([10.0 ** draw(st.integers(-40, 40)) for _ in range(k)])[:, None]
    matrix = root @ root.T
    keys = draw(st.lists(names, min_size=k, max_size=k, unique=True))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    return JointEstimates(
        estimates={
            key: Estimate(
                value=draw(finite),
                std_stat=float(np.sqrt(matrix[i, i])),
                systematic=draw(st.dictionaries(names, moderate, max_size=3)),
                unit=draw(st.none() | names),
            )
            for i, key in enumerate(keys)
        },
        statistical=matrix,
    )


@given(joints())
def test_every_float_comes_back(joint: JointEstimates) -> None:
    """Bits, not closeness: repr of a float reads back to it, and nothing is computed on the way."""
    back = through_json(joint)
    assert back.names == joint.names
    assert back.statistical.tobytes() == joint.statistical.tobytes()
    for one, other in zip(back.estimates.values(), joint.estimates.values(), strict=True):
        assert (one.value, one.std_stat, one.systematic, one.unit) == (
            other.value,
            other.std_stat,
            other.systematic,
            other.unit,
        )
        assert math.copysign(1, one.value) == math.copysign(1, other.value)
    assert back.to_dict() == joint.to_dict()


@given(joints())
@settings(deadline=None)  # uncertainties is slow on many variables
def test_numbers_have_the_covariance_whatever_it_is(joint: JointEstimates) -> None:
    """uncertainties' own propagation is the independent engine; rounding is relative to the two stds."""
    numbers = list(joint.as_ufloats().values())
    found, stated = np.array(covariance_matrix(numbers)), joint.covariance()
    stds = np.sqrt(np.diag(stated))
    assert np.all(np.abs(found - stated) <= 1e-13 * np.outer(stds, stds))


@given(joints())
def test_the_root_squares_to_the_covariance(joint: JointEstimates) -> None:
    root = covariance_root(joint.statistical)
    stds = np.sqrt(np.diag(joint.statistical))
    assert root.shape[1] <= len(joint.names)
    assert np.all(np.abs(root @ root.T - joint.statistical) <= 1e-13 * np.outer(stds, stds))


@given(joints(), st.data())
def test_no_change_to_the_record_crashes(joint: JointEstimates, data: st.DataObject) -> None:
    """Any part of the record replaced by any JSON value is read, or refused in one line that names a key."""
    record = joint.to_dict()
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    )
    key = data.draw(st.sampled_from(sorted(record)))
    old = record[key]
    record[key] = data.draw(anything)
    assume(record[key] != old)
    try:
        JointEstimates.from_dict(record)
    except InputError as error:
        said = str(error)
    else:
        return
    assert len(said.splitlines()) == 1
    assert len(said) < 500
    assert "key '" in said


# -- what is refused --------------------------------------------------------------------------------------------------


def two(a: float = 1.0, b: float = 1.0) -> dict[str, Estimate]:
    return {"a": Estimate(value=1.0, std_stat=a), "b": Estimate(value=1.0, std_stat=b)}


@pytest.mark.parametrize(
    ("estimates", "matrix", "said"),
    [
        ({}, np.zeros((0, 0)), "no estimate"),
        (two(), np.eye(3), r"shape \(3, 3\) for 2 estimates"),
        (two(), np.ones(2), r"shape \(2,\)"),
        (two(), [[1, 0], [0, math.nan]], "not finite"),
        (two(), [[1, math.inf], [math.inf, 1]], "not finite"),
        (two() | {"a": Estimate(value=math.nan, std_stat=1.0)}, np.eye(2), "value of 'a' is not finite"),
        (two(), [[1, 0], [0, -1]], "variance of 'b' is negative"),
        (two(), [[1, 0], [0, 4]], "statistical std of 'b' 2, not 1 as stated"),
        (two(0.0), [[1, 0], [0, 1]], "statistical std of 'a' 1, not 0 as stated"),
        (two(), [[1, 0.5], [0.4, 1]], "'a' and 'b' is not the same both ways"),
        (two(), [[1, 1.5], [1.5, 1]], "'a' and 'b' is larger than their variances allow"),
        (two(0.0), [[0, 1e-9], [1e-9, 1]], "'a' and 'b' is larger than their variances allow"),
        # each pair is possible, the three together are not: eigenvalues 1 - 1.8, 1.9, 1.9
        (two() | {"c": Estimate(value=1.0, std_stat=1.0)},
         [[1, -0.9, -0.9], [-0.9, 1, -0.9], [-0.9, -0.9, 1]], "not positive semidefinite"),
    ],
)  # fmt: skip
def test_what_is_no_covariance_is_refused(estimates: dict[str, Estimate], matrix: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        JointEstimates(estimates=estimates, statistical=np.array(matrix))


@pytest.mark.parametrize("scale", [1e-70, 1e-5, 1e33])
def test_rounding_is_forgiven_at_any_scale(scale: float) -> None:
    """Ten digits, as a program that prints %.10g leaves them; a singular matrix is then indefinite by 1e-10."""
    stds = np.array([1.0, 2.0, 3.0]) * scale / 3
    matrix = np.array([[float(f"{v:.9e}") for v in row] for row in np.outer(stds, stds)])
    estimates = {name: Estimate(value=1.0, std_stat=std) for name, std in zip("abc", stds, strict=True)}
    matrix[0, 1] *= 1 + 1e-12
    assert np.linalg.eigvalsh(matrix / scale**2)[0] < 0
    joint = JointEstimates(estimates=estimates, statistical=matrix)
    assert (joint.statistical == joint.statistical.T).all()


def test_a_root_is_a_covariance_by_its_form() -> None:
    """R = (3 0; 4 0): R R^T = (9 12; 12 16) by hand, singular; the same record as of the matrix itself."""
    estimates = {"a": Estimate(value=1.0, std_stat=3.0), "b": Estimate(value=2.0, std_stat=4.0)}
    joint = JointEstimates.of_root(estimates, np.array([[3.0, 0.0], [4.0, 0.0]]))
    assert joint.statistical.tolist() == [[9.0, 12.0], [12.0, 16.0]]
    again = JointEstimates(estimates=estimates, statistical=np.array([[9.0, 12.0], [12.0, 16.0]]))
    assert joint.to_dict() == again.to_dict()
    with pytest.raises(ValueError, match="read-only"):
        joint.statistical[0, 0] = 1.0
    estimates.clear()
    assert joint.names == ("a", "b")


@pytest.mark.parametrize(
    ("root", "said"),
    [([[3.0], [5.0]], "std of 'b' 5, not 4"), ([[3.0]], "shape"), ([[np.nan], [4.0]], "not finite")],
)
def test_a_root_of_other_uncertainties_is_refused(root: list[list[float]], said: str) -> None:
    estimates = {"a": Estimate(value=1.0, std_stat=3.0), "b": Estimate(value=2.0, std_stat=4.0)}
    with pytest.raises(InputError, match=said):
        JointEstimates.of_root(estimates, np.array(root))


def test_nothing_of_it_can_be_changed_behind_its_back() -> None:
    matrix, estimates = np.eye(2), two()
    joint = JointEstimates(estimates=estimates, statistical=matrix)
    matrix[0, 1] = 5.0
    estimates["c"] = estimates["a"]
    assert joint.statistical.tolist() == [[1, 0], [0, 1]]
    assert joint.names == ("a", "b")
    with pytest.raises(ValueError, match="read-only"):
        joint.statistical[0, 1] = 5.0


def changed(*keys: str | int, value: object) -> dict[str, object]:
    """The record of a pair with one value replaced, or taken out where `value` is `changed`."""
    record = json.loads(json.dumps(pair(0.5, gain=(1.0, 2.0)).to_dict()))
    inner = record
    for key in keys[:-1]:
        inner = inner[key]
    if value is changed:
        del inner[keys[-1]]
    else:
        inner[keys[-1]] = value
    return record


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ([], "an array is not an object"),
        (None, "null is not an object"),
        ({}, "key 'schema': missing"),
        (changed("schema", value="gzero.estimates/2"), "key 'schema': 'gzero.estimates/2' is not 'gzero.estimates/1'"),
        (changed("names", value="ab"), "key 'names': 'ab' is not an array"),
        (changed("names", value=["a", 1]), r"key 'names\[1\]': 1 is not a text"),
        (changed("names", value=["a", "a"]), "key 'names': a name stands twice"),
        (changed("names", value=["a"]), "key 'estimates.b': not among the names"),
        (changed("names", value=["a", "c"]), "key 'estimates.b': not among the names"),
        (changed("estimates", "b", value=changed), "key 'estimates.b': missing"),
        (changed("estimates", "a", "value", value="1"), "key 'estimates.a.value': '1' is not a number"),
        (changed("estimates", "a", "value", value=True), "key 'estimates.a.value': true is not a number"),
        (changed("estimates", "a", "value", value=10**5000), "key 'estimates.a.value': beyond the largest number"),
        (changed("estimates", "a", "value", value=None), "value of 'a' is not finite"),
        (changed("estimates", "a", "std_stat", value=-1), "key 'estimates.a.std_stat': -1 is below 0"),
        (changed("estimates", "a", "std_stat", value=None), "key 'estimates.a.std_stat': null is not a number"),
        (changed("estimates", "a", "std_stat", value=2), "key 'statistical_covariance': .* of 'a' 1, not 2 as stated"),
        (changed("estimates", "a", "systematic", value=[]), "key 'estimates.a.systematic': an array is not an object"),
        (changed("estimates", "a", "systematic", value={"gain": math.inf}), "estimates.a.systematic.gain': beyond"),
        (changed("estimates", "a", "unit", value=5), "key 'estimates.a.unit': 5 is not a text"),
        (changed("estimates", "a", "unit", value=changed), "key 'estimates.a.unit': missing"),
        (changed("statistical_covariance", value=[[1, 0]]), "key 'statistical_covariance': 1 values, where 2 are"),
        (changed("statistical_covariance", 1, value=[0.5]), r"'statistical_covariance\[1\]': 1 values, where 2 are"),
        (changed("statistical_covariance", 1, 0, value="x"), r"'statistical_covariance\[1\]\[0\]': 'x' is not a number"),
        (changed("statistical_covariance", value=[[1, 2], [2, 1]]), "larger than their variances allow"),
        (changed("estimates", "x" * 9000, value={}), "key 'estimates.xxx"),
        (changed("schema", value="x" * 9000), "key 'schema': 'xxx"),
    ],
)  # fmt: skip
def test_a_wrong_record_is_refused_in_one_line_with_its_key(record: object, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        JointEstimates.from_dict(record)
    assert len(str(raised.value)) < 400
    assert raised.value.remedy


def test_keys_of_later_versions_are_not_looked_at() -> None:
    assert JointEstimates.from_dict(changed("later", value=[1])).names == ("a", "b")


def test_it_shows_itself_in_notebooks() -> None:
    html = pair(0.5)._repr_html_()
    assert "+0.500" in html
    assert "<script" not in html
