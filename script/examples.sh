#!/bin/sh
# Builds the examples as a host would: against an installed ferry (target/stage), by their own Makefile.
set -eu
cd "$(dirname "$0")/.."
target=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)
PREFIX=$target/stage DESTDIR= LIBDIR= INCLUDEDIR= script/install.sh
PKG_CONFIG_PATH=$target/stage/lib/pkgconfig make --no-print-directory -C examples-c \
  BUILD="$target/examples-c" CFLAGS="-O2 -Werror"
