"""`python -m gzero` is `gzero`."""

from gzero.cli.entry import main

main()
