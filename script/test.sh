#!/usr/bin/env bash
# Runs every kind of test, prints what each leaves out and why, and ends with one line that counts them all.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0
skips=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Counts what a part printed: `test result:` lines of cargo, `# pass` and the like of node, the lines of script/report.sh. A part that fails
# without having counted a failure (it did not compile, or crashed) is one.
count() { # NAME EXIT-CODE
  local p f s
  p=$(grep -c '^ok - ' "$log" || true)
  f=$(grep -c '^not ok - ' "$log" || true)
  s=$(grep -c '^skip - ' "$log" || true)
  while read -r good bad ignored; do
    p=$((p + good)) f=$((f + bad)) s=$((s + ignored))
  done < <(sed -n 's/^test result: [^ ]* \([0-9]*\) passed; \([0-9]*\) failed; \([0-9]*\) ignored;.*/\1 \2 \3/p' "$log")
  while read -r line; do skips+=("$1: $line"); done < <(
    sed -n -e 's/^skip - //p' -e 's/^test \(.*\) \.\.\. ignored\(.*\)$/\1\2/p' "$log")
  while read -r what number; do
    case $what in
    pass) p=$((p + number)) ;;
    fail) f=$((f + number)) ;;
    skipped) s=$((s + number)) ;;
    esac
  done < <(sed -n 's/^# \(pass\|fail\|skipped\) \([0-9]*\)$/\1 \2/p' "$log")
  if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then
    echo "$1 ended with exit code $2"
    f=1
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

part() { # NAME COMMAND ...
  local name=$1 code=0
  shift
  echo "== $name"
  "$@" </dev/null 2>&1 | tee "$log" || code=$?
  count "$name" "$code"
}

part "lint" script/lint.sh
part "cargo test" env FERRY_TEST_FULL=1 cargo test --workspace --locked --no-fail-fast
part "cargo doc" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
part "install" tests/abi/install.sh
part "examples" tests/examples.sh
part "storm in C" tests/storm/run.sh
part "mini-programs" tests/js/run.sh
part "mini-programs with AddressSanitizer" tests/js/asan.sh
part "storm in C" script/storm.sh

echo "== skipped"
if [ "${#skips[@]}" -eq 0 ]; then echo "nothing"; else printf '%s\n' "${skips[@]}"; fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
