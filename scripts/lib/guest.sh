# shellcheck shell=bash
# What compiles functions for wasm32-wasip2. rustup's ready-made target is the
# short way. Where it cannot be had, Debian's compiler builds the target's
# standard library from source, which takes a minute more the first time.
# The choice goes to target/guest-toolchain/env, which
# scripts/with-guest-toolchain reads; the user's rustup is not touched.

guest_target=wasm32-wasip2
guest_folder=target/guest-toolchain

guest_library() { printf '%s/lib/rustlib/%s' "$(rustc --print sysroot)" "$guest_target"; }

# write_guest_env: the lines of standard input become the environment.
write_guest_env() {
	mkdir -p "$guest_folder"
	cat >"$guest_folder/env.new"
	mv "$guest_folder/env.new" "$guest_folder/env"
	found "$guest_folder/env"
}

need_guest_toolchain() {
	if [[ -d $(guest_library) ]] || add_rustup_target; then
		write_guest_env </dev/null
		found "$(guest_library)"
		ok "guest toolchain" "$guest_target of $(rustc --version)"
		return
	fi
	need_debian_guest_toolchain
}

add_rustup_target() {
	command -v rustup >/dev/null || return 1
	doing "guest toolchain" "compiles functions: rustup target add $guest_target"
	# A refusal is no failure yet, so it goes to the log alone.
	limited 180 rustup target add "$guest_target" >>target/setup/log 2>&1 || {
		say "  rustup could not get $guest_target here (target/setup/log says why); trying Debian's packages."
		return 1
	}
	[[ -d $(guest_library) ]]
}

debian_guest_toolchain_is_there() {
	local file
	at_least "$(rust_version /usr/bin)" "$(minimum_rust)" || return 1
	for file in "$(echo /usr/lib/rustlib/*/bin/wasm-component-ld)" /usr/bin/rust-lld \
		/usr/lib/rustlib/src/rust/library/Cargo.lock /usr/lib/wasm32-wasi/libc.a; do
		[[ -e $file ]] || return 1
	done
}

need_debian_guest_toolchain() {
	local llvm
	if ! debian_guest_toolchain_is_there; then
		at_least "$(apt_candidate rustc-web)" "$(minimum_rust)" ||
			fail "no compiler for functions: this Rust lacks the target $guest_target, and rustup could not add it." \
				"Install Rust by rustup (https://rustup.rs), run 'rustup target add $guest_target', then 'make setup' again."
		# The linker must be of the LLVM that the compiler was made with.
		llvm=$(apt-cache depends rust-web-llvm | sed -n 's/.*Depends: llvm-\([0-9]*\)$/\1/p')
		set -- rustc-web cargo-web rust-web-src rust-web-llvm "lld-$llvm" wasi-libc
		apt_install "guest toolchain" "compiles functions" "" "$@"
		debian_guest_toolchain_is_there || still_missing "the guest toolchain" "$@"
	fi
	mkdir -p "$guest_folder/bin"
	# A folder of its own, for a machine where rustup's cargo comes first on PATH.
	ln -sfn /usr/bin/cargo "$guest_folder/bin/cargo"
	ln -sfn /usr/bin/rustc "$guest_folder/bin/rustc"
	# build-std is how cargo makes a standard library; a stable compiler allows
	# it under RUSTC_BOOTSTRAP alone.
	write_guest_env <<-ENV
		export PATH=$(printf %q "$PWD/$guest_folder/bin"):"\$PATH"
		export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
		export CARGO_UNSTABLE_BUILD_STD=std,panic_abort
		export CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS="-L native=/usr/lib/wasm32-wasi"
		unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTUP_TOOLCHAIN
	ENV
	found /usr/bin/rust-lld
	found /usr/lib/wasm32-wasi/libc.a
	found /usr/lib/rustlib/src/rust/library/Cargo.lock
	ok "guest toolchain" "$guest_target by Debian's $(/usr/bin/rustc --version)"
}
