# shellcheck shell=bash
# Reads the steps of infra/platform, for the profile PROFILE. To be sourced after common.sh.

STEPS=infra/platform/steps
VERSIONS=infra/platform/versions.toml

folder_of() { # STEP
	local found
	for found in "$STEPS"/[0-9][0-9]-"$1"; do
		[[ -d $found ]] && printf '%s\n' "$found"
	done
}

is_step() { [[ -n $(folder_of "$1") ]]; }

# Names, in the order of the folders' numbers.
in_order() {
	local wanted folder
	wanted=$(cat)
	for folder in "$STEPS"/*; do
		folder=${folder##*/}
		grep -qx -- "${folder#*-}" <<<"$wanted" && printf '%s\n' "${folder#*-}"
	done
	return 0
}

all_steps() {
	local folders=("$STEPS"/*)
	folders=("${folders[@]##*/}")
	join ', ' "${folders[@]#*-}"
}

all_profiles() {
	local files=(infra/platform/profiles/*.toml)
	files=("${files[@]##*/}")
	join ', ' "${files[@]%.toml}"
}

# A step's own file for the profile goes before the one for all.
file_of() { # STEP
	local folder
	folder=$(folder_of "$1")
	if [[ -f $folder/step.$PROFILE ]]; then
		printf '%s\n' "$folder/step.$PROFILE"
	elif [[ -f $folder/step ]]; then
		printf '%s\n' "$folder/step"
	else
		die "the step '$1' is not for $PROFILE: $folder has no file 'step' or 'step.$PROFILE'"
	fi
}

summary_of() { # STEP
	sed -n '1s/^# *//p' "$(file_of "$1")"
}

instructions_of() { # STEP
	sed 's/#.*//; /^[[:space:]]*$/d' "$(file_of "$1")"
}

# The manifests in a folder of the step's, `profile` being the profile's, or those beside
# the folders; in the order of their names.
manifests_of() { # STEP [FOLDER]
	local folder
	folder=$(folder_of "$1")/manifests
	case ${2:-} in
		'') ;;
		profile) folder+=/$PROFILE ;;
		*) folder+=/$2 ;;
	esac
	[[ -d $folder ]] || die "$folder is not there"
	find "$folder" -maxdepth 1 -name '*.yaml' | sort
}

values_of() { # STEP CHART
	local folder file
	folder=$(folder_of "$1")
	for file in "$folder/$2.values.yaml" "$folder/$2.values.$PROFILE.yaml"; do
		[[ -f $file ]] && printf '%s\n' "$file"
	done
	return 0
}

# The variables that secrets, manifests and values of the steps name, once each.
variables_of() { # STEP...
	local step verb rest
	{
		printf 'DOMAIN\n'
		for step in "$@"; do
			while read -r verb rest; do
				case $verb in
					secret) grep -oE '=[A-Z_]+' <<<"$rest" | tr -d '=' || true ;;
					rendered) printf 'REPOSITORY_URL\n' ;;
					apply) manifests_of "$step" "$rest" | xargs -r cat | named ;;
					chart) values_of "$step" "${rest%% *}" | xargs -r cat | named ;;
				esac
			done < <(instructions_of "$step")
		done
	} | grep -vx 'SITE_HOST\|STAGING_HOST\|VERSION_[A-Z_]*' | sort -u
}

# The ${NAMES} in a text.
named() {
	grep -v '^ *#' | grep -oE '\$\{[A-Z_]+\}' | tr -d '{}$' || true
}

# A text with the values of the ${NAMES} in it. Names of other forms stay.
filled_in() {
	local text name value
	text=$(cat)
	for name in $(named <<<"$text" | sort -u); do
		if [[ $name == VERSION_* ]]; then
			value=$(pinned "${name#VERSION_}") || return
		else
			value=${!name}
		fi
		text=${text//"\${$name}"/"$value"}
	done
	printf '%s\n' "$text"
}

# The version of an image or operand by its name in capitals: KNATIVE_SERVING.
pinned() { # NAME
	local name=${1,,} kind version
	for kind in image operand; do
		version=$(toml "$VERSIONS" "$kind.${name//_/-}" version)
		[[ -n $version ]] && printf '%s\n' "$version" && return
	done
	die "$1 is not pinned in $VERSIONS"
}

# How Helm is told where a chart is: in a registry by its whole name, else by the
# repository beside it.
source_of() { # KIND NAME
	local repository version
	repository=$(toml "$VERSIONS" "$1.$2" repository)
	version=$(toml "$VERSIONS" "$1.$2" version)
	[[ -n $repository && -n $version ]] || die "[$1.$2] is not in $VERSIONS"
	if [[ $repository == oci://* ]]; then
		printf '%s\n' "$repository/$2" --version "$version"
	else
		printf '%s\n' "$2" --repo "$repository" --version "$version"
	fi
}

# Whether the step can be run for the profile at all: everything that it names is there.
check_step() { # STEP
	local file verb first rest
	file=$(file_of "$1") || exit
	while read -r verb first rest; do
		case $verb in
			apply) manifests_of "$1" "$first" >/dev/null ;;
			chart | crds) source_of "$verb" "$first" >/dev/null ;;
			repository | rendered) [[ -f $first ]] || die "$file: there is no $first" ;;
			namespace | file | secret | await) ;;
			*) die "$file: unknown instruction '$verb'" ;;
		esac
	done < <(instructions_of "$1")
}
