#!/bin/sh
# `make install`, then programs outside the tree that know nothing but pkg-config or CMake; each sends and fetches a file.
set -eu
cd "$(dirname "$0")/../.."
. script/report.sh
. script/server.sh
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
start_server "$work"

prefix=$work/ferry
check "make install PREFIX=" make --no-print-directory install PREFIX="$prefix" DESTDIR=
check "make install DESTDIR=" make --no-print-directory install PREFIX=/opt/ferry DESTDIR="$work/package"
check "the package has the same files" sh -c '
  cd "$1" && find . | sort >"$3/here"; cd "$2" && find . | sort >"$3/there"; cmp "$3/here" "$3/there"' \
  - "$prefix" "$work/package/opt/ferry" "$work"
check "the package does not know where it was made" sh -c '! grep -rl "$1" "$1/package" --include=*.pc --include=*.cmake' - "$work"

mkdir "$work/out"
cp tests/abi/consumer.c "$work/out/x.c"
cd "$work/out"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
strict="-std=c99 -Wall -Wextra -Wpedantic -Werror"
head -c 1000000 /dev/urandom >sent

run() { # PROGRAM: transfers, and the file must be right
  rm -f fetched
  "$1" "$server" sent fetched
  cmp fetched expected
}
curl -sS -o expected "$server/bytes/300000" ||
  python3 -c 'import sys, urllib.request as u; u.urlretrieve(*sys.argv[1:])' "$server/bytes/300000" expected
try() { # NAME COMPILE-COMMAND PROGRAM
  check "$1: compiles" sh -c "$2"
  check "$1: transfers" run "$3"
}

# As in the documentation: what a reader types, warnings as errors besides.
try "cc with pkg-config" \
  "cc $strict \$(pkg-config --cflags ferry) x.c \$(pkg-config --libs ferry) -o shared -Wl,-rpath,$prefix/lib" ./shared
try "cc with pkg-config ferry-static" \
  "cc $strict x.c \$(pkg-config --cflags --libs ferry-static) -o linked-in" ./linked-in

if [ "$(uname -s)" = Linux ]; then
  # glibc warns that getaddrinfo wants its shared library; that is the program's choice.
  try "cc -static with pkg-config --static" \
    "cc -static \$(pkg-config --static --cflags ferry) x.c \$(pkg-config --static --libs ferry) -o static" ./static
  check "the static program needs no library" sh -c '! readelf -d static | grep NEEDED'
  check "the shared program needs libferry.so.0" sh -c 'readelf -d shared | grep -q "NEEDED.*\[libferry\.so\.0\]"'
  check "the linked-in program needs no libferry" sh -c '! readelf -d linked-in | grep "NEEDED.*ferry"'
  library=$prefix/lib/libferry.so
  check "libferry.so leads to libferry.so.0 leads to the version" sh -c '
    [ "$(readlink "$1")" = libferry.so.0 ] && [ -f "$1.0.1.0" ] && [ "$(readlink "$1.0")" = libferry.so.0.1.0 ]' - "$library"
  check "the release library exports ferry_* only" sh -c '
    nm -D --defined-only "$1" | grep -q ferry_engine_create && ! nm -D --defined-only "$1" | grep -v " ferry_"' - "$library"
  check "the release library needs the system only" sh -c '
    ! readelf -d "$1" | grep NEEDED | grep -v -E "lib(c|m|gcc_s|dl|pthread|rt|util)\.so|ld-linux"' - "$library"
fi

if command -v cmake >/dev/null; then
  mkdir cmake
  cp x.c cmake/
  cat >cmake/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.13)
project(x C)
find_package(ferry 0.1 REQUIRED)
add_executable(shared x.c)
target_link_libraries(shared PRIVATE ferry::ferry)
add_executable(static x.c)
target_link_libraries(static PRIVATE ferry::ferry-static)
CMAKE
  try "CMake" "cmake -S cmake -B built -DCMAKE_PREFIX_PATH=$prefix && cmake --build built" built/shared
  check "CMake static: transfers" run built/static
  check "CMake refuses another version" sh -c '
    sed "s/ferry 0.1/ferry 0.2/" cmake/CMakeLists.txt >new && mkdir refuse && cp x.c refuse && mv new refuse/CMakeLists.txt &&
      ! cmake -S refuse -B refused -DCMAKE_PREFIX_PATH="$1"' - "$prefix"
  check "the examples build by CMake" sh -c '
    cmake -S "$1/examples-c" -B examples -DCMAKE_PREFIX_PATH="$2" -DCMAKE_C_FLAGS=-Werror && cmake --build examples' - "$root" "$prefix"
  check "the examples build by CMake, linked in" sh -c '
    cmake -S "$1/examples-c" -B examples-in -DCMAKE_PREFIX_PATH="$2" -DFERRY_STATIC=ON && cmake --build examples-in' - "$root" "$prefix"
else
  skip "CMake" "there is no cmake"
fi
report_end
