"""The long fuzz run: ``python -m scripts.fuzz [--seed N] [--rounds N] [tests …]``; exit code 1 if anything was found.

First every operation is asked at random, in so many rounds, and a server walked over like that is killed and started
again, whose answers have to be the same as before; then the tests of the services (or those that are named)
run with each of their requests sent again, bent in one place. That tests fail meanwhile is no finding.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

_TESTS = ("tests/services", "tests/gateway", "tests/insight")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("tests", nargs="*", default=_TESTS)
    options = parser.parse_args()
    rounds = f"--fuzz-rounds={options.rounds}"
    asked = _pytest("tests/fuzz", rounds, f"--fuzz-seed={options.seed}", "--timeout=0")
    asked |= subprocess.run([sys.executable, "-m", "tests.fuzz.killing", str(options.seed), "5"]).returncode
    with tempfile.TemporaryDirectory() as folder:
        again = ("-p", "tests.fuzz.again", f"--again={folder}", f"--again-seed={options.seed}", "--tb=no", "-n", "2")
        _pytest(*again, *options.tests)
        found = "".join(each.read_text() for each in sorted(Path(folder).iterdir()))
    print(found or "Sent again, bent: no fault of ours.")
    return 1 if asked or found else 0


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main())
