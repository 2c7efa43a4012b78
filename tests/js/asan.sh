#!/bin/sh
# 2,000 transfers from one script with AddressSanitizer and LeakSanitizer in the host, in QuickJS and in all of libferry.
set -eu
cd "$(dirname "$0")/../.."
target=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)
built=$target/asan/x86_64-unknown-linux-gnu/debug
. script/report.sh
if [ ! -f "$built/libferry.a" ]; then
  # tests/storm/run.sh builds it, where that can be done.
  skip "2,000 transfers with AddressSanitizer" "there is no libferry built with it"
  exit 0
fi
FERRY_LIB_DIR=$built FERRY_JS_WORK=$target/js-asan CFLAGS="-O1 -g -fsanitize=address" \
  ASAN_OPTIONS=detect_leaks=1 exec tests/js/run.sh many
