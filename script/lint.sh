#!/bin/sh
# rustfmt and clippy over the whole workspace, and the scripts' syntax.
set -eu
cd "$(dirname "$0")/.."
. script/report.sh
check "rustfmt" cargo fmt --all --check
check "clippy" cargo clippy --workspace --all-targets --locked -- -D warnings
for file in script/*.sh tests/abi/*.sh .ci/run; do
  check "syntax of $file" sh -n "$file"
done
report_end
