# shellcheck shell=bash
# Everything that is not Rust, one function each. Each looks first.

need_c_compiler() {
	if ! compiles_c; then
		apt_install "C compiler" "some Rust libraries contain C, and Rust links by it" \
			"Install one (on macOS: xcode-select --install), then run 'make setup' again." gcc libc6-dev
		compiles_c || still_missing "the C compiler" gcc libc6-dev
	fi
	found "$(command -v cc)"
	ok "C compiler" "$(command -v cc)"
}

# A compiler without the C library's headers is of no use.
compiles_c() {
	command -v cc >/dev/null || return 1
	printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' |
		cc -x c -o target/setup/c-check - >>target/setup/log 2>&1 && rm target/setup/c-check
}

# librdkafka, the Kafka client, is built from source with the system's OpenSSL.
need_kafka_client() {
	if ! can_build_kafka_client; then
		apt_install "Kafka client" "is built from source, and speaks TLS by the system's OpenSSL" \
			"Install make, a C++ compiler, pkg-config and OpenSSL's headers (on macOS: brew install pkg-config openssl@3), then run 'make setup' again." \
			make g++ pkg-config libssl-dev
		can_build_kafka_client || still_missing "what the Kafka client is built with" make g++ pkg-config libssl-dev
	fi
	found "$(command -v pkg-config)"
	ok "Kafka client" "OpenSSL $(pkg-config --modversion openssl) ($(command -v make), $(command -v c++))"
}

can_build_kafka_client() {
	command -v make >/dev/null && command -v c++ >/dev/null && command -v pkg-config >/dev/null &&
		pkg-config --exists openssl
}

# The newest server there is. `spindrift` looks in the same places.
postgresql_folder() {
	local folder
	for folder in "${SPINDRIFT_POSTGRES_BIN:-}" \
		$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5nr) \
		"$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
		if [[ -x $folder/postgres && -x $folder/initdb ]]; then
			printf '%s\n' "$folder"
			return
		fi
	done
}

need_postgresql() {
	if [[ -z $(postgresql_folder) ]]; then
		local hint="Install its server, version 15 or newer, then run 'make setup' again."
		local conf=/etc/postgresql-common/createcluster.conf
		# Debian's package starts a server for the whole machine. Spindrift starts
		# its own, so a machine that had none is told not to.
		if [[ ! -e $conf ]]; then
			apt_install PostgreSQL "is the database (first the part that can be told to start no server by itself)" \
				"$hint" postgresql-common
			may_be_root sed -i 's/^#create_main_cluster = true/create_main_cluster = false/' "$conf"
			as_root sed -i 's/^#create_main_cluster = true/create_main_cluster = false/' "$conf"
		fi
		apt_install PostgreSQL "is the database; Spindrift starts one of its own, in its state folder" \
			"$hint" postgresql
	fi
	found "$(postgresql_folder)/postgres"
	ok PostgreSQL "$("$(postgresql_folder)/postgres" --version) ($(postgresql_folder))"
}

need_jq() {
	command -v jq >/dev/null ||
		apt_install jq "reads JSON in scripts that the tests run" "Install it, then run 'make setup' again." jq
	found "$(command -v jq)"
	ok jq "$(command -v jq)"
}

# The server alone: the package that starts one for the whole machine is another.
need_mariadb() {
	can_start_mariadb ||
		apt_install MariaDB "is the MySQL that the tests start" \
			"Install its server, then run 'make setup' again." mariadb-server-core mariadb-client-core
	can_start_mariadb || still_missing MariaDB mariadb-server-core mariadb-client-core
	found "$(server_program mariadbd)"
	ok MariaDB "$(server_program mariadbd)"
}

# The last is what mariadb-install-db calls.
can_start_mariadb() {
	[[ -n $(server_program mariadbd) ]] && command -v mariadb-install-db >/dev/null &&
		command -v my_print_defaults >/dev/null
}

# server_program NAME: where it is; the tests look in the same places.
server_program() {
	local folder
	for folder in "$(dirname "$(command -v "$1" || echo "/nowhere/$1")")" /usr/sbin /usr/local/sbin /sbin; do
		if [[ -x $folder/$1 ]]; then
			printf '%s\n' "$folder/$1"
			return
		fi
	done
}

