# shellcheck shell=bash
# Where a profile's site is reached. To be sourced after common.sh.

# Sets ADDRESS_OF to the command that prints the address which the site's name has to lead
# to: the node's where it takes the ports itself, else that of the load balancer which the
# profile's own platform, or the one it is a guest of, has in front.
address_of() { # PROFILE HOST_CLUSTER
	local steps
	steps=$(toml_list "infra/platform/profiles/${2:-$1}.toml" steps)
	if grep -qx host-port <<<"$steps"; then
		ADDRESS_OF=(kubectl get nodes -o 'jsonpath={.items[0].status.addresses[?(@.type=="ExternalIP")].address}')
	elif grep -qx gateway <<<"$steps"; then
		ADDRESS_OF=(kubectl get gateway public --namespace gateways -o 'jsonpath={.status.addresses[0].value}')
	else
		# Whoever sources this uses it.
		# shellcheck disable=SC2034
		ADDRESS_OF=(kubectl get service kourier --namespace knative-serving -o 'jsonpath={.status.loadBalancer.ingress[0].ip}')
	fi
}

# What a command prints, once it prints something. A load balancer takes a few minutes.
until_there() { # COMMAND...
	local found deadline=$((SECONDS + 600))
	while found=$("$@") && [[ -z $found ]]; do
		[[ $SECONDS -lt $deadline ]] || die "there is no address after ten minutes: $*"
		sleep 5
	done
	[[ -n $found ]] || die "cannot ask for the address: $*"
	printf '%s\n' "$found"
}
