#!/bin/sh
# The storm in C: plain, under valgrind and with AddressSanitizer, one check each.
set -eu
cd "$(dirname "$0")/.."
. script/report.sh
for mode in plain valgrind asan; do
  # What it leaves out it says in a line of its own; that is no pass.
  log=$(mktemp)
  code=0
  tests/storm/run.sh "$mode" >"$log" 2>&1 </dev/null || code=$?
  why=$(sed -n 's/^storm: SKIPPED [^:]*: //p' "$log")
  if [ "$code" -ne 0 ]; then
    not_ok "storm in C, $mode"
    sed 's/^/  | /' "$log"
  elif [ -n "$why" ]; then
    skip "storm in C, $mode" "$why"
  else
    ok "storm in C, $mode"
  fi
  rm -f "$log"
done
report_end
