"""gzero: is it the quantum? From a measured conductance or diffusion curve to a verdict in fundamental units.

The public names are resolved on first use, so that importing gzero costs nothing.
"""

from importlib import import_module
from pkgutil import iter_modules

_WHERE = {
    "Analysis": "gzero.analysis",
    "CrossCheck": "gzero.verdict.cross_check",
    "Estimate": "gzero.estimate",
    "FitResult": "gzero.fitters.result",
    "JointEstimates": "gzero.joint",
    "Measurement": "gzero.measurement.measurement",
    "Multiverse": "gzero.universes",
    "Quantum": "gzero.quanta",
    "SavedResult": "gzero.pipeline.saved",
    "Verdict": "gzero.verdict.verdict",
    "analyse": "gzero.pipeline.public",
    "analyse_traces": "gzero.pipeline.public",
    "audit_paper": "gzero.audit.paper",
    "bootstrap": "gzero.pipeline.refine",
    "conductance_over_diffusion": "gzero.verdict.cross_checks",
    "conductance_times_diffusion": "gzero.verdict.cross_checks",
    "einstein_conductivity": "gzero.verdict.cross_checks",
    "einstein_relation": "gzero.verdict.cross_checks",
    "fit": "gzero.pipeline.public",
    "fit_many": "gzero.pipeline.many",
    "fit_errors_in_x": "gzero.pipeline.refine",
    "fit_temperature_series": "gzero.pipeline.together",
    "fit_together": "gzero.pipeline.together",
    "fit_transition_series": "gzero.fitters.transition_series",
    "load": "gzero.pipeline.public",
    "load_traces": "gzero.pipeline.public",
    "multiverse": "gzero.pipeline.multiverse",
    "plan": "gzero.pipeline.plan",
    "profile_interval": "gzero.fitters.profile",
    "read_result": "gzero.pipeline.saved",
    "sample": "gzero.pipeline.refine",
    "two_terminal_against_hall": "gzero.verdict.cross_checks",
    "unblind": "gzero.pipeline.public",
    "validate": "gzero.pipeline.public",
    "wiedemann_franz": "gzero.verdict.cross_checks",
    "write_report": "gzero.pipeline.public",
}
_ROOMS = ("audit", "errors", "models", "quanta", "synthetic", "units")

__all__ = [*_WHERE, *_ROOMS]


def __getattr__(name: str) -> object:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    if name in _ROOMS:
        room = import_module(f"gzero.{name}")
        for module in iter_modules(getattr(room, "__path__", ())):  # so that gzero.models.staircase is there
            import_module(f"gzero.{name}.{module.name}")
        return room
    if name == "__version__":
        return import_module("gzero.version").VERSION
    raise AttributeError(f"module 'gzero' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
