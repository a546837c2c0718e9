# shellcheck shell=bash
# How set-up talks. Everything goes to standard error, so that standard output
# stays free for what a caller may want to read.

say() { printf '%s\n' "$*" >&2; }

# ok NAME DETAIL: this is here already, or is now.
ok() { printf '  ok       %-16s %s\n' "$1" "$2" >&2; }

# doing WHAT WHY: before anything that changes the machine or takes long.
doing() { printf '  install  %-16s %s\n' "$1" "$2" >&2; }

# fail MESSAGE...: one line each, then stop.
fail() {
	printf 'setup: %s\n' "$1" >&2
	shift
	[[ $# -eq 0 ]] || printf '       %s\n' "$@" >&2
	exit 1
}

# limited SECONDS COMMAND...: as `timeout`, where there is one (macOS has none).
limited() {
	local seconds=$1
	shift
	if command -v timeout >/dev/null; then
		timeout "$seconds" "$@"
	else
		"$@"
	fi
}

# logged COMMAND...: the output goes to target/setup/log; a terminal sees the
# latest line of it pass by, and a failure shows the last lines.
logged() {
	local log=target/setup/log status=0
	printf '\n$ %s\n' "$*" >>"$log"
	if [[ -t 2 ]]; then
		"$@" 2>&1 </dev/null | tee -a "$log" | show_last_line || status=$?
	else
		"$@" >>"$log" 2>&1 </dev/null || status=$?
	fi
	if [[ $status -ne 0 ]]; then
		say "  The last lines of $log:"
		tail -n 15 "$log" | sed 's/^/    /' >&2
	fi
	return "$status"
}

show_last_line() {
	awk '{ gsub(/[[:cntrl:]]/, " "); printf "\r\033[K           %.60s", $0; fflush() }
	     END { printf "\r\033[K" }' >&2
}

# at_least VERSION MINIMUM: compares dotted numbers; a suffix after them is ignored.
at_least() {
	local have want i
	IFS=. read -r -a have <<<"${1%%[!0-9.]*}"
	IFS=. read -r -a want <<<"$2"
	for i in 0 1 2; do
		[[ ${have[i]:-0} -eq ${want[i]:-0} ]] || {
			[[ ${have[i]:-0} -gt ${want[i]:-0} ]]
			return
		}
	done
}
