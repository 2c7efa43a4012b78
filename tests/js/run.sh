#!/bin/sh
# The tests of bindings/js and examples-c/miniprogram. Needs node (20 or newer) and npm. What it builds and installs goes
# to target/. Arguments are names of test files (seed many ...); without any all run.
#
# For a ferry built in another way: FERRY_LIB_DIR (its libferry.a), FERRY_JS_CFLAGS (for QuickJS and the host; not CFLAGS, which
# would reach the test server too), FERRY_JS_WORK (where they go). asan.sh does that for AddressSanitizer.
set -eu
cd "$(dirname "$0")/../.."
target=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)
tests=$PWD/tests/js
flags=${FERRY_JS_CFLAGS:--O2 -g}
work=${FERRY_JS_WORK:-$target/js}
mkdir -p "$work"
work=$(cd "$work" && pwd)

for tool in node npm; do
  command -v "$tool" >/dev/null 2>&1 || { echo "tests/js: $tool is missing (on Debian: apt-get install nodejs npm)" >&2; exit 1; }
done

[ -n "${FERRY_LIB_DIR:-}" ] || cargo build --locked --quiet --lib
cargo build --locked --quiet -p ferry-test-support --bin ferry-test-server
quickjs=$work/quickjs
CFLAGS=$flags script/quickjs.sh "$quickjs"
programs="$work/miniprogram/ferry-miniprogram $work/miniprogram/bridge-test"
# JavaScriptCore's garbage collector and sanitizers do not go together.
if [ -z "${FERRY_JS_CFLAGS:-}" ] && pkg-config --exists javascriptcoregtk-4.1 2>/dev/null; then
  programs="$programs $work/miniprogram/jsc-test"
fi
# shellcheck disable=SC2086 # a list of files
FERRY_LIB_DIR=${FERRY_LIB_DIR:-$target/debug} QUICKJS=$quickjs BUILD=$work/miniprogram TARGET=$target \
  make --silent -C examples-c/miniprogram CFLAGS="$flags" $programs

# The lock file stays away: it would name the registry that was used here.
if ! cmp -s "$tests/package.json" "$work/package.json" || [ ! -d "$work/node_modules" ]; then
  rm -rf "$work/node_modules" "$work/package.json"
  (mkdir -p "$work/npm" && cp "$tests/package.json" "$work/npm/" && cd "$work/npm" &&
    npm install --no-package-lock --no-audit --no-fund --ignore-scripts --silent)
  mv "$work/npm/node_modules" "$work/npm/package.json" "$work/"
fi

files=
for name in "${@:-seed api bridge jsc clients types hostile many}"; do
  for one in $name; do files="$files $tests/$one.test.mjs"; done
done
export FERRY_MINIPROGRAM="$work/miniprogram/ferry-miniprogram" FERRY_JS_WORK="$work"
export FERRY_TEST_SERVER="$target/debug/ferry-test-server"
# shellcheck disable=SC2086 # a list of files
exec node --test --test-concurrency=1 $files
