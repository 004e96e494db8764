"""What the tests of the pipeline share."""

import sys
from pathlib import Path

# `batches.py` stands here; pytest's importlib mode puts no folder on the path
sys.path.insert(0, str(Path(__file__).resolve().parent))
