# For other scripts to read in: one line for each check (`ok - `, `not ok - ` or `skip - `), which script/test.sh counts.
failed=0

ok() { echo "ok - $1"; }

not_ok() {
  echo "not ok - $1"
  failed=$((failed + 1))
}

skip() { echo "skip - $1: $2"; } # NAME REASON

# check NAME COMMAND ...: its output is shown when it fails.
check() {
  name=$1
  shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1 </dev/null; then
    ok "$name"
  else
    not_ok "$name"
    sed 's/^/  | /' "$log"
  fi
  rm -f "$log"
}

report_end() { [ "$failed" -eq 0 ]; }
