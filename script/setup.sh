#!/bin/sh
# Installs what is missing for `build`, `test` or `bench`, by apt where that may be done, and says plainly what it
# cannot install. Asks nothing.
set -eu
purpose=${1:-build}
packages=
missing=

want() { # PACKAGE COMMAND
  command -v "$2" >/dev/null 2>&1 || {
    packages="$packages $1"
    missing="$missing $2"
  }
}

has_libclang() {
  [ -n "${LIBCLANG_PATH:-}" ] && return
  [ "$(uname -s)" != Linux ] && return
  for file in /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so* /usr/lib64/libclang*.so*; do
    [ -e "$file" ] && return
  done
  return 1
}

list() {
  packages=
  missing=
  want "gcc libc6-dev" cc
  want make make
  want cmake cmake
  want pkg-config pkg-config
  # The bindings of the TLS library are made from its headers.
  has_libclang || { packages="$packages libclang-dev" missing="$missing libclang"; }
  case $purpose in
  test | demo | bench)
    want python3 python3
    want curl curl
    ;;
  esac
  case $purpose in
  test)
    want g++ c++
    want binutils readelf
    want valgrind valgrind
    want iproute2 ip
    want nodejs node
    want npm npm
    ;;
  bench) want strace strace ;;
  esac
}

apt() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive apt-get "$@"
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "$@"
  fi
}

list
if [ -n "$packages" ] && command -v apt-get >/dev/null 2>&1 &&
  { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
  echo "installing:$packages"
  apt update -qq </dev/null || echo "the package lists could not be renewed; trying with those that are here"
  # shellcheck disable=SC2086 # a list of words
  apt install -y -qq --no-install-recommends $packages </dev/null || true
  list
fi

if ! command -v cargo >/dev/null 2>&1; then
  missing="$missing cargo(Rust)"
fi
if [ "$purpose" = test ] || [ "$purpose" = lint ]; then
  for component in fmt:rustfmt clippy:clippy; do
    cargo "${component%:*}" --version >/dev/null 2>&1 && continue
    rustup component add "${component#*:}" </dev/null 2>/dev/null || missing="$missing ${component#*:}"
  done
fi

if [ -n "$missing" ]; then
  echo "missing, and not installed:$missing" >&2
  [ -n "$packages" ] && echo "on Debian: apt-get install$packages" >&2
  # Without these nothing can be built; the rest only leaves tests out, and they say so.
  for needed in cc make cmake libclang 'cargo(Rust)'; do
    case " $missing " in *" $needed "*) exit 1 ;; esac
  done
fi
