#!/usr/bin/env bash
# Headwater and MiniStack (from PyPI) on the same work, rounds interleaved; the ratios are what counts.
# The benchmark's own scripts are expected in ../shared/peerbench, or where PEERBENCH points.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=${PEERBENCH:-../shared/peerbench}
if [ ! -f "$bench/compare.py" ]; then
  echo "The peer benchmark is not at $bench: set PEERBENCH to its folder." >&2
  exit 1
fi
work=${TMPDIR:-/tmp}/headwater-bench-peers
mkdir -p "$work"
# the same interpreter for all
python=$(.venv/bin/python -c 'import sys; print(sys._base_executable)')
[ -x "$work/peer/bin/ministack" ] || { "$python" -m venv "$work/peer" && "$work/peer/bin/pip" install -q 'ministack[full]'; }
[ -x "$work/client/bin/python" ] || { "$python" -m venv "$work/client" && "$work/client/bin/pip" install -q boto3 httptools uvloop psutil; }
rm -rf "$work/data"
if command -v taskset >/dev/null; then pinned="taskset -c 0"; else pinned=; fi
$pinned .venv/bin/headwater start --port 4691 --mqtt-port 0 --data "$work/data" 2>"$work/headwater.log" &
mine=$!
GATEWAY_PORT=4692 BIND_HOST=127.0.0.1 LOG_LEVEL=ERROR $pinned "$work/peer/bin/ministack" >"$work/ministack.log" 2>&1 &
peer=$!
trap 'kill $mine $peer 2>/dev/null || true' EXIT
for port in 4691 4692; do
  for _ in $(seq 200); do curl -sf -o /dev/null "http://127.0.0.1:$port/_localstack/health" && break; sleep 0.1; done
done
client="$work/client/bin/python"
"$client" "$bench/compare.py" headwater=http://127.0.0.1:4691 ministack=http://127.0.0.1:4692 --rounds "${ROUNDS:-3}" "$@" | grep -v '^{'
if [ $# -eq 0 ]; then
  for port in 4691 4692; do
    echo; [ "$port" = 4691 ] && echo "flows: headwater" || echo "flows: ministack"
    "$client" "$bench/flow.py" --endpoint "http://127.0.0.1:$port" | grep -v '^{'
  done
fi
