#!/bin/sh
# Sends a real file to a real server and fetches another, through the C ABI, and shows that the bytes are the same.
set -eu
cd "$(dirname "$0")/.."
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
"$examples/upload" "$server/upload" "$file" user=demo >"$work/answer.json"
ours=$(sha256 "$file")
echo "here:  $ours  $(wc -c <"$file") bytes"
theirs=$(grep -o '"sha256": *"[0-9a-f]*"' "$work/answer.json" | head -n 1 | cut -d'"' -f4)
echo "there: $theirs"
[ "$ours" = "$theirs" ] || { echo "they differ"; exit 1; }

echo
echo "== download: 100 MiB from $server/bytes/100m"
"$examples/download" "$server/bytes/100m" "$work/by-ferry"
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