need_mosquitto() {
	[[ -n $(server_program mosquitto) ]] ||
		apt_install_unstarted mosquitto.service Mosquitto "is the MQTT broker that the tests start" \
			"Install it, then run 'make setup' again." mosquitto
	found "$(server_program mosquitto)"
	ok Mosquitto "$(server_program mosquitto)"
}

need_redis() {
	[[ -n $(server_program redis-server) ]] ||
		apt_install_unstarted redis-server.service Redis "is the server that tests of messages start" \
			"Install its server, then run 'make setup' again." redis-server
	found "$(server_program redis-server)"
	ok Redis "$(server_program redis-server)"
}

# As apt_install, of a package that starts a server for the whole machine: a machine that
# had none gets none.
apt_install_unstarted() {
	local unit=$1
	shift
	if ! [[ -d /run/systemd/system ]]; then
		apt_install "$@"
		return
	fi
	may_be_root systemctl mask "$unit"
	logged as_root systemctl mask "$unit"
	apt_install "$@"
	logged as_root systemctl unmask "$unit"
	logged as_root systemctl disable "$unit"
}

need_shellcheck() {
	command -v shellcheck >/dev/null ||
		apt_install shellcheck "checks the scripts" "Install it, then run 'make setup' again." shellcheck
	found "$(command -v shellcheck)"
	ok shellcheck "$(command -v shellcheck)"
}

# Apache Kafka, which the event tests start, runs on Java 17 or newer.
need_java() {
	java_is_new_enough ||
		apt_install Java "runs Kafka in the tests" \
			"Install a runtime, version 17 or newer, then run 'make setup' again." default-jre-headless
	java_is_new_enough || fail "Java 17 or newer is needed by Kafka in the tests; this is $(java_version)." \
		"Install a newer one and put it first on PATH, then run 'make setup' again."
	found "$(command -v java)"
	ok Java "$(java_version) ($(command -v java))"
}

