"""`python -m metes` and the console script `metes`: the command line, which is the same as the standalone program's."""

from __future__ import annotations

import sys

from . import _native


def main() -> int:
    """Runs the command line with the process's arguments and returns its exit code."""
    if sys.argv[1:2] == ["run"]:
        from . import _run

        return _run.main(sys.argv[2:])
    return _native._cli_main(["metes", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
