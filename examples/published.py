"""What the world has published, over the fundamental units: the values with an uncertainty, and the report on all of them."""

import tempfile
from pathlib import Path

import gzero
from gzero.pipeline.datasets import dataset

analyses = gzero.analyse_traces(dataset("published"))
for analysis in analyses:
    row = analysis.comparisons[0]
    if row.ratio_std > 0:
        far = abs(row.ratio - 1) / row.ratio_std
        print(f"{analysis.trace[:64]:64} {row.ratio:9.4f} +- {row.ratio_std:.4f} {row.name:8} ({far:.1f} std from 1)")
print("left out:", ", ".join(f"{d.rows} rows ({d.rule})" for d in analyses[0].origin.dropped if "empty" not in d.rule))

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "world.md"
    gzero.write_report(analyses, path)
    print(f"the report has {len(path.read_text(encoding='utf-8').splitlines())} lines")
