# For other scripts to read in: `start_server DIR` runs the test server until the script ends, and sets $server.
start_server() {
  cargo build --quiet --locked -p ferry-test-support --bin ferry-test-server
  # It ends with our end of its standard input, however the script ends; its only line is its address.
  mkfifo "$1/server-stdin" "$1/server-line"
  "${CARGO_TARGET_DIR:-target}/debug/ferry-test-server" --until-stdin-closes <"$1/server-stdin" >"$1/server-line" &
  exec 9>"$1/server-stdin"
  read -r _ server <"$1/server-line"
}
