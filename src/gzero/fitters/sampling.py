"""The whole posterior of a fit by Markov chains: emcee, Foreman-Mackey and others 2013, doi 10.1086/670067.

The prior is flat inside the bounds of the model. The likelihood is that of the noise of the fit:

- stated: exp(-chi2/2), chi2 over the square of the inflation where the misfit exceeds chance.
- white, its scale estimated: chi2^(-n/2), the scale integrated out with the prior 1/scale. On a linear model this is
  Student's distribution with n - k degrees of freedom, as in the covariance.
- red: exp(-chi2/2) with the spectrum as learnt; ends of intervals are moved out from the median by the factor that the
  spectrum's own uncertainty puts on the standard deviation.

A chain is only as long as it is in units of its autocorrelation time: where it is shorter than fifty of these, no interval
is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError, FitError, InputError, MissingDependencyError
from gzero.estimate import html_table
from gzero.fitters.interval import Interval, check_confidence, place_of
from gzero.fitters.problem import Problem
from gzero.fitters.refits import minimised
from gzero.fitters.result import FitResult
from gzero.measurement.curve import frozen
from gzero.models.model import Array
from gzero.reduction.noise import widening

Progress = Callable[[int, int], None]

#: Autocorrelation times that a chain must have, as its authors recommend.
ENOUGH = 50
_MOST = 20_000  # steps of a chain whose length was left open
_LOOK = 250  # steps between two looks at its length
_BURN_IN = 5  # autocorrelation times that the walkers are given to spread


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """A posterior.

    Parameters
    ----------
    names, units : of the parameters, shape (k,).
    values : best values of the fit, shape (k,).
    samples : shape (m, k), after the walkers have spread.
    steps, walkers : length of the chain after that, and how many there are.
    autocorrelation : of each parameter [steps], shape (k,).
    acceptance : share of the proposals that were taken.
    variance_dof : degrees of freedom of each variance that the likelihood does not know of, shape (k,): ends are moved out
        from the median by Student's quantile over the normal one. Infinite but for red noise.
    asked : steps that were asked for, or that are the most.
    """

    names: tuple[str, ...]
    units: tuple[str | None, ...]
    values: NDArray[np.float64]
    samples: NDArray[np.float64]
    steps: int
    walkers: int
    autocorrelation: NDArray[np.float64]
    acceptance: float
    variance_dof: NDArray[np.float64]
    asked: int

    def __post_init__(self) -> None:
        for name in ("values", "samples", "autocorrelation", "variance_dof"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def interval(self, name: str, *, confidence: float = 0.95) -> Interval:
        """The credible interval between equal tails.

        Both sides are open, and the note says why, where the chain is shorter than fifty autocorrelation times.
        """
        check_confidence(confidence)
        i = place_of(name, self.names)
        tau, value = float(self.autocorrelation[i]), float(self.values[i])
        low = high = None
        note = ""
        if not tau * ENOUGH <= self.steps:
            note = (
                f"the chain of {self.steps} steps is shorter than {ENOUGH} autocorrelation times of {tau:.0f} steps: ask for "
                f"{math.ceil(1.2 * (ENOUGH + _BURN_IN) * tau)}"
                if math.isfinite(tau)
                else f"the chain of {self.steps} steps has no autocorrelation time: its walkers did not move"
            )
        else:
            middle, *ends = np.quantile(self.samples[:, i], [0.5, (1 - confidence) / 2, (1 + confidence) / 2])
            factor = float(widening(self.variance_dof[i], confidence))
            low, high = (float(middle + factor * (end - middle)) for end in ends)
        return Interval(name=name, value=value, low=low, high=high, confidence=confidence, method="emcee", note=note)

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Of the samples, shape (k, k) [product of the units]."""
        return np.atleast_2d(np.cov(self.samples.T))

    def _repr_html_(self) -> str:
        """Values with their 95 % intervals and autocorrelation times, for notebooks."""
        rows = []
        for name, unit, tau in zip(self.names, self.units, self.autocorrelation, strict=True):
            found = self.interval(name)
            ends = ("open" if end is None else f"{end:.6g}" for end in (found.low, found.high))
            rows.append((name, f"{found.value:.6g}", *ends, f"{tau:.0f}", unit or ""))
        title = f"emcee: {self.walkers} walkers, {self.steps} steps, acceptance {self.acceptance:.2f}"
        return html_table(title, ("parameter", "value", "2.5 %", "97.5 %", "autocorrelation time", "unit"), rows)


