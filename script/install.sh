#!/bin/sh
# Installs header, libraries, pkg-config files and CMake package. PREFIX (/usr/local), LIBDIR and INCLUDEDIR say where
# they will be used, DESTDIR is put before all of them (for packagers).
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}/release
prefix=${PREFIX:-/usr/local}
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
libdir=${LIBDIR:-$prefix/lib}
includedir=${INCLUDEDIR:-$prefix/include}
destdir=${DESTDIR:-}

script/lib.sh
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
series=${version%.*}

# -lgcc_s is left to the compiler, which knows whether it links statically.
private_libs=$(tr ' ' '\n' <"$target/native-static-libs" | grep -v '^-lgcc_s$' | awk 'NF && !seen[$0]++' | paste -sd ' ' -)

case $(uname -s) in
Darwin) shared=libferry.dylib soname='@rpath/libferry.dylib' built=libferry.dylib ;;
*) shared=libferry.so.$version soname=libferry.so.0 built=libferry.so ;;
esac

fill() {
  sed -e "s|@PREFIX@|$prefix|" -e "s|@LIBDIR@|$libdir|" -e "s|@INCLUDEDIR@|$includedir|" \
    -e "s|@VERSION@|$version|" -e "s|@VERSION_SERIES@|$series|" -e "s|@PRIVATE_LIBS@|$private_libs|" \
    -e "s|@PRIVATE_LIBS_LIST@|$(echo "$private_libs" | tr ' ' ';')|" \
    -e "s|@SHARED_FILE@|$shared|" -e "s|@SONAME@|$soname|" -e "s|@INCLUDEDIR_FROM_CMAKE@|$include_from_cmake|" \
    "packaging/$1.in" >"$2/$1"
  chmod 644 "$2/$1"
}

# Both under the prefix: relative, so that the folder may be moved.
case $libdir:$includedir in
"$prefix/lib:$prefix/include") include_from_cmake=../../../include ;;
*) include_from_cmake=$includedir ;;
esac

lib=$destdir$libdir
install -d "$destdir$includedir" "$lib/pkgconfig" "$lib/cmake/ferry"
install -m 644 include/ferry.h "$destdir$includedir/ferry.h"
install -m 755 "$target/$built" "$lib/$shared"
if [ "$shared" != "$built" ]; then
  ln -sf "$shared" "$lib/$soname"
  ln -sf "$soname" "$lib/$built"
fi
install -m 644 "$target/libferry.a" "$lib/libferry.a"
fill ferry.pc "$lib/pkgconfig"
fill ferry-static.pc "$lib/pkgconfig"
fill ferry-config.cmake "$lib/cmake/ferry"
fill ferry-config-version.cmake "$lib/cmake/ferry"
echo "ferry $version is in $destdir$prefix"
