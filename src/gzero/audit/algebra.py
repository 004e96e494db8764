"""Formulas as text, worked out three ways: as an identity (sympy), as a dimension (pint), as a number (floats).

The text is the canonical ASCII in which the package writes its quanta (`e^2*N*Gamma/h_s`), so that what is shown is
what is computed. Nothing is evaluated as code: the text is taken apart by `ast`, and only names listed here are let through.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from gzero import quanta
from gzero.errors import ConfigError

if TYPE_CHECKING:
    import pint
    import sympy

#: Every letter of the paper with its SI unit; `q` is the quasi-particle, whose unit is that of its row.
UNITS = {
    "h": "J s", "hbar": "J s", "h_s": "J s", "e": "C", "q_P": "C", "m": "kg", "m_r": "kg", "m0": "kg", "eps": "J",
    "E_F": "J", "kB": "J/K", "T": "K", "T_F": "K", "c": "m/s", "s": "m/s", "v": "m/s", "v_F": "m/s", "eps0": "F/m",
    "mu0": "H/m", "L": "m", "l": "m", "W": "m", "A": "m^2", "V": "m^3", "lambda": "m", "lambda_b": "m", "k_F": "1/m",
    "f": "1/s", "tau": "s", "tau_T": "s", "tau_r": "s", "D": "m^2/s", "mu_n": "m^2/(V s)", "N": "1", "dN2": "1", "n": "1", "F": "1",
    "f0": "1", "Gamma": "1", "P": "1", "r": "1", "q": "1",
}  # fmt: skip

_FUNCTIONS = ("sqrt", "zeta", "Max", "Min")
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip

Exponents = tuple[Fraction, ...]


@functools.cache
def _tree(text: str) -> ast.expr:
    spelled = re.sub(r"\blambda\b", "lambda_", text.replace("^", "**"))
    try:
        return ast.parse(spelled.strip(), mode="eval").body
    except SyntaxError as error:
        raise ConfigError(f"'{text}' is no formula", remedy="write it like e^2*N/h_s") from error


def _name(node: ast.Name) -> str:
    name = node.id.rstrip("_")
    if name not in UNITS and name != "pi":
        raise ConfigError(f"'{name}' is no letter of the audit", remedy=f"use {', '.join(UNITS)}", allowed=tuple(UNITS))
    return name


def _called(node: ast.Call) -> str:
    if not isinstance(node.func, ast.Name) or node.func.id not in _FUNCTIONS:
        raise ConfigError("only sqrt, zeta, Max and Min are known in a formula", allowed=_FUNCTIONS)
    return node.func.id


def _refused(node: ast.expr) -> ConfigError:
    return ConfigError(f"'{ast.unparse(node)}' is no part of a formula", remedy="write it like e^2*N/h_s")


# -- as an expression -------------------------------------------------------------------------------------------------


@functools.cache
def expression(text: str) -> sympy.Expr:
    """The formula as a sympy expression of positive symbols; decimals are exact rationals."""
    import sympy

    def walk(node: ast.expr) -> Any:
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            return _ARITHMETIC[type(node.op)](walk(node.left), walk(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -walk(node.operand)
        if isinstance(node, ast.Call):
            return getattr(sympy, _called(node))(*(walk(a) for a in node.args))
        if isinstance(node, ast.Name):
            name = _name(node)
            return sympy.pi if name == "pi" else sympy.Symbol(name, positive=True)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return sympy.Rational(str(node.value))
        raise _refused(node)

    found: sympy.Expr = walk(_tree(text))
    return found


def substituted(text: str, given: Mapping[str, str]) -> sympy.Expr:
    """The formula with letters replaced by formulas, again and again until none of them is left."""
    import sympy

    found = expression(text)
    for _ in range(len(given) + 1):
        found = found.subs({sympy.Symbol(k, positive=True): expression(v) for k, v in given.items()}, simultaneous=True)
    return found


def ratio_of(form: str, derived: str, given: Mapping[str, str]) -> sympy.Expr:
    """form/derived in its simplest terms, once the letters of `given` are replaced in both; 1 for an identity."""
    import sympy

    quotient = substituted(form, given) / substituted(derived, given)
    return quotient if quotient.is_number else sympy.simplify(quotient)


def spelled(found: sympy.Expr) -> str:
    """A sympy expression in the canonical ASCII."""
    return str(found).replace("**", "^")


# -- as a dimension ---------------------------------------------------------------------------------------------------


def dimension(text: str) -> Exponents | None:
    """Exponents of kg, m, s, A, K, mol of a formula; None where it adds what cannot be added."""
    return _dimension(_tree(text))


def _dimension(node: ast.expr) -> Exponents | None:
    if isinstance(node, ast.BinOp):
        left, right = _dimension(node.left), _dimension(node.right)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Pow):
            return tuple(n * _exponent(node.right) for n in left)
        if isinstance(node.op, ast.Add | ast.Sub):
            return left if left == right else None
        sign = 1 if isinstance(node.op, ast.Mult) else -1
        return tuple(a + sign * b for a, b in zip(left, right, strict=True))
    if isinstance(node, ast.UnaryOp):
        return _dimension(node.operand)
    if isinstance(node, ast.Call):
        inner = [_dimension(a) for a in node.args]
        first = inner[0]
        if first is None or any(other != first for other in inner):
            return None
        return tuple(n / 2 for n in first) if _called(node) == "sqrt" else first
    if isinstance(node, ast.Name):
        name = _name(node)
        return _unit_exponents("1" if name == "pi" else UNITS[name])
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return _unit_exponents("1")
    raise _refused(node)


def _exponent(node: ast.expr) -> Fraction:
    if isinstance(node, ast.UnaryOp):
        return -_exponent(node.operand)
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return Fraction(node.value)
    raise _refused(node)


@functools.cache
def _unit_exponents(unit: str) -> Exponents:
    """By pint, which knows nothing of what gzero says of a unit."""
    powers: Any = _registry().parse_units("" if unit == "1" else unit).dimensionality
    return tuple(Fraction(powers.get(f"[{name}]", 0)) for name in _PINT_DIMENSIONS)


@functools.cache
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    return pint.UnitRegistry(cache_folder=None)


#: pint's names for the dimensions of kg, m, s, A, K, mol.
_PINT_DIMENSIONS = ("mass", "length", "time", "current", "temperature", "substance")


def unit_dimension(unit: str) -> Exponents:
    """Exponents of a unit text, as those of a formula."""
    return _unit_exponents(unit)


# -- as a number ------------------------------------------------------------------------------------------------------


def constants() -> dict[str, float]:
    """h, hbar, e, kB, c, pi, eps0, mu0 and the electron mass m0 [SI], as `gzero.quanta` and CODATA have them at this moment."""
    from scipy.constants import physical_constants

    return {
        "h": quanta.H, "hbar": quanta.HBAR, "e": quanta.E, "kB": quanta.KB, "c": quanta.C, "pi": math.pi,
        "eps0": float(physical_constants["vacuum electric permittivity"][0]),
        "mu0": float(physical_constants["vacuum mag. permeability"][0]),
        "m0": float(physical_constants["electron mass"][0]),
    }  # fmt: skip


def number(text: str, values: Mapping[str, float] | None = None) -> float:
    """The formula as a number [SI]: constants of nature, and whatever else `values` gives.

    Raises
    ------
    ConfigError : a letter without a value.
    """
    known = constants() | dict(values or {})

    def walk(node: ast.expr) -> float:
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            return float(_ARITHMETIC[type(node.op)](walk(node.left), walk(node.right)))
        if isinstance(node, ast.UnaryOp):
            return -walk(node.operand)
        if isinstance(node, ast.Call):
            inner = [walk(a) for a in node.args]
            named = {"sqrt": lambda: math.sqrt(inner[0]), "zeta": lambda: _zeta(inner[0])}
            named |= {"Max": lambda: max(inner), "Min": lambda: min(inner)}
            return float(named[_called(node)]())
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        if isinstance(node, ast.Name):
            name = _name(node)
            if name not in known:
                raise ConfigError(f"'{name}' has no value here", remedy="give it one")
            return known[name]
        raise _refused(node)

    return walk(_tree(text))


def _zeta(n: float) -> float:
    from scipy.special import zeta

    return float(zeta(n))