java_version() { java -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p'; }

java_is_new_enough() { command -v java >/dev/null && at_least "$(java_version)" 17; }

need_maven() {
	command -v mvn >/dev/null ||
		apt_install Maven "fetches Kafka for the tests" "Install it, then run 'make setup' again." maven
	found "$(command -v mvn)"
	ok Maven "$(command -v mvn)"
}

# What Debian 12 has is new enough for the modules that tests/registry names.
need_go() {
	go_is_new_enough ||
		apt_install Go "builds the image registry that the tests start" \
			"Install it, version 1.19 or newer, then run 'make setup' again." golang-go
	go_is_new_enough || fail "Go 1.19 or newer is needed by the image registry in the tests; this is $(go_version)." \
		"Install a newer one and put it first on PATH, then run 'make setup' again."
	found "$(command -v go)"
	ok Go "$(go_version) ($(command -v go))"
}

go_version() { GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//'; }

go_is_new_enough() { command -v go >/dev/null && at_least "$(go_version)" 1.19; }

# python-dateutil is what recurrence is compared with. Debian's package belongs to
# Debian's Python, which need not be the first one on PATH.
need_dateutil() {
	[[ -n $(python_with_dateutil) ]] ||
		apt_install python-dateutil "is what recurrence is compared with in the tests" \
			"Install it for Python 3.9 or newer (pip install python-dateutil tzdata), then run 'make setup' again." \
			python3-dateutil tzdata
	[[ -n $(python_with_dateutil) ]] || still_missing python-dateutil python3-dateutil tzdata
	found "$(python_with_dateutil)"
	ok python-dateutil "$(python_with_dateutil)"
}

# The test looks in the same places.
python_with_dateutil() {
	local python
	for python in "$(command -v python3)" /usr/bin/python3; do
		if [[ -x $python ]] &&
			"$python" -c 'import dateutil, zoneinfo; zoneinfo.ZoneInfo("Europe/Brussels")' 2>/dev/null; then
			printf '%s\n' "$python"
			return
		fi
	done
}

# Counts instructions.
need_valgrind() {
	command -v valgrind >/dev/null ||
		apt_install valgrind "counts the instructions of a request" \
			"Install it, then run 'make setup' again." valgrind
	found "$(command -v valgrind)"
	ok valgrind "$(command -v valgrind)"
}

need_wrk() {
	command -v wrk >/dev/null ||
		apt_install wrk "makes the load of the benchmarks" "Install it, then run 'make setup' again." wrk
	found "$(command -v wrk)"
	ok wrk "$(command -v wrk)"
}

# Merges what counters saw. It has to be of the compiler's own version.
need_llvm_tools() {
	local folder
	folder=$(rustc --print sysroot)/lib/rustlib/$(rustc --version --verbose | sed -n 's/^host: //p')/bin
	if [[ ! -x $folder/llvm-profdata ]]; then
		doing "LLVM tools" "merge the profile that the compiler optimizes by: rustup component add llvm-tools"
		logged rustup component add llvm-tools ||
			fail "rustup could not add llvm-tools; the lines above say why." \
				"Without rustup there is no such profile: build with 'make build PROFILE=dist'."
	fi
	found "$folder/llvm-profdata"
	ok "LLVM tools" "$folder"
}

# The yardstick: `wasmtime serve` of the very engine that Spindrift embeds, with
# what serving takes and nothing that would only lengthen the build.
need_wasmtime() {
	local version folder=target/tools/wasmtime
	version=$(sed -n 's/^wasmtime = { version = "\([^"]*\)".*/\1/p' Cargo.toml)
	if [[ $("$folder/bin/wasmtime" --version 2>/dev/null) != "wasmtime $version"* ]]; then
		doing wasmtime "is what the benchmarks compare with: cargo install wasmtime-cli $version (several minutes)"
		# Under another name until it is whole, and optimized as what it is compared with.
		rm -rf "$folder.new"
		CARGO_PROFILE_RELEASE_LTO=thin CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 logged cargo install --locked --version "$version" --root "$folder.new" --no-default-features \
			--features run,serve,compile,component-model-async,cranelift,parallel-compilation,pooling-allocator,logging \
			wasmtime-cli ||
			fail "building wasmtime-cli did not work; the lines above say why."
		rm -rf "$folder"
		mv "$folder.new" "$folder"
	fi
	found "$folder/bin/wasmtime"
	ok wasmtime "$("$folder/bin/wasmtime" --version) ($folder/bin)"
}

# The Python peer of the benchmarks, from PyPI into a folder of its own.
need_fastapi() {
	local wanted=tests/bench/fastapi/requirements.txt folder=target/tools/fastapi
	if ! cmp -s "$wanted" "$folder/requirements.txt"; then
		python3 -c 'import ensurepip, venv' 2>/dev/null ||
			apt_install python3-venv "makes the folder of the Python peer" \
				"Install it, then run 'make bench' again." python3-venv
		doing fastapi "is what the benchmarks compare with: pip install -r $wanted"
		rm -rf "$folder"
		logged python3 -m venv "$folder"
		logged "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" ||
			fail "installing FastAPI did not work; the lines above say why."
		cp "$wanted" "$folder/requirements.txt"
	fi
	found "$folder/bin/uvicorn"
	ok fastapi "$("$folder/bin/uvicorn" --version)"
}

need_perf() {
	command -v perf >/dev/null ||
		apt_install perf "sees where the processor's time goes" "Install it, then run 'make profile' again." \
			linux-perf
	found "$(command -v perf)"
	ok perf "$(command -v perf)"
}

# Draws the flame graphs.
need_inferno() {
	local version=0.12.8 folder=target/tools/inferno
	if ! [[ -x $folder/bin/inferno-flamegraph ]]; then
		doing inferno "draws the flame graph: cargo install inferno $version"
		logged cargo install --locked --version "$version" --root "$folder" inferno ||
			fail "building inferno did not work; the lines above say why."
	fi
	found "$folder/bin/inferno-flamegraph"
	ok inferno "$folder/bin"
}
