# shellcheck shell=bash
# The Rust that builds the host. The choice goes to target/setup/rust.env, which
# scripts/with-rust reads: a cargo that is not first on PATH is used all the
# same, and nobody's default toolchain is changed.

rust_env=target/setup/rust.env
cargo_bin=${CARGO_HOME:-$HOME/.cargo}/bin

# rust_version FOLDER: of the rustc in it, when there is a cargo beside it.
rust_version() {
	[[ -x $1/cargo && -x $1/rustc ]] || return 0
	"$1/rustc" --version 2>/dev/null | sed 's/^rustc \([^ ]*\).*/\1/' || true
}

# use_rust FOLDER [TOOLCHAIN]: remembers the choice and takes it up in this run.
use_rust() {
	local folder=$1 toolchain=${2:-}
	{
		if [[ $(command -v cargo || true) != "$folder/cargo" ]]; then
			printf "export PATH=%q:\"\$PATH\"\n" "$folder"
		fi
		if [[ -n $toolchain ]]; then
			printf 'export RUSTUP_TOOLCHAIN=%q\n' "$toolchain"
		fi
	} >"$rust_env.new"
	mv "$rust_env.new" "$rust_env"
	# shellcheck source=/dev/null
	. "$rust_env"
	found "$folder/cargo"
	found "$folder/rustc"
	ok Rust "$(rustc --version) ($folder)"
}

# Every folder that may have a Rust, the user's first choice first.
rust_folders() {
	local cargo
	if cargo=$(command -v cargo); then dirname "$cargo"; fi
	printf '%s\n' "$cargo_bin" /usr/bin /usr/local/bin
}

# use_rustup MINIMUM: a toolchain of its own beside whatever the default is.
use_rustup() {
	local rustup
	rustup=$(PATH=$PATH:$cargo_bin command -v rustup) || return 1
	if ! "$rustup" toolchain list | grep -q "^$1[.-]"; then
		doing Rust "the host needs $1 or newer: rustup toolchain install $1"
		logged limited 900 "$rustup" toolchain install "$1" --profile minimal --no-self-update || return 1
	fi
	use_rust "$(dirname "$rustup")" "$1"
}

need_rust() {
	local minimum folder
	minimum=$(minimum_rust)
	while read -r folder; do
		if at_least "$(rust_version "$folder")" "$minimum"; then
			use_rust "$folder"
			return
		fi
	done < <(rust_folders)
	if use_rustup "$minimum"; then return; fi
	if [[ -n $(apt_candidate rustup) ]] && ! command -v rustup >/dev/null; then
		apt_install rustup "brings Rust $minimum" "" rustup ca-certificates
		if use_rustup "$minimum"; then return; fi
	elif at_least "$(apt_candidate rustc-web)" "$minimum"; then
		apt_install Rust "builds the host" "" rustc-web cargo-web ca-certificates
		use_rust /usr/bin
		return
	fi
	fail "no Rust $minimum or newer here, and none that could be installed." \
		"Install it by rustup (https://rustup.rs), then run 'make setup' again."
}

# clippy and rustfmt, for `make lint` and `make test`.
need_rust_lints() {
	if ! { cargo clippy --version && cargo fmt --version; } >/dev/null 2>&1; then
		if [[ $(command -v cargo) == /usr/bin/cargo ]] && ! command -v rustup >/dev/null; then
			apt_install "clippy, rustfmt" "check the code" "" rust-web-clippy rustfmt-web
		else
			doing "clippy, rustfmt" "check the code: rustup component add clippy rustfmt"
			logged limited 600 rustup component add clippy rustfmt ||
				fail "clippy and rustfmt are missing, and rustup could not add them." \
					"Run 'rustup component add clippy rustfmt', then 'make setup' again."
		fi
	fi
	ok "clippy, rustfmt" "$(cargo clippy --version), $(cargo fmt --version)"
}
