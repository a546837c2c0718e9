//! `docs/compatibility.md`: what of Spin there is, and what differs, each with the test
//! that shows it.

use std::fmt::Write as _;
use std::fs;

use anyhow::ensure;
use spindrift_tests::workspace;

use crate::Result;

/// What there is, and how.
struct Row {
    what: &'static str,
    version: &'static str,
    says: &'static str,
    /// `module::function` of this suite.
    test: &'static str,
}

const fn row(
    what: &'static str,
    version: &'static str,
    says: &'static str,
    test: &'static str,
) -> Row {
    Row {
        what,
        version,
        says,
        test,
    }
}

const INTERFACES: &[Row] = &[
    row(
        "`wasi:http` handler",
        "0.3",
        "works",
        "examples::hello_greets",
    ),
    row(
        "`wasi:http` incoming handler",
        "0.2",
        "works",
        "older::a_wasi_0_2_component_has_its_variables_and_its_store",
    ),
    row(
        "`wasi:http` requests to others",
        "0.3",
        "works",
        "capabilities::other_hosts_are_reached_when_allowed_and_the_denial_says_how",
    ),
    row(
        "`wasi:cli` environment, arguments, exit",
        "0.2, 0.3",
        "works",
        "capabilities::the_environment_is_what_was_granted_and_nothing_of_the_process_s",
    ),
    row(
        "`wasi:cli` standard output and error",
        "0.2, 0.3",
        "lines of the log, under the function's name",
        "hostile::what_a_function_prints_is_logged_under_its_name",
    ),
    row(
        "`wasi:sockets` by TCP",
        "0.2, 0.3",
        "works towards `tcp://host:port` and `*://host:port` of `allowed_outbound_hosts`; a component's sockets are as many as its `outbound_requests`",
        "sockets::a_server_that_is_allowed_is_reached_by_tcp_and_the_denial_says_how",
    ),
    row(
        "`wasi:sockets` by UDP",
        "0.2, 0.3",
        "works towards `udp://host:port` and `*://host:port`; what comes from elsewhere is dropped",
        "sockets::datagrams_go_to_whom_they_may_and_come_from_nobody_else",
    ),
    row(
        "`wasi:sockets` lookup of names",
        "0.2, 0.3",
        "works for names that sockets may reach",
        "sockets::a_name_that_is_allowed_is_looked_up_and_its_addresses_are_reached",
    ),
    row(
        "`wasi:sockets` listening",
        "0.2, 0.3",
        "refused: functions are called by triggers",
        "sockets::nobody_listens",
    ),
    row(
        "`wasi:clocks`, `wasi:random`",
        "0.2, 0.3",
        "works",
        "capabilities::randomness_is_random_and_clocks_go",
    ),
    row(
        "`wasi:filesystem`",
        "0.2, 0.3",
        "reads `files`; nothing is written",
        "capabilities::files_are_read_where_they_were_granted_and_nowhere_else",
    ),
    row(
        "`spin:variables`",
        "3.0",
        "works",
        "capabilities::variables_are_those_of_the_component",
    ),
    row(
        "`fermyon:spin/variables`",
        "2.0",
        "works",
        "older::a_wasi_0_2_component_has_its_variables_and_its_store",
    ),
    row(
        "`spin:key-value`",
        "3.0",
        "works; one SQLite file, others, or servers",
        "capabilities::a_store_is_open_to_whom_it_was_granted",
    ),
    row(
        "`fermyon:spin/key-value`",
        "2.0",
        "works",
        "older::a_wasi_0_2_component_has_its_variables_and_its_store",
    ),
    row(
        "`wasi:config/store`",
        "0.2.0-draft-2024-09-27",
        "works: the component's own variables",
        "older::wasi_config_tells_a_component_its_own_variables",
    ),
    row(
        "`wasi:keyvalue/store`",
        "0.2.0-draft2",
        "works, on the same stores; keys by the page",
        "older::a_bucket_is_the_store_of_its_label_to_whom_that_was_granted",
    ),
    row(
        "`wasi:keyvalue/atomics`",
        "0.2.0-draft2",
        "works",
        "older::nobody_comes_between_what_is_atomic",
    ),
    row(
        "`wasi:keyvalue/batch`",
        "0.2.0-draft2",
        "works; all keys or none",
        "older::many_keys_are_written_deleted_and_read_at_once_and_listed_by_the_page",
    ),
    row(
        "stores on servers: `redis`, and `postgres`, which Spin has not",
        "",
        "work, with every interface of stores, by the runtime configuration",
        "stores::every_interface_is_served_wherever_a_store_is",
    ),
    row(
        "keys of a store on Redis",
        "",
        "are the server's, under their own names; counters are text",
        "stores::a_store_on_redis_has_the_keys_that_the_server_has",
    ),
    row(
        "`spin:sqlite`",
        "3.0, 3.1",
        "works; a file for each label",
        "sqlite::values_come_back_as_they_went_and_survive_a_restart",
    ),
    row(
        "`fermyon:spin/sqlite`",
        "2.0",
        "works",
        "sqlite::values_come_back_as_they_went_and_survive_a_restart",
    ),
    row(
        "databases of SQLite on servers: `libsql`",
        "",
        "work, with both interfaces, by the runtime configuration; tested by the protocol, Hrana 2, against no such server",
        "libsql::a_database_on_a_server_says_what_one_in_a_file_says",
    ),
    row(
        "SQLite's ATTACH and VACUUM",
        "",
        "refused in files: they reach others",
        "sqlite::no_statement_leaves_the_database",
    ),
    row(
        "`spin:postgres`",
        "4.0 to 4.2",
        "works; connections come from pools",
        "database_leftovers::nothing_that_a_function_leaves_in_its_session_reaches_the_next",
    ),
    row(
        "`spin:postgres`",
        "3.0",
        "works, by the same pools",
        "older::version_3_of_the_postgres_interface_has_its_values_and_errors",
    ),
    row(
        "`fermyon:spin/postgres`",
        "2.0",
        "works, by the same pools",
        "older::version_2_of_the_postgres_interface_has_its_values_and_errors",
    ),
    row(
        "`fermyon:spin/llm`",
        "2.0",
        "works, by a server that speaks OpenAI's protocol; no repeat penalty and no top-k",
        "models::a_model_answers_whom_it_was_granted",
    ),
    row(
        "`spin:mysql`",
        "3.0",
        "works; connections come from pools",
        "mysql::every_type_goes_there_and_back_and_so_does_null",
    ),
    row(
        "`fermyon:spin/mysql`",
        "2.0",
        "works",
        "mysql::every_type_goes_there_and_back_and_so_does_null",
    ),
    row(
        "`spin:mqtt`",
        "3.0",
        "works",
        "mqtt::a_message_arrives_with_each_quality_of_service",
    ),
    row(
        "`fermyon:spin/mqtt`",
        "2.0",
        "works",
        "mqtt::a_message_arrives_with_each_quality_of_service",
    ),
    row(
        "`spin:redis`",
        "3.0",
        "works; functions share a connection to each server",
        "redis::every_operation_does_what_it_says_in_both_generations",
    ),
    row(
        "`fermyon:spin/redis`",
        "2.0",
        "works",
        "redis::every_operation_does_what_it_says_in_both_generations",
    ),
    row(
        "Redis' SELECT, MULTI, SUBSCRIBE, BLPOP",
        "",
        "sent on a connection of the function's own, with what it asks after them",
        "redis::what_a_function_does_to_its_connection_is_noticed_by_no_other",
    ),
    row(
        "`spin:redis/inbound-redis`",
        "3.0",
        "works, by `[[trigger.redis]]`",
        "examples::votes_are_counted_as_their_messages_come",
    ),
    row(
        "`fermyon:spin/inbound-redis`",
        "",
        "works",
        "messages::a_message_calls_its_component_with_its_bytes_and_in_its_order",
    ),
    row(
        "`fermyon:spin-cron`",
        "2.0",
        "works",
        "ticks::a_component_for_the_cron_plugin_of_spin_is_ticked",
    ),
    row(
        "triggers of `spin up`: `cron`, `kafka`",
        "Spin 3, 4",
        "work, as plugins of Spin",
        "plugins::a_locked_application_is_ticked_by_the_plugin",
    ),
    row(
        "`http://<component>.spin.internal`",
        "",
        "works; a call without a connection",
        "neighbours::a_function_reaches_the_components_that_it_is_allowed",
    ),
    row(
        "`http://self.alt`",
        "",
        "works; a call without a connection",
        "neighbours::its_own_routes_are_reached_as_from_outside",
    ),
    row(
        "headers: `spin-full-url`, `spin-path-info` and so on",
        "",
        "given to a component whose code has the name of one; to all others by `added_headers = \"all\"`",
        "routing::a_function_that_names_no_added_header_is_given_what_its_caller_sent",
    ),
    row(
        "`--runtime-config-file`",
        "",
        "stores, databases, variables, models, `client_tls`, `outbound_http` and `block_networks`; the rest is refused with its line",
        "runtime_config::stores_and_databases_are_where_the_runtime_configuration_says",
    ),
    row(
        "`outbound_networking.block_networks`",
        "",
        "works, for HTTP, sockets, PostgreSQL, MySQL, Redis and MQTT, after names are looked up",
        "sockets::a_network_that_is_blocked_is_out_of_reach_of_every_interface",
    ),
    row(
        "`outbound_networking.max_socket_connections`",
        "",
        "works: sockets of all components; one more is refused; `max_total_connections` is refused by its line",
        "sockets::as_many_sockets_are_open_as_the_process_may_have",
    ),
    row(
        "`client_tls`",
        "",
        "works, for requests by HTTPS; files are read at the start; `ca_use_platform_roots` is refused",
        "client_tls::a_certificate_is_shown_by_its_components_to_its_hosts_alone",
    ),
    row(
        "`outbound_http`: `max_connections`, `max_concurrent_requests`",
        "",
        "work",
        "limits::requests_of_all_components_wait_beyond_the_number_of_the_process",
    ),
    row(
        "`outbound_http.connection_pooling`",
        "",
        "works; connections are kept for 30 s, for each component its own",
        "pooling::requests_one_after_another_use_one_connection",
    ),
    row(
        "`variables_provider` of `type = \"vault\"`",
        "",
        "works, with KV version 2; values are read at the start; tested by the protocol, against no Vault",
        "vault::variables_come_from_vault_and_what_it_has_not_from_the_next",
    ),
    row(
        "components from URLs: `source = { url, digest }`",
        "",
        "work; fetched once, and kept",
        "sources::a_component_of_a_url_is_fetched_once",
    ),
    row(
        "components from registries: `source = { registry, package, version }`",
        "",
        "work; one version, for ranges are refused",
        "sources::a_component_of_a_package_is_fetched_once",
    ),
    row(
        "`dependencies` of files, URLs and registries",
        "Spin 3",
        "work; composed by `spindrift build`",
        "sources::a_component_calls_its_dependency_which_has_its_grants",
    ),
    row(
        "`dependencies_inherit_configuration`",
        "Spin 3",
        "must be `true` where a dependency imports anything of the host",
        "sources::a_dependency_that_asks_the_host_must_be_let",
    ),
    row(
        "private routes",
        "",
        "works",
        "routing::a_private_route_is_nobody_s",
    ),
    row(
        "`static_response`",
        "",
        "works",
        "routing::a_static_response_needs_no_function",
    ),
    row(
        "`spin-*` headers of a request",
        "",
        "works",
        "routing::a_function_is_told_how_it_was_called_and_nobody_can_forge_it",
    ),
];

