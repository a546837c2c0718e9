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

const INTERFACES: [Row; 21] = [
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
        "works; one SQLite file",
        "capabilities::a_store_is_open_to_whom_it_was_granted",
    ),
    row(
        "`fermyon:spin/key-value`",
        "2.0",
        "works",
        "older::a_wasi_0_2_component_has_its_variables_and_its_store",
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
        "SQLite's ATTACH and VACUUM",
        "",
        "refused: they reach other files",
        "sqlite::no_statement_leaves_the_database",
    ),
    row(
        "`spin:postgres`",
        "4.0 to 4.2",
        "works; connections come from pools",
        "database_leftovers::nothing_that_a_function_leaves_in_its_session_reaches_the_next",
    ),
    row(
        "`fermyon:spin-cron`",
        "2.0",
        "works",
        "ticks::a_component_for_the_cron_plugin_of_spin_is_ticked",
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

const DIFFERENCES: [Row; 9] = [
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

const BOUNDS: [Row; 5] = [
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
        &INTERFACES,
    );
    section(
        &mut text,
        "What Spin 4.1 does otherwise",
        ["when", "of what", "here"],
        &DIFFERENCES,
    );
    section(
        &mut text,
        "Bounds that Spin has not",
        ["of what", "set by", "default"],
        &BOUNDS,
    );
    text.push_str(
        "\n## What there is not\n\n\
         MySQL, Redis, MQTT, `llm`, `wasi:keyvalue`, `wasi:config`, `wasi:sockets`, a `redis` trigger, \
         components from URLs and registries, `dependencies`, relative URLs in \
         requests (write `http://self.alt/...`). What a manifest asks of these is an error with its \
         line and what to do instead; a component that imports one is refused by name before anything \
         starts.\n",
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
    let rows = INTERFACES.iter().chain(&DIFFERENCES).chain(&BOUNDS);
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
