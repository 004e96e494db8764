"""Bases of many designs against scipy's of each, and inverses of products against numpy's."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import orth

from gzero.reduction.orthonormal import bases, inverse_roots, sizes, unit

Array = NDArray[np.float64]


def designs(number: int, *, n: int = 50) -> Array:
    """Six columns of unlike sizes, of which the last is the sum of the first three; synthetic."""
    rng = np.random.default_rng(11)
    own = rng.normal(size=(number, 5, n)) * np.array([1.0, 1e-6, 3.0, 1e4, 1.0])[:, None]
    return np.concatenate([own, own[:, :3].sum(axis=1, keepdims=True)], axis=1)


def scipys(columns: Array) -> Array:
    """The projection on the columns, each of unit size, by scipy's singular values."""
    basis = orth((columns / np.maximum(np.linalg.norm(columns, axis=1), 1e-300)[:, None]).T, rcond=1e-8)
    return basis @ basis.T


def by_place(columns: Array) -> dict[int, Array]:
    return {i: own for members, basis in bases(columns) for i, own in zip(members, basis, strict=True)}


@pytest.mark.parametrize("number", [1, 2, 9])
def test_bases_of_one_rank_come_in_one_stack(number: int) -> None:
    columns = designs(number)
    ((members, basis),) = bases(columns)
    assert members == list(range(number))
    assert basis.shape == (number, 5, 50)
    for own, rows in zip(columns, basis, strict=True):
        np.testing.assert_allclose(rows @ rows.T, np.eye(5), atol=1e-12)
        np.testing.assert_allclose(rows.T @ rows, scipys(own), atol=1e-9)


@pytest.mark.parametrize("odd", [0, 3, 7])
@pytest.mark.parametrize(
    ("what", "rank"), [("repeats more", 4), ("repeats nothing", 6), ("nearly repeats", 6), ("is nothing", 4)]
)
def test_a_design_of_another_rank_is_told_apart(odd: int, what: str, rank: int) -> None:
    """Wherever it stands: as the first it is not the measure of the others, in their midst not measured by them."""
    columns = designs(8)
    rng = np.random.default_rng(5)
    if what == "repeats more":
        columns[odd, 1] = 2e-6 * columns[odd, 0]
        columns[odd, 5] = columns[odd, :3].sum(axis=0)
    elif what == "repeats nothing":
        columns[odd, 5] = rng.normal(size=50)
    elif what == "nearly repeats":
        columns[odd, 5] += 1e-4 * rng.normal(size=50)
    else:
        columns[odd, 4] = 0.0
    found = by_place(columns)
    assert sorted(found) == list(range(8))
    for i, own in enumerate(columns):
        assert found[i].shape[0] == (rank if i == odd else 5)
        np.testing.assert_allclose(found[i].T @ found[i], scipys(own), atol=1e-8)


def test_roots_invert_the_products_where_they_say_so() -> None:
    columns = unit(designs(4)[:, :5])
    columns[2, 4:] = unit(columns[2, 3:4] + 1e-5 * columns[2, 4:])  # a condition number of some 1e5
    roots, sound = inverse_roots(columns)
    assert sound.tolist() == [True, True, False, True]
    for root, own in zip(roots[sound], columns[sound], strict=True):
        np.testing.assert_allclose(root.T @ root, np.linalg.inv(own @ own.T), rtol=1e-9, atol=1e-12)
    columns[1, 4] = columns[1, 3]  # one that is singular does not take the others with it
    np.testing.assert_array_equal(inverse_roots(columns)[1], [True, False, False, True])


def test_sizes_are_norms() -> None:
    columns = designs(3)
    np.testing.assert_allclose(sizes(columns), np.linalg.norm(columns, axis=2), rtol=1e-12)
