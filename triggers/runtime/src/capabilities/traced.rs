//! What is told of statements where their trace is recorded, by OpenTelemetry's semantic
//! conventions. Their text is not: it may hold what nobody else should read.

use spindrift_traces::{Kind, Parent, Span};

/// The span of a statement. `system` is what the conventions call the database.
pub(super) fn statement(trace: Option<&Parent>, system: &'static str, sql: &str) -> Span {
    let mut span = Span::within(trace, Kind::Client, || operation(sql));
    if span.is_recorded() {
        span.set("db.system.name", system);
        span.set("db.operation.name", operation(sql));
    }
    span
}

/// The statement has failed, with this SQLSTATE where the server said so.
pub(super) fn fail(span: &mut Span, state: Option<&str>) {
    if !span.is_recorded() {
        return;
    }
    match state {
        Some(state) => {
            span.set("db.response.status_code", state.to_owned());
            span.fail(state.to_owned());
        }
        None => span.fail("connection"),
    }
}

/// What a statement does: its first word.
fn operation(sql: &str) -> String {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic());
    word.take(1).collect::<String>().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::operation;

    #[test]
    fn the_first_word_is_what_a_statement_does() {
        for (sql, word) in [
            ("select 1", "SELECT"),
            ("\n  INSERT INTO t", "INSERT"),
            ("COMMIT;", "COMMIT"),
            ("-- nothing", ""),
            ("", ""),
        ] {
            assert_eq!(operation(sql), word, "{sql}");
        }
    }
}