const DIFFERENCES: &[Row] = &[
    row(
        "a transaction that a function left open",
        "PostgreSQL",
        "is rolled back before anybody else writes",
        "database_leftovers::nothing_that_a_function_leaves_in_its_session_reaches_the_next",
    ),
    row(
        "a transaction that a function left open",
        "SQLite",
        "the same",
        "sqlite::a_transaction_ends_with_its_request",
    ),
    row(
        "a transaction that a function left open",
        "SQLite on a server",
        "the same; connections are closed with their request",
        "libsql::a_transaction_on_a_server_ends_with_its_request",
    ),
    row(
        "a transaction that a function left open",
        "MySQL",
        "the same; settings, locks and the database in use go with it",
        "mysql::nothing_that_a_function_leaves_in_its_session_reaches_the_next",
    ),
    row(
        "a server that goes away",
        "the Redis trigger",
        "is listened to again when it is back",
        "messages::a_server_that_comes_back_is_listened_to_again",
    ),
    row(
        "a loop",
        "",
        "ends with its processor time, and with its caller; others go on",
        "hostile::neighbours_and_later_requests_go_on_beside_every_mischief",
    ),
    row(
        "a loop, and SIGTERM",
        "",
        "the loop ends, then the process",
        "connections::a_function_in_a_loop_does_not_hold_up_a_stop",
    ),
    row(
        "an exit or a trap",
        "",
        "fails its own request alone",
        "reuse::an_instance_that_failed_serves_no_further_request",
    ),
    row(
        "SIGTERM",
        "",
        "lets requests under way end",
        "durability::a_stop_lets_a_slow_request_end",
    ),
    row(
        "too many requests",
        "for a function",
        "wait in its queue, then 503 with `Retry-After`",
        "limits::a_function_with_one_turn_queues_one_and_refuses_the_rest",
    ),
    row(
        "TLS",
        "",
        "a silent caller holds up nobody; HTTP/2; new certificates without a restart",
        "tls::who_says_nothing_holds_up_nobody_else_and_is_let_go",
    ),
    row(
        "no descriptors left",
        "",
        "accepting goes on when some are closed",
        "connections::out_of_descriptors_it_goes_on_and_recovers",
    ),
];

