# shellcheck shell=bash
# What each instruction of a step does, or in a dry run would do. To be sourced after
# step.sh, with WORK a folder for files that are gone afterwards.

# Whose fields these are: server-side apply takes back only what this name set.
MANAGER=spindrift-platform
# How long one condition may take. A broker's volume is the slowest.
TIMEOUT=${TIMEOUT:-10m}

run_step() { # STEP
	local step=$1 verb arguments
	# What an instruction runs shall not read the instructions after it.
	while read -r verb arguments <&3; do
		# Words of an instruction are separated by blanks, and hold none.
		# shellcheck disable=SC2086
		"do_$verb" "$step" $arguments || die "the step '$step' failed at: $verb $arguments
What is there already stays. Mend the cause, and run the same command again."
	done 3< <(instructions_of "$step")
}

# The manifest's values come back where a controller or a person changed them.
APPLY=(kubectl apply --server-side --field-manager="$MANAGER" --force-conflicts)

# What follows runs under `||`, where bash does not stop at an error: each of these
# functions says by its own status whether it failed.

do_namespace() { # STEP
	apply_files "$(folder_of "$1")/namespace.yaml"
}

do_apply() { # STEP [FOLDER]
	local files
	mapfile -t files < <(manifests_of "$1" "${2:-}")
	apply_files "${files[@]}"
}

apply_files() { # FILE...
	local file
	for file in "$@"; do
		if [[ $DRY_RUN == yes ]]; then
			run "${APPLY[@]}" -f "$file"
		else
			filled_in <"$file" | "${APPLY[@]}" -f - || return
		fi
	done
}

do_file() { # STEP NAME
	run "${APPLY[@]}" -f "$(toml "$VERSIONS" "file.$2" url)"
}

# A manifest that another part of the repository keeps.
do_repository() { # STEP FILE
	run "${APPLY[@]}" -f "$2"
}

# What a program of the repository writes, with links to where that is published.
do_rendered() { # STEP PROGRAM
	if [[ $DRY_RUN == yes ]]; then
		run "$2" --repository "$REPOSITORY_URL"
		run "${APPLY[@]}" -f -
	else
		"$2" --repository "$REPOSITORY_URL" | "${APPLY[@]}" -f -
	fi
}

do_chart() { # STEP NAME NAMESPACE
	local arguments=() source
	mapfile -t source < <(source_of chart "$2")
	chart_values "$1" "$2" || return
	run helm upgrade --install "$2" "${source[@]}" --namespace "$3" \
		--wait --timeout "$TIMEOUT" "${arguments[@]}"
}

# Their CustomResourceDefinitions are larger than what Helm can keep of a release.
do_crds() { # STEP NAME
	local arguments=() source
	mapfile -t source < <(source_of crds "$2")
	chart_values "$1" "$2" || return
	if [[ $DRY_RUN == yes ]]; then
		run helm template "$2" "${source[@]}" "${arguments[@]}"
		run "${APPLY[@]}" -f -
	else
		helm template "$2" "${source[@]}" "${arguments[@]}" | "${APPLY[@]}" -f -
	fi
}

# Adds a chart's values files to the caller's `arguments`, filled in.
chart_values() { # STEP CHART
	local file files
	mapfile -t files < <(values_of "$1" "$2")
	for file in "${files[@]}"; do
		if [[ $DRY_RUN == yes ]]; then
			arguments+=(--values "$file")
		else
			filled_in <"$file" >"$WORK/${file##*/}" || return
			arguments+=(--values "$WORK/${file##*/}")
		fi
	done
}

# A Secret of the keys that follow: KEY=VARIABLE of the environment, KEY:TEXT, or
# KEY@NAMESPACE/SECRET/KEY of another Secret. Values go through pipes alone: they are in no
# argument, which `ps` would show, in no file and in no output.
do_secret() { # STEP NAMESPACE NAME KEY...
	local namespace=$2 name=$3 each source value data=''
	shift 3
	if [[ $DRY_RUN == yes ]]; then
		run "${APPLY[@]}" -f -
		printf '     Secret %s/%s of %s\n' "$namespace" "$name" "$(join ', ' "$@")"
		return
	fi
	for each in "$@"; do
		source=${each#*[=:@]}
		case $each in
			*@*) value=$(secret_value "$source") || return ;;
			*=*) value=$(printf '%s' "${!source}" | base64 | tr -d '\n') ;;
			*) value=$(printf '%s' "$source" | base64 | tr -d '\n') ;;
		esac
		data+="  ${each%%[=:@]*}: $value"$'\n'
	done
	secret_of "$namespace" "$name" "$data" | "${APPLY[@]}" -f -
}

# As it is stored: in base64.
secret_value() { # NAMESPACE/SECRET/KEY
	local namespace=${1%%/*} name=${1#*/} value
	local key=${name#*/}
	value=$(kubectl get secret "${name%%/*}" --namespace "$namespace" -o "jsonpath={.data['${key//./\\.}']}") || return
	[[ -n $value ]] || die "the Secret $namespace/${name%%/*} has no key $key"
	printf '%s\n' "$value"
}

secret_of() { # NAMESPACE NAME DATA
	printf 'apiVersion: v1\nkind: Secret\ntype: Opaque\nmetadata:\n  name: %s\n  namespace: %s\ndata:\n%s' "$@"
}

do_await() { # STEP CONDITION OBJECT [NAMESPACE]
	local where=()
	[[ -n ${4:-} ]] && where=(--namespace "$4")
	if [[ $2 == rollout ]]; then
		run kubectl rollout status "$3" "${where[@]}" --timeout "$TIMEOUT"
	else
		run kubectl wait --for "$2" "$3" "${where[@]}" --timeout "$TIMEOUT"
	fi
}

# One line for each condition of the steps; fails when one does not hold.
report_status() { # STEP...
	local step verb condition object namespace held all=0 failed=0
	for step in "$@"; do
		while read -r verb condition object namespace <&3; do
			[[ $verb == await ]] || continue
			held=no
			TIMEOUT=1s do_await "$step" "$condition" "$object" "$namespace" >/dev/null 2>&1 && held=yes
			printf '%-3s  %-24s  %s %s\n' "$held" "$step" "$object" "$condition"
			all=$((all + 1))
			[[ $held == yes ]] || failed=$((failed + 1))
		done 3< <(instructions_of "$step")
	done
	printf '%s of %s conditions hold\n' "$((all - failed))" "$all"
	[[ $failed -eq 0 ]]
}