def sample(
    fit: FitResult,
    *,
    rng: np.random.Generator,
    steps: int | None = None,
    walkers: int | None = None,
    progress: Progress | None = None,
) -> Samples:
    """The posterior of the parameters of a fit.

    Parameters
    ----------
    fit : a fit that carries its problem.
    rng : of the walkers; the same one gives the same chain.
    steps : of every walker; None goes on until the chain is long enough for intervals, at most 20000.
    walkers : None takes four for each parameter, and at least 32.
    progress : called with (steps done, in all).

    Returns
    -------
    Samples. Ctrl-C ends the chain early: what is there is returned.

    Raises
    ------
    MissingDependencyError : `emcee` is not installed.
    InputError : a fit without its problem, or whose covariance carries what no likelihood does (a robust loss; a misfit of
        the model).
    ConfigError : too few steps or walkers.  FitError : no walker finds a place to start from.
    """
    try:
        import emcee
    except ImportError as error:
        raise MissingDependencyError("sampling needs the package emcee", remedy="pip install 'gzero[mcmc]'") from error
    problem = minimised(fit)
    _check(fit, problem)
    k = fit.values.size
    many = max(32, 4 * k) if walkers is None else walkers
    most = _MOST if steps is None else steps
    if many < 2 * k + 2 or most < 100:
        raise ConfigError(
            f"{many} walkers and {most} steps for {k} parameters",
            remedy=f"take at least {2 * k + 2} walkers and 100 steps",
        )
    posterior = _Posterior.of(fit, problem)
    start = _start(fit, posterior, many, rng)
    # with the stretch move alone the chain of a staircase must be twice as long
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(many, k, posterior, moves=moves, vectorize=True)
    sampler.random_state = np.random.RandomState(np.random.MT19937(int(rng.integers(2**63)))).get_state()
    _run(sampler, start, most, progress, until_long_enough=steps is None)
    chain = np.asarray(sampler.get_chain())
    tau = _autocorrelation(chain)
    spread = min(len(chain) // 2, math.ceil(_BURN_IN * float(np.max(np.nan_to_num(tau, nan=0.0, posinf=0.0)))))
    return Samples(
        names=fit.names,
        units=fit.units,
        values=fit.values,
        samples=chain[spread:].reshape(-1, k),
        steps=len(chain) - spread,
        walkers=many,
        autocorrelation=_autocorrelation(chain[spread:]),
        acceptance=float(np.mean(sampler.acceptance_fraction)),
        variance_dof=posterior.variance_dof,
        asked=most,
    )


def _check(fit: FitResult, problem: Problem) -> None:
    if problem.loss != "linear":
        raise InputError(
            f"the loss '{problem.loss}' is no likelihood", remedy="take profile or bootstrap, or the loss 'linear'"
        )
    if fit.method == "least squares, sandwich covariance":
        raise InputError(
            "the residuals of this fit hold a misfit of its model, which no likelihood knows",
            remedy="take profile or bootstrap",
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Posterior:
    """ln of the posterior density up to a constant, of many places at once.

    Parameters
    ----------
    problem : what is minimised.  lower, upper : the bounds, shape (k,).
    scale : square of the inflation, or None where the scale of the noise is integrated out.
    variance_dof : where the scale is not integrated out but estimated, shape (k,); else infinite.
    """

    problem: Problem
    lower: Array
    upper: Array
    scale: float | None
    variance_dof: Array

    @classmethod
    def of(cls, fit: FitResult, problem: Problem) -> _Posterior:
        noise = problem.noise
        estimated = noise.spectrum is not None and not noise.red and not noise.stated
        many = np.full(fit.values.size, np.inf)
        return cls(
            problem=problem,
            lower=np.array([p.lower for p in problem.free]),
            upper=np.array([p.upper for p in problem.free]),
            scale=None if estimated else fit.inflation**2,
            variance_dof=many if estimated or fit.variance_dof is None else np.asarray(fit.variance_dof),
        )

    def __call__(self, places: Array) -> Array:
        out = np.full(len(places), -np.inf)
        inside = np.all((places >= self.lower) & (places <= self.upper), axis=1)
        with np.errstate(all="ignore"):
            for i in np.flatnonzero(inside):
                residual = self.problem.residual(places[i])
                chi2 = float(residual @ residual)
                if np.isfinite(chi2):
                    n = residual.size
                    out[i] = -0.5 * n * math.log(max(chi2, 1e-300)) if self.scale is None else -0.5 * chi2 / self.scale
        return out


def _start(fit: FitResult, posterior: _Posterior, walkers: int, rng: np.random.Generator) -> Array:
    """Places about the best one, as far apart as the covariance says, inside the bounds."""
    covariance = np.array(fit.covariance)
    on_bound = ~np.isfinite(np.diag(covariance))
    covariance[on_bound] = covariance[:, on_bound] = 0.0
    curve = posterior.problem.curve
    for i in np.flatnonzero(on_bound):
        unit = posterior.problem.free[i].unit
        size = np.ptp(curve.x) if unit == "x" else np.ptp(curve.y) if unit == "y" else abs(fit.values[i]) or 1.0
        covariance[i, i] = (1e-3 * size) ** 2
    out: list[Array] = []
    for _ in range(100):
        drawn = rng.multivariate_normal(fit.values, covariance, size=walkers, method="eigh")
        # a place beyond a bound is mirrored in it
        drawn = np.where(drawn < posterior.lower, 2 * posterior.lower - drawn, drawn)
        drawn = np.where(drawn > posterior.upper, 2 * posterior.upper - drawn, drawn)
        out += list(drawn[np.isfinite(posterior(drawn))])
        if len(out) >= walkers:
            return np.array(out[:walkers])
    raise FitError("no walker finds a place near the best values", remedy="take profile", result=fit)


def _run(sampler: Any, start: Array, most: int, progress: Progress | None, *, until_long_enough: bool) -> None:
    """Run the chain of an `emcee.EnsembleSampler`, in pieces, until it is long enough or Ctrl-C."""
    place, done = start, 0
    try:
        while done < most:
            if progress is not None:
                progress(done, most)
            piece = min(_LOOK, most - done)
            place = sampler.run_mcmc(place, piece, skip_initial_state_check=done > 0)
            done += piece
            if until_long_enough:
                tau = float(np.max(_autocorrelation(np.asarray(sampler.get_chain()))))
                if 1.1 * (ENOUGH + _BURN_IN) * tau <= done:
                    return
    except KeyboardInterrupt:
        if not done:
            raise


def _autocorrelation(chain: Array) -> Array:
    """Integrated autocorrelation time of each parameter [steps], shape (k,); infinite where nothing moved."""
    import emcee

    with np.errstate(all="ignore"):
        tau = np.asarray(emcee.autocorr.integrated_time(chain, tol=0, quiet=True))
    return np.where(np.isfinite(tau) & (tau > 0), tau, np.inf)
