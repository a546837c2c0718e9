# shellcheck shell=bash
# What an earlier run of set-up found, so that the next one need not look again.
# A stamp holds for these scripts, this minimum Rust and this PATH, as long as
# every file that it names is still there.

stamp_files=()

# found FILE: the outcome rests on this file.
found() { stamp_files+=("$1"); }

minimum_rust() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

stamp_key() {
	{
		cat scripts/setup scripts/lib/*.sh
		minimum_rust
		printf '%s\n' "$PATH" "${SPINDRIFT_POSTGRES_BIN:-}" "${RUSTUP_TOOLCHAIN:-}"
	} | cksum
}

stamp_is_fresh() {
	local stamp=target/setup/$1.stamp key file
	[[ -f $stamp ]] || return 1
	{
		read -r key
		[[ $key == "$(stamp_key)" ]] || return 1
		while read -r file; do
			[[ -e $file ]] || return 1
		done
	} <"$stamp"
}

stamp_write() {
	local stamp=target/setup/$1.stamp
	{
		stamp_key
		printf '%s\n' "${stamp_files[@]}"
	} >"$stamp.new"
	mv "$stamp.new" "$stamp"
}
