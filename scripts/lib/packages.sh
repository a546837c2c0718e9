# shellcheck shell=bash
# Debian's and Ubuntu's packages. Elsewhere `apt_install` says what is missing
# and stops: guessing at another system's package names would do more harm.

apt_ready=false

have_apt() { command -v apt-get >/dev/null && command -v dpkg >/dev/null; }

# may_be_root COMMAND...: finds out how to become root for COMMAND before it is
# run, while a password can still be asked for; else names the command and stops.
sudo=()
may_be_root() {
	if [[ $EUID -eq 0 ]]; then return; fi
	if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; }; }; then
		sudo=(sudo)
		return
	fi
	fail "this needs root, and sudo is not there or was given no password." \
		"Run this as root, then 'make setup' again:" "  $*"
}

as_root() { ${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 "$@"; }

# An installation that was interrupted blocks every later one until it is
# finished; so does one that is still running, for which this waits.
finish_interrupted() {
	local said output deadline=$((SECONDS + 300))
	if [[ -z $(dpkg --audit 2>/dev/null) ]]; then return; fi
	may_be_root dpkg --configure -a
	say "  An earlier installation of packages did not come to its end; finishing it first."
	until output=$(as_root dpkg --configure -a 2>&1 </dev/null); do
		if [[ $output != *"locked by another process"* || $SECONDS -ge $deadline ]]; then
			fail "it could not be finished:" "$output" \
				"Put that right (as root: dpkg --configure -a), then run 'make setup' again."
		fi
		[[ -n ${said:-} ]] || say "  Another package manager is at work; waiting for it."
		said=yes
		sleep 1
	done
}

# Once per run, and only when something is missing: reads the lists of packages.
apt_refresh() {
	if $apt_ready; then return; fi
	may_be_root apt-get update
	finish_interrupted
	logged as_root apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 update ||
		say "  The lists of packages could not be read anew; going on with the ones that are there."
	apt_ready=true
}

# apt_candidate PACKAGE: the version that would be installed, or nothing.
apt_candidate() {
	have_apt || return 0
	apt_refresh
	LC_ALL=C apt-cache policy "$1" | sed -n 's/^  Candidate: //p' | grep -v '^(none)$' || true
}

# apt_install NAME WHY HINT PACKAGE...: HINT is for systems without apt.
apt_install() {
	local name=$1 why=$2 hint=$3
	shift 3
	have_apt || fail "$name is missing: $why." "$hint"
	doing "$name" "$why: apt-get install $*"
	may_be_root apt-get install -y --no-install-recommends "$@"
	apt_refresh
	# --no-remove: nothing of the user's makes room for what we need.
	logged as_root apt-get install -q -y --no-install-recommends --no-remove \
		-o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 "$@" ||
		fail "installing $name did not work; the lines above say why." \
			"Put it right, then run 'make setup' again."
}

# still_missing NAME PACKAGE...: the packages are installed, their files are not.
still_missing() {
	local name=$1
	shift
	fail "$name is still not usable, although its packages are installed; somebody removed files of theirs." \
		"As root: apt-get install --reinstall $*" "Then run 'make setup' again."
}
