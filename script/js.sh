#!/bin/sh
# The tests of the JavaScript API in script/report.sh's words: plain, and those that look for leaks with AddressSanitizer.
set -eu
cd "$(dirname "$0")/.."
. script/report.sh

run() { # SUFFIX ARGUMENT ...
  suffix=$1
  shift
  log=$(mktemp)
  code=0
  tests/js/run.sh "$@" >"$log" 2>&1 </dev/null || code=$?
  sed -n -e "s/^ok [0-9]* - \(.*\)/ok - wx: \1$suffix/p" -e "s/^not ok [0-9]* - \(.*\)/not ok - wx: \1$suffix/p" "$log"
  if [ "$code" -ne 0 ]; then
    grep -q '^not ok' "$log" || echo "not ok - wx$suffix: the tests did not run"
    sed 's/^/  | /' "$log"
    failed=$((failed + 1))
  fi
  rm -f "$log"
}

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  skip "wx in JavaScript" "node or npm is missing"
elif [ "$(node -p 'Number(process.versions.node.split(".")[0]) < 20')" = true ]; then
  skip "wx in JavaScript" "node is older than 20"
else
  run ""
  probe=$(mktemp -d)
  echo 'int main(void) { return 0; }' >"$probe/probe.c"
  if [ "$(uname -sm)" != "Linux x86_64" ]; then
    skip "wx with AddressSanitizer" "only tried on x86-64 Linux"
  elif ! ${CC:-cc} -fsanitize=address "$probe/probe.c" -o "$probe/probe" 2>/dev/null || ! "$probe/probe"; then
    skip "wx with AddressSanitizer" "${CC:-cc} has none"
  else
    run ", AddressSanitizer" --asan bridge many hostile
  fi
  rm -rf "$probe"
fi
report_end
