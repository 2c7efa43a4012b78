#!/bin/sh
# Builds the release libraries, and notes what a program that links the static one needs besides: rustc knows.
# Always through here: plain `cargo build --release` has other arguments and would link all over again.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/release"
cargo rustc --release --lib --locked -- --print="native-static-libs=$target/release/native-static-libs"
# Programs that were linked with it ask for it by this name: they run with LD_LIBRARY_PATH on this folder.
[ ! -e "$target/release/libferry.so" ] || ln -sf libferry.so "$target/release/libferry.so.0"
