"""A switching trace: levels, dwell times and verdict of a made-up memristor, beside two measured levels of a real one."""

import shutil
import tempfile
from pathlib import Path

import gzero
from gzero.pipeline.datasets import dataset
from gzero.quanta import G0

path = dataset("memristor_trace")
analysis = gzero.analyse(path)
print(analysis.verdict.decision)
for reason in analysis.verdict.reasons:
    print(" ", reason)
for number, level in enumerate(analysis.levels, 1):
    dwell = analysis.estimates.get(f"dwell_time_{number}")
    stays = f"stays {1e3 * dwell.value:3.0f} +- {1e3 * dwell.std:2.0f} ms" if dwell else "was hardly left"
    print(f"  {level.index} quanta: {level.level.value / G0:6.3f} +- {level.level.std / G0:.3f}, {stays}")

# levels of Ag/SiO2/Pt, a comparison of laboratories: Milano et al. 2025, doi 10.1038/s41565-025-02037-5
for n, measured in ((1, 0.962), (2, 2 * 1.006)):
    print(f"  of a real memristor at {n} quanta: {measured:.3f}")

with tempfile.TemporaryDirectory() as folder:
    bare = Path(shutil.copy(path, folder))  # without the sidecar that states the offset
    unknown = gzero.analyse(bare, experiment="trace", quantum="2e^2/h")
    print("without its offset:", unknown.verdict.decision)
    print(" ", unknown.verdict.reasons[0])
