#!/bin/sh
# Builds the C examples as a host would and runs each against the test server.
set -eu
cd "$(dirname "$0")/.."
. script/report.sh
. script/server.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
start_server "$work"
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
examples=$target/examples-c

rm -rf "$examples"
check "the examples build without a warning" script/examples.sh
cd "$work"

fails() { # CODE COMMAND ...: ends with that exit code
  expected=$1
  shift
  code=0
  "$@" || code=$?
  [ "$code" -eq "$expected" ] || { echo "exit code $code, not $expected"; return 1; }
}

head -c 3000000 /dev/urandom >sent
upload() {
  "$examples/upload" "$server/upload" sent note='a b=c' empty= >answer 2>told
  sum=$(sha256sum sent | cut -d' ' -f1)
  grep -q "$sum" answer
  grep -q '"value": *"a b=c"' answer
  grep -q '100 %' told
  grep -q 'HTTP 200' told
}
check "upload" upload
check "upload: a missing file fails with its errno" sh -c '
  "$1" "$2" missing 2>told; [ $? = 1 ] && grep -q "uploadFile:fail file not found (errno 1300002)" told' - "$examples/upload" "$server/upload"
check "upload: a status that is not 2xx is not success" fails 1 "$examples/upload" "$server/status/403" sent
check "upload: usage" fails 2 "$examples/upload"

download() {
  "$examples/download" "$server/bytes/3m" fetched >path 2>told
  curl -sS -o expected "$server/bytes/3m"
  cmp fetched expected
  [ "$(cat path)" = fetched ]
  grep -q '^100 %' told
  [ "$(grep -c "$(printf '\r')" told)" -eq 0 ]
}
check "download, with its bar in a pipe" download
temporary() {
  path=$("$examples/download" "$server/bytes/5")
  [ "$(wc -c <"$path")" -eq 5 ]
  rm "$path"
}
check "download to a temporary file" temporary
on_terminal() {
  # script(1) gives it a terminal; the bar is drawn in place.
  script -qec "'$examples/download' '$server/bytes/3m' fetched" /dev/null >drawn </dev/null
  grep -q "$(printf '\r')\[####" drawn
  grep -q '100 %' drawn
}
if command -v script >/dev/null; then check "download, with its bar on a terminal" on_terminal; else
  skip "download, with its bar on a terminal" "there is no script(1)"
fi
interrupted() {
  echo older >kept
  : >told
  before=$(ls -A | sort)
  "$examples/download" "$server/stall-after/64k/of/1m?gate=int" kept 2>told &
  pid=$!
  # The request is on its way when the server has seen it; control-C comes then.
  until curl -sS "$server/_requests" | grep -q gate=int; do kill -0 $pid; done
  kill -INT $pid
  fails 1 wait $pid
  grep -q 'downloadFile:fail abort (errno 603105)' told
  [ "$(cat kept)" = older ]
  # No half file beside it.
  [ "$(ls -A | sort)" = "$before" ]
}
check "download: control-C aborts and an older file stays" interrupted
check "download: usage" fails 2 "$examples/download"

many() {
  mkdir -p many
  "$examples/many" "$server/bytes/200k" many >shown
  curl -sS -o one "$server/bytes/200k"
  for file in many/*; do cmp "$file" one; done
  [ "$(ls many | wc -l)" -eq 50 ]
  grep -q '^50 of 50 arrived$' shown
  grep -q ' 10 running' shown
}
check "many" many
check "many: a refused connection fails" fails 1 "$examples/many" "http://127.0.0.1:1/" many 3

check "cancel, of a body that never ends" "$examples/cancel" "$server/stall-after/64k/of/1m?gate=cancel"
check "cancel, of a body that is quick" "$examples/cancel" "$server/bytes/5"
check "cancel: other failures do not pass" fails 1 "$examples/cancel" "http://127.0.0.1:1/"

pump() {
  "$examples/pump" "$server/bytes/1m" "$server/bytes/0" "$server/redirect-chain/3" >said
  grep -q '200, 1048576 bytes' said
  grep -q '200, 0 bytes' said
  [ "$(wc -l <said)" -eq 3 ]
}
check "pump" pump
check "pump: a line on standard input interrupts" sh -c '
  echo stop | "$1" "$2" >said; [ $? = 1 ] && grep -q "interrupted (errno 600003)" said' - "$examples/pump" "$server/never?gate=pump"

cli() {
  rm -rf cli && mkdir cli && cd cli
  curl -sS -o expected "$server/bytes/3m"
  "$examples/ferry" down "$server/bytes/3m" "$server/bytes/5?x=a/b" -o first --profile >out 2>err
  cmp first expected
  [ "$(wc -c <5)" -eq 5 ]
  # The stages of both, in their order; nothing is drawn in a pipe.
  [ "$(grep -o '^  [a-z]* ' out | tr -d ' ' | sort -u | tr '\n' ' ')" = "connect dns queue receive send wait " ]
  [ ! -s err ]
  "$examples/ferry" up ../sent first "$server/upload" -n f -F 'k=v =w' -H 'X-Mine: yes' --json >lines
  [ "$(wc -l <lines)" -eq 2 ]
  python3 - "$(sha256sum ../sent | cut -d' ' -f1)" <<'PY'
import json, sys
results = {r["name"]: r for r in map(json.loads, open("lines"))}
sent = json.loads(results["../sent"]["data"])
assert sent["file"]["sha256"] == sys.argv[1] and sent["file"]["name"] == "f", sent
assert sent["fields"] == [{"name": "k", "value": "v =w"}], sent
assert ["X-Mine", "yes"] in sent["headers"], sent
for result in results.values():
    profile = result["profile"]
    assert result["errno"] == 0 and result["statusCode"] == 200 and result["errMsg"] == "uploadFile:ok", result
    assert profile["invokeStart"] <= profile["fetchStart"] <= profile["requestStart"] <= profile["responseEnd"], profile
PY
}
check "ferry: up and down, profile and JSON" cli
check "ferry: a server's refusal has its exit code" fails 3 "$examples/ferry" down "$server/status/404" -o refused
check "ferry: a failure has its exit code" fails 1 "$examples/ferry" down "http://127.0.0.1:1/" -o failed
check "ferry: usage" fails 2 "$examples/ferry" down
cli_interrupted() {
  "$examples/ferry" down "$server/stall-after/64k/of/1m?gate=cli" -o never 2>told &
  pid=$!
  until curl -sS "$server/_requests" | grep -q gate=cli; do kill -0 $pid; done
  kill -INT $pid
  fails 130 wait $pid
  grep -q 'downloadFile:fail abort' told
  [ ! -e never ]
}
check "ferry: control-C aborts" cli_interrupted
narrow() {
  # Twenty columns: no line of the bars may be wider, or the terminal would wrap it.
  script -qec "stty cols 20 rows 5; '$examples/ferry' down '$server/slow/20000?chunk=1000&every=20' -o slow" /dev/null >drawn </dev/null
  tr '\r' '\n' <drawn | sed 's/\x1b\[[0-9]*[AJ]//g' | grep -v 'downloadFile:ok' | awk 'length($0) > 19 { exit 1 }'
  grep -q '%' drawn
}
if command -v script >/dev/null; then check "ferry: bars on a narrow terminal" narrow; else
  skip "ferry: bars on a narrow terminal" "there is no script(1)"
fi
report_end
