#!/bin/sh
# Gets the QuickJS source and makes a static library of it: libquickjs.a and include/quickjs.h below the folder given
# (target/quickjs). The source comes inside the crate rquickjs-sys, so cargo's own client is all that is needed; no
# copy of it is kept here. CC and CFLAGS are honoured.
set -eu
cd "$(dirname "$0")/.."
version=0.14.0
out=${1:-${CARGO_TARGET_DIR:-target}/quickjs}
compiler=${CC:-cc}
flags=${CFLAGS:--O2 -g}
mkdir -p "$out"
out=$(cd "$out" && pwd)

stamp="$version $compiler $flags"
[ -f "$out/libquickjs.a" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ] && exit 0

if [ ! -d "$out/vendor/rquickjs-sys" ] || [ "$(cat "$out/vendored" 2>/dev/null)" != "$version" ]; then
  rm -rf "$out/vendor" "$out/Cargo.lock"
  mkdir -p "$out/src"
  : >"$out/src/lib.rs"
  # A workspace of its own, or cargo would take it for a part of the project's.
  cat >"$out/Cargo.toml" <<EOF
[package]
name = "quickjs-source"
version = "0.0.0"
edition = "2021"
publish = false

[dependencies]
rquickjs-sys = "=$version"

[workspace]
EOF
  (cd "$out" && cargo vendor --quiet vendor >/dev/null)
  echo "$version" >"$out/vendored"
fi

source=$out/vendor/rquickjs-sys/quickjs
rm -rf "$out/objects" "$out/libquickjs.a"
mkdir -p "$out/objects" "$out/include"
for file in quickjs libregexp libunicode dtoa; do
  # shellcheck disable=SC2086 # lists of words
  $compiler $flags -std=gnu11 -w -D_GNU_SOURCE -c "$source/$file.c" -o "$out/objects/$file.o"
done
ar crs "$out/libquickjs.a" "$out"/objects/*.o
cp "$source/quickjs.h" "$out/include/"
cp "$source/LICENSE" "$out/"
echo "$stamp" >"$out/stamp"
