#!/bin/sh
# Runs the storm in C against a ferry-test-server: plain, under valgrind, and with AddressSanitizer and LeakSanitizer in
# all of libferry, its C parts too. A tool that is not there is said and skipped.
#
#     tests/storm/run.sh [plain] [valgrind] [asan]        all three without an argument
#
# FERRY_STORM_TASKS (default 20000; valgrind takes a tenth) and FERRY_STORM_SEED resize or repeat it.
set -eu
cd "$(dirname "$0")/../.."
. script/report.sh

modes=${*:-plain valgrind asan}
tasks=${FERRY_STORM_TASKS:-20000}
seed=${FERRY_STORM_SEED:-$(date +%s)}
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null || :; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cc=${CC:-cc}
flags="-std=c11 -Wall -Wextra -Wpedantic -Werror -g -O1 -Iinclude"

start_server() {
    cargo build --quiet --package ferry-test-support --bin ferry-test-server
    "$target/debug/ferry-test-server" --quiet --port-file "$work/port" &
    server=$!
    while [ ! -s "$work/port" ]; do
        kill -0 "$server" 2>/dev/null || { echo "storm: the test server did not start" >&2; exit 1; }
        sleep 0.1
    done
    port=$(cat "$work/port")
}

build_plain() {
    cargo build --quiet --lib
    # Under its soname, which is how the program looks for it.
    ln -sf "$target/debug/libferry.so" "$work/libferry.so.0"
    $cc $flags tests/storm/storm.c "$target/debug/libferry.so" -Wl,-rpath,"$work" -lpthread -o "$work/storm"
}

plain() {
    build_plain
    "$work/storm" "$port" "$tasks" "$seed"
}

valgrind_memcheck() {
    build_plain
    # Fair scheduling: with the default one a thread that waits in a loop can hold up all others.
    valgrind --quiet --fair-sched=yes --error-exitcode=9 --leak-check=full \
        --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect \
        "$work/storm" "$port" $((tasks / 10)) "$seed"
}

has_asan() {
    [ "$(uname -sm)" = "Linux x86_64" ] || return 1
    echo 'int main(void) { return 0; }' >"$work/probe.c"
    $cc -fsanitize=address "$work/probe.c" -o "$work/probe" 2>/dev/null && "$work/probe"
}

asan() {
    # Rust's sanitizers are unstable, but work with a stable compiler that is told so. A target directory of its own: the first
    # time everything is built anew, which takes minutes.
    if ! RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CFLAGS_x86_64_unknown_linux_gnu="-fsanitize=address -g" \
        cargo rustc --quiet --lib --crate-type staticlib --target x86_64-unknown-linux-gnu --target-dir "$target/asan"
    then
        echo "storm: libferry does not build with AddressSanitizer" >&2
        exit 1
    fi
    $cc $flags -fsanitize=address tests/storm/storm.c "$target/asan/x86_64-unknown-linux-gnu/debug/libferry.a" \
        -lpthread -ldl -lm -o "$work/storm-asan"
    ASAN_OPTIONS=detect_leaks=1:halt_on_error=1:detect_stack_use_after_return=1 "$work/storm-asan" "$port" "$tasks" "$seed"
}

start_server
for mode in $modes; do
    case $mode in
    plain) check "the storm in C, $tasks tasks" plain ;;
    valgrind)
        if command -v valgrind >/dev/null; then
            check "the storm in C under valgrind" valgrind_memcheck
        else
            skip "the storm in C under valgrind" "it is not installed"
        fi
        ;;
    asan)
        if has_asan; then
            check "the storm in C with AddressSanitizer and LeakSanitizer" asan
        else
            skip "the storm in C with AddressSanitizer" "$cc has none, or this is not x86-64 Linux"
        fi
        ;;
    *)
        echo "storm: no such way to run it: $mode" >&2
        exit 2
        ;;
    esac
done
report_end
