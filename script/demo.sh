#!/bin/sh
# A mini-program's upload over ferry first; then a large file goes to a real server and another comes, through the C ABI, with
# progress and the stages of each transfer, and it is shown that the bytes are the same.
set -eu
cd "$(dirname "$0")/.."
script/demo-miniprogram.sh
. script/server.sh
script/examples.sh
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
examples=$target/examples-c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
start_server "$work"

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }

echo
echo "== upload: libferry itself goes to $server/upload"
file=$target/stage/lib/libferry.a
"$examples/ferry" up "$file" "$server/upload" -F user=demo --profile >"$work/answer.json"
sed '/"sha256"/d' "$work/answer.json"
ours=$(sha256 "$file")
echo "here:  $ours  $(wc -c <"$file") bytes"
theirs=$(grep -o '"sha256": *"[0-9a-f]*"' "$work/answer.json" | head -n 1 | cut -d'"' -f4)
echo "there: $theirs"
[ "$ours" = "$theirs" ] || { echo "they differ"; exit 1; }

echo
echo "== download: 100 MiB from $server/bytes/100m"
"$examples/download" "$server/bytes/100m" "$work/by-ferry"
echo
echo "== once more, by its stages"
"$examples/ferry" down "$server/bytes/100m" -o "$work/by-ferry" --profile
if command -v curl >/dev/null; then
  curl -sS -o "$work/by-curl" "$server/bytes/100m"
else
  python3 -c 'import sys, urllib.request as u; u.urlretrieve(sys.argv[1], sys.argv[2])' "$server/bytes/100m" "$work/by-curl"
fi
echo "by ferry: $(sha256 "$work/by-ferry")"
echo "by another client: $(sha256 "$work/by-curl")"
cmp "$work/by-ferry" "$work/by-curl"

echo
echo "both files arrived whole"
