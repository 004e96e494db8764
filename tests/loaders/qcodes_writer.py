"""Databases as QCoDeS itself writes them, with what QCoDeS reads from them as arrays beside them. All values are synthetic.

Run as a program in a process of its own: QCoDeS registers converters with the whole interpreter's sqlite3, reads a
configuration from the home folder and warns as it is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1]) if __name__ == "__main__" else Path()


def main() -> None:
    """Writes lab.db (WAL, as QCoDeS does), old.db (rollback journal), extracted.db, exported.db and what they hold."""
    import numpy as np
    from qcodes.dataset import (
        Measurement,
        export_datasets_and_create_metadata_db,
        extract_runs_into_db,
        initialise_or_create_database_at,
        load_by_id,
        load_or_create_experiment,
    )
    from qcodes.parameters import ManualParameter
    from qcodes.station import Station

    station = Station()
    station.add_component(ManualParameter("mixing_chamber", unit="K", initial_value=0.042), "mixing_chamber")
    station.add_component(ManualParameter("operator", initial_value="nobody"), "operator")

    def measurement(name: str, *parameters: tuple[str, str, str, tuple[str, ...]]) -> Measurement:
        made = Measurement(name=name, station=station)
        for label, unit, kind, over in parameters:
            made.register_custom_parameter(
                label, label=f"the {label}", unit=unit, paramtype=kind, setpoints=over or None
            )
        return made

    written: dict[str, list[object]] = {}

    def add(saver: Any, *results: tuple[str, Any]) -> None:
        saver.add_result(*results)
        for name, value in results:
            written.setdefault(f"{saver.dataset.name}/{name}", []).append(value)

    def write() -> None:
        written.clear()
        load_or_create_experiment("synthetic", "no sample")
        rng = np.random.default_rng(1)
        curve = measurement(
            "curve",
            ("gate", "V", "numeric", ()),
            ("current", "A", "numeric", ("gate",)),
            ("lead", "", "numeric", ("gate",)),
        )
        with curve.run() as saver:
            for i in range(211):
                add(saver,
                    ("gate", -1.5 + 0.1 * i), ("current", float(rng.normal())),
                    ("lead", float("nan") if i % 5 == 0 else float("inf") if i == 7 else i),
                )  # fmt: skip
        plane = measurement(
            "plane",
            ("field", "T", "numeric", ()),
            ("gate", "V", "numeric", ()),
            ("current", "A", "numeric", ("field", "gate")),
        )
        with plane.run() as saver:
            saver.dataset.add_metadata("cooldown", "third")
            for field in (0.0, 0.25, 0.5):
                for gate in np.linspace(-1, 1, 17):
                    add(saver, ("field", field), ("gate", gate), ("current", float(rng.normal())))
        arrays = measurement(
            "arrays",
            ("field", "T", "numeric", ()),
            ("gate", "V", "array", ()),
            ("current", "A", "array", ("field", "gate")),
            ("offset", "V", "numeric", ("field",)),
        )
        with arrays.run() as saver:
            for field in (0.0, 0.5, 1.0, 1.5):
                add(saver,
                    ("field", field), ("gate", np.linspace(0, 1, 33)), ("current", rng.normal(size=33)), ("offset", field / 7)
                )  # fmt: skip
        waves = measurement("waves", ("frequency", "Hz", "numeric", ()), ("s21", "", "complex", ("frequency",)))
        with waves.run() as saver:
            for i in range(40):
                add(saver, ("frequency", 1e9 + i), ("s21", complex(*rng.normal(size=2))))
        spectra = measurement("spectra", ("frequency", "Hz", "array", ()), ("s11", "", "array", ("frequency",)))
        with spectra.run() as saver:
            add(saver, ("frequency", np.linspace(1, 2, 50)), ("s11", rng.normal(size=50) + 1j * rng.normal(size=50)))
        named = measurement(
            "named",
            ("gate", "V", "numeric", ()),
            ("current", "A", "numeric", ("gate",)),
            ("phase", "", "text", ("gate",)),
        )
        with named.run() as saver:
            for i in range(6):
                add(saver, ("gate", i), ("current", i * i), ("phase", "up" if i < 3 else "down"))
        scaled = Measurement(name="scaled")
        scaled.register_custom_parameter("dac", unit="V")
        scaled.register_custom_parameter("gate", unit="mV", basis=("dac",))
        scaled.register_custom_parameter("current", unit="A", setpoints=("dac",))
        with scaled.run() as saver:
            for i in range(9):
                add(saver, ("dac", i / 8), ("gate", 125.0 * i), ("current", i**2))
        stopped = measurement(
            "stopped",
            ("field", "T", "numeric", ()),
            ("gate", "V", "numeric", ()),
            ("current", "A", "numeric", ("field", "gate")),
        )
        saver = stopped.run().__enter__()
        for i in range(25):
            add(saver, ("field", i // 10 * 0.1), ("gate", i % 10 * 0.01), ("current", float(rng.normal())))
        saver.flush_data_to_database(block=True)
        with measurement("empty", ("gate", "V", "numeric", ()), ("current", "A", "numeric", ("gate",))).run():
            pass

    for name, mode in (("lab.db", "WAL"), ("old.db", "DELETE")):
        initialise_or_create_database_at(FOLDER / name, journal_mode=mode)  # type: ignore[arg-type]
        write()
        for run in range(1, 10):
            found = load_by_id(run).get_parameter_data()
            flat = {f"{top}/{one}": values for top, tree in found.items() for one, values in tree.items()}
            np.savez(FOLDER / f"{name}.{run}.npz", **flat)
        np.savez(FOLDER / f"{name}.written.npz", **{key: np.array(found) for key, found in written.items()})
    extract_runs_into_db(FOLDER / "lab.db", FOLDER / "extracted.db", 1, 3)
    initialise_or_create_database_at(FOLDER / "few.db")
    load_or_create_experiment("synthetic", "no sample")
    with measurement("curve", ("gate", "V", "numeric", ()), ("current", "A", "numeric", ("gate",))).run() as saver:
        for i in range(5):
            add(saver, ("gate", i), ("current", i))
    export_datasets_and_create_metadata_db(FOLDER / "few.db", FOLDER / "exported.db", FOLDER / "netcdf")
    sys.stdout.flush()
    os._exit(0)  # without closing: the journals stay as a process leaves them that is still measuring


if __name__ == "__main__":
    main()