const BOUNDS: &[Row] = &[
    row(
        "time for a request's head, and idle time",
        "`--header-timeout`",
        "30 s",
        "connections::who_is_slow_with_a_head_is_let_go_and_so_is_who_says_nothing_more",
    ),
    row(
        "connections",
        "`--max-connections`",
        "10,000",
        "connections::beyond_their_number_connections_wait_for_one_another",
    ),
    row(
        "requests on a connection",
        "`--max-requests-per-connection`",
        "100,000",
        "connections::a_connection_ends_after_its_number_of_requests",
    ),
    row(
        "a request's body",
        "`request_body`",
        "2 MiB",
        "limits::a_body_may_be_as_large_as_its_function_s_limit",
    ),
    row(
        "sockets of a component",
        "`outbound_requests`",
        "64",
        "sockets::as_many_sockets_are_open_as_a_component_s_limit",
    ),
    row(
        "what a request prints",
        "`log`",
        "256 KiB",
        "limits::what_a_request_prints_beyond_its_limit_is_left_out",
    ),
];

fn section(text: &mut String, heading: &str, columns: [&str; 3], rows: &[Row]) {
    let [what, version, says] = columns;
    // Writing into a String cannot fail.
    _ = writeln!(
        text,
        "\n## {heading}\n\n| {what} | {version} | {says} | test |\n|---|---|---|---|"
    );
    for row in rows {
        _ = writeln!(
            text,
            "| {} | {} | {} | `{}` |",
            row.what, row.version, row.says, row.test
        );
    }
}

