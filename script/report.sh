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
  # Not after `if` or before `||`: there the shell would go on after a command of a function that failed.
  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  code=$?
  set -e
  if [ "$code" -eq 0 ]; then
    ok "$name"
  else
    not_ok "$name"
    sed 's/^/  | /' "$log"
  fi
  rm -f "$log"
}

report_end() { [ "$failed" -eq 0 ]; }
