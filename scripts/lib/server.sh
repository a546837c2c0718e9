# shellcheck shell=bash
# Servers that a script starts.

# url_of PID LOG: where the program with that process id serves, as it says in its log.
# Waits for up to two minutes: under valgrind it takes long.
url_of() {
	local pid=$1 log=$2 url
	for _ in {1..1200}; do
		if url=$(grep --only-matching --max-count 1 'https\?://127\.0\.0\.1:[0-9]*' "$log" 2>/dev/null); then
			printf '%s\n' "$url"
			return
		fi
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	fail "the program did not start:" "$(tail -5 "$log")"
}
