# shellcheck shell=bash
# What the scripts under infra/ share. To be sourced, with the repository as the current
# folder.

# `yes` prints what would be done and does none of it.
DRY_RUN=${DRY_RUN:-no}

die() { # MESSAGE
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	exit 1
}

# The value of KEY in [TABLE], where it is one line; nothing where there is none. A table
# without a name is the top of the file.
toml() { # FILE TABLE KEY
	awk -v table="$2" -v key="$3" '
		/^\[/ { at = $0; gsub(/^\[|\][[:space:]]*$/, "", at); next }
		at == table && index($0, key " = ") == 1 {
			value = substr($0, length(key) + 4)
			if (value ~ /^"/) { sub(/^"/, "", value); sub(/".*$/, "", value) }
			else if (value ~ /^\x27/) { sub(/^\x27/, "", value); sub(/\x27[^\x27]*$/, "", value) }
			print value
			exit
		}' "$1"
}

# The texts of a list at the top of the file, one line each in the file as in the output.
toml_list() { # FILE KEY
	awk -v key="$2" '
		index($0, key " = [") == 1 { inside = 1; next }
		inside && /^\]/ { exit }
		inside { gsub(/^[[:space:]]*"|",?[[:space:]]*(#.*)?$/, ""); print }' "$1"
}

# Runs a command, or prints it as a shell would read it.
run() { # COMMAND...
	if [[ $DRY_RUN == yes ]]; then
		local words
		printf -v words ' %q' "$@"
		printf '   %s\n' "${words# }"
	else
		"$@"
	fi
}

require_programs() { # NAME=WHERE TO GET IT...
	local each missing=()
	for each in "$@"; do
		command -v "${each%%=*}" >/dev/null || missing+=("${each%%=*} (${each#*=})")
	done
	[[ ${#missing[@]} -eq 0 ]] || die "programs are missing: $(join '; ' "${missing[@]}")"
}

# Every one of the variables is set and has the form that infra/lib/variables.toml gives
# it; else all that are wrong are named, with what they are and where they come from.
require_variables() { # NAME...
	local name what from pattern wrong=()
	for name in "$@"; do
		what=$(toml infra/lib/variables.toml "$name" what)
		from=$(toml infra/lib/variables.toml "$name" from)
		pattern=$(toml infra/lib/variables.toml "$name" pattern)
		[[ -n $what ]] || die "$name is not in infra/lib/variables.toml: describe it there"
		if [[ -z ${!name:-} ]]; then
			wrong+=("  $name is not set: $what. From: $from.")
		elif [[ ! ${!name} =~ $pattern ]]; then
			wrong+=("  $name is malformed (it has to match $pattern): $what. From: $from.")
		fi
	done
	[[ ${#wrong[@]} -eq 0 ]] || die "variables of the environment are missing or malformed:
$(printf '%s\n' "${wrong[@]}")"
}

join() { # SEPARATOR WORD...
	local separator=$1 text=$2
	shift 2
	printf '%s' "$text" "${@/#/$separator}"
	printf '\n'
}

# The application's profile of an environment.
deploy_profile() { # PROFILE
	printf 'knative/profiles/%s.toml\n' "$1"
}

# The site's name: the profile's, or the one that Knative gives to the edge.
site_host() { # PROFILE
	local file host
	file=$(deploy_profile "$1")
	host=$(toml "$file" routing host)
	if [[ -n $host ]]; then
		# The profiles come with a name that is nobody's.
		printf '%s\n' "${host/%example.com/$DOMAIN}"
	else
		printf '%s-edge.%s.%s\n' "$(toml spin.toml application name)" "$(toml "$file" '' namespace)" "$DOMAIN"
	fi
}
