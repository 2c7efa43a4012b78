#!/bin/sh
# Builds what is measured and measures it: ferry through its C ABI, the curl command, and a bare socket loop, against one
# server on this machine. Prints a table and writes it to docs/benchmarks.md. Options go to benches/run.py (see --help).
set -eu
cd "$(dirname "$0")/.."
: "${PROFILE:=release}" "${CC:=cc}"
cargo build --profile "$PROFILE" --lib
cargo build --profile "$PROFILE" -p ferry-test-support --bin ferry-test-server
built=${CARGO_TARGET_DIR:-target}/$PROFILE
programs=$built/benches
mkdir -p "$programs"
$CC -O2 -o "$programs/measure" benches/measure.c
$CC -O2 -o "$programs/bare" benches/bare.c
# Found under its soname, as an installed one is.
ln -sf ../libferry.so "$programs/libferry.so.0"
$CC -O2 -Iinclude -o "$programs/ferry_bench" benches/ferry_bench.c "$built/libferry.so" -pthread \
    -Wl,-rpath,'$ORIGIN'
exec python3 benches/run.py --built "$built" "$@"
