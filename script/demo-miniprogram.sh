#!/bin/sh
# A mini-program's script, the upload sample of the API's documentation as it is written there, over ferry: with its
# progress, where the time went, and the hash of what arrived beside that of what was sent.
set -eu
cd "$(dirname "$0")/.."
. script/server.sh
target=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)
cargo build --quiet --locked --lib
script/quickjs.sh "$target/quickjs"
make --silent -C examples-c/miniprogram TARGET="$target"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
start_server "$work"

cp tests/js/seed/upload.js "$work/"
cat >"$work/demo.js" <<'EOF'
// The sample does nothing with what the server says: this shows it.
const { uploadFile } = wx;
wx.uploadFile = (option) => uploadFile({
  ...option,
  success(result) {
    option.success(result);
    console.log(`there: ${JSON.parse(result.data).file.sha256}`);
  },
});
require('./upload.js');
EOF
head -c 50000000 /dev/urandom >"$work/photo.jpg"

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }

echo "== a mini-program uploads a photo of 50 MB"
sed 's/^/   /' tests/js/seed/upload.js
echo
"$target/miniprogram/ferry-miniprogram" "$work/demo.js" --image "$work/photo.jpg" --profile --progress-interval 20 \
  --allow http://example.weixin.qq.com --resolve "example.weixin.qq.com:80:127.0.0.1:${server##*:}" >"$work/out"
ours=$(sha256 "$work/photo.jpg")
echo
echo "here:  $ours"
cat "$work/out"
[ "there: $ours" = "$(cat "$work/out")" ] || { echo "they differ"; exit 1; }
