"""Many files at once: a batch on two processes, again (nothing is left to do), and on a Dask cluster of this computer; the mean
of a result over all traces, by drawing them again.

The files are synthetic. For a cluster of other computers only the address changes. With SSH:

    dask ssh --hostfile hosts.txt            # prints the address of the scheduler
    gzero batch cooldown/ -o results --scheduler tcp://ADDRESS:8786

and with SLURM, by the configuration file ~/.config/dask/jobqueue.yaml (package dask-jobqueue):

    jobqueue:
      slurm: {cores: 16, processes: 16, memory: 32GB, walltime: "02:00:00"}

after which `dask_jobqueue.SLURMCluster().scale(jobs=8)` starts the workers and its `scheduler_address` is what --scheduler takes.
"""

import importlib.util
import tempfile
from pathlib import Path

import numpy as np

from gzero.fitters.bootstrap import over_traces
from gzero.pipeline.batch.engines import Cluster, Processes
from gzero.pipeline.batch.files import find_files
from gzero.pipeline.batch.outputs import write_outputs
from gzero.pipeline.batch.run import run_batch
from gzero.pipeline.batch.store import Store
from gzero.pipeline.config import configure
from gzero.pipeline.simulation import Simulation, simulate_file


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, results = Path(place) / "cooldown", Path(place) / "results"
        folder.mkdir()
        for seed in (1, 2, 3):
            simulate_file(Simulation(experiment="staircase", seed=seed), folder / f"sweep_{seed}.csv")
        for engine in (Processes(2), Processes(2)):
            with Store(results) as store:
                tally = run_batch(find_files([folder]), configure(), store, engine)
                table = write_outputs(results, store, tally)
            print(f"{tally.files} files: {tally.done} analysed, {tally.kept} as they were; {len(table)} traces")
        # the mean over all traces, with whatever differs between them: the traces are drawn again, not their readings
        heights = np.array(table.columns["step_height_ratio"], dtype=float)
        mean = over_traces(heights, names=("step height",), rng=np.random.default_rng(1))
        print(
            f"mean step height {mean.values[0]:.4f} +- {mean.std('step height'):.4f} 2e^2/h, over {heights.size} traces"
        )
        print((results / "results.csv").read_text().splitlines()[0][:60], "...")
        if importlib.util.find_spec("distributed"):
            from distributed import LocalCluster

            cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
            with cluster, Store(Path(place) / "other") as store:
                run_batch(find_files([folder]), configure(), store, Cluster(cluster.scheduler_address))
                print(f"on a cluster: {len(list(store.results(tally.keys)))} traces, the same records")


if __name__ == "__main__":
    main()
