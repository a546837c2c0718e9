# shellcheck shell=bash
# What clippy lets nobody do.

# What is denied where this compiler is used, if anything. A newer one's clippy knows
# rules that this code was never shown: its advice is printed and stops nobody.
denied() {
	local minimum
	minimum=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "${BASH_SOURCE[0]%/*}/../../Cargo.toml")
	if [[ $("$1" --version) == "rustc $minimum."* ]]; then echo warnings; fi
}
