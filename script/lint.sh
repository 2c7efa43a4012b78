#!/bin/sh
# rustfmt and clippy over the whole workspace, and the scripts' syntax.
set -eu
cd "$(dirname "$0")/.."
. script/report.sh
check "rustfmt" cargo fmt --all --check
check "clippy" cargo clippy --workspace --all-targets --locked -- -D warnings
for file in script/*.sh tests/*.sh tests/*/*.sh .ci/run; do
  case $(head -n 1 "$file") in *bash) shell=bash ;; *) shell=sh ;; esac
  check "syntax of $file" "$shell" -n "$file"
done
report_end
