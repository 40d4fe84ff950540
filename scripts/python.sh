#!/usr/bin/env bash
# Prints the Python to set up with: 3.11 to 3.13, a later one where there is no other (JSONata is slower there,
# docs/platforms.md), and rather one whose interpreter is in the program itself than in a
# shared library, as pyenv builds it, for that takes a tenth to a third more of the processor (docs/performance.md).
suits='import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
shared='import sys; sys.exit("libpython" not in open("/proc/self/maps").read())'
first=
for python in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
  "$python" -c "$suits" 2>/dev/null || continue
  first=${first:-$python}
  "$python" -c "$shared" 2>/dev/null || { echo "$python"; exit; }
done
later=$(command -v python3.14)
echo "${first:-${later:-python3}}"
