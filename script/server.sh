# For other scripts to read in: `start_server DIR` runs the test server until the script ends, and sets $server.
start_server() {
  cargo build --quiet --locked -p ferry-test-support --bin ferry-test-server
  # Ends with our end of the fifo, however the script ends.
  mkfifo "$1/server-stdin"
  "${CARGO_TARGET_DIR:-target}/debug/ferry-test-server" --until-stdin-closes --port-file "$1/port" \
    <"$1/server-stdin" >"$1/server-line" &
  exec 9>"$1/server-stdin"
  server_pid=$!
  until [ -s "$1/port" ]; do
    kill -0 "$server_pid" 2>/dev/null || { echo "the test server did not start" >&2; return 1; }
    sleep 0.05
  done
  server=http://127.0.0.1:$(cat "$1/port")
}