fn document() -> String {
    let mut text = "# Compatibility with Spin\n\n\
        Written by the test suite (`tests/e2e/compatibility.rs`): each line names the test that shows it.\n"
        .to_owned();
    section(
        &mut text,
        "What there is",
        ["interface", "version", "here"],
        INTERFACES,
    );
    section(
        &mut text,
        "What Spin 4.1 does otherwise",
        ["when", "of what", "here"],
        DIFFERENCES,
    );
    section(
        &mut text,
        "Bounds that Spin has not",
        ["of what", "set by", "default"],
        BOUNDS,
    );
    text.push_str(
        "\n## What there is not\n\n\
         An `mqtt` trigger, dependencies on other components of the application, \
         relative URLs in requests (write `http://self.alt/...`). What a manifest asks of these is an error with its \
         line and what to do instead; a component that imports one is refused by name before anything \
         starts.\n\n\
         Spin's world for Python, `spin:up/http-trigger@4.1.0`, imports a draft of WASI 0.3 and \
         `fermyon:spin/postgres` 2.0, whether a function uses them or not. Neither is here: \
         `spindrift new --language python` has its build leave them out, by `wit/world.wit`.\n",
    );
    text
}

#[test]
fn the_document_says_what_is_tested() -> Result {
    let file = workspace().join("docs/compatibility.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&file, document())?;
    }
    let written = fs::read_to_string(&file)?;
    ensure!(
        written == document(),
        "docs/compatibility.md is not what its test has: INSTA_UPDATE=always writes it"
    );
    Ok(())
}

#[test]
fn every_row_has_its_test() -> Result {
    let rows = INTERFACES.iter().chain(DIFFERENCES).chain(BOUNDS);
    for Row { test, .. } in rows {
        let (module, function) = test.split_once("::").unwrap_or((test, ""));
        let file = workspace().join(format!("tests/e2e/{module}.rs"));
        let code = fs::read_to_string(&file)?;
        ensure!(
            code.contains(&format!("async fn {function}() -> Result")),
            "there is no test {test}"
        );
    }
    Ok(())
}
