#!/bin/sh
# The tests of bindings/js and examples-c/miniprogram. Needs node (20 or newer) and npm. What it builds and installs goes
# to target/. Arguments are names of test files (seed many ...); without any all run.
#
# With --asan first, AddressSanitizer and LeakSanitizer are in libferry, QuickJS and the host. For a ferry built in
# another way: FERRY_LIB_DIR (its libferry.a), FERRY_JS_CFLAGS (for QuickJS and the host), FERRY_JS_WORK (where they go).
set -eu
cd "$(dirname "$0")/../.."
target=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)
tests=$PWD/tests/js
flags=${FERRY_JS_CFLAGS:--O2 -g}
default_work=$target/js
if [ "${1:-}" = --asan ]; then
  shift
  flags="-fsanitize=address -g -O1"
  default_work=$target/js-asan
  # As tests/storm/run.sh has it, so that both use one build.
  RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CFLAGS_x86_64_unknown_linux_gnu="-fsanitize=address -g" \
    cargo rustc --quiet --lib --crate-type staticlib --target x86_64-unknown-linux-gnu --target-dir "$target/asan"
  FERRY_LIB_DIR=$target/asan/x86_64-unknown-linux-gnu/debug
  export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1
fi
work=${FERRY_JS_WORK:-$default_work}
mkdir -p "$work"
work=$(cd "$work" && pwd)

for tool in node npm; do
  command -v "$tool" >/dev/null 2>&1 || { echo "tests/js: $tool is missing (on Debian: apt-get install nodejs npm)" >&2; exit 1; }
done

[ -n "${FERRY_LIB_DIR:-}" ] || cargo build --locked --quiet --lib
cargo build --locked --quiet -p ferry-test-support --bin ferry-test-server
quickjs=$work/quickjs
CFLAGS=$flags script/quickjs.sh "$quickjs"
FERRY_LIB_DIR=${FERRY_LIB_DIR:-$target/debug} QUICKJS=$quickjs BUILD=$work/miniprogram TARGET=$target \
  make --silent -C examples-c/miniprogram CFLAGS="$flags" "$work/miniprogram/ferry-miniprogram" "$work/miniprogram/bridge-test"

# The lock file stays away: it would name the registry that was used here.
if ! cmp -s "$tests/package.json" "$work/package.json" || [ ! -d "$work/node_modules" ]; then
  rm -rf "$work/node_modules" "$work/package.json"
  (mkdir -p "$work/npm" && cp "$tests/package.json" "$work/npm/" && cd "$work/npm" &&
    npm install --no-package-lock --no-audit --no-fund --ignore-scripts --silent)
  mv "$work/npm/node_modules" "$work/npm/package.json" "$work/"
fi

files=
for name in "${@:-seed api bridge clients types hostile many}"; do
  for one in $name; do files="$files $tests/$one.test.mjs"; done
done
export FERRY_MINIPROGRAM="$work/miniprogram/ferry-miniprogram" FERRY_JS_WORK="$work"
export FERRY_TEST_SERVER="$target/debug/ferry-test-server"
# shellcheck disable=SC2086 # a list of files
exec node --test --test-concurrency=1 $files
