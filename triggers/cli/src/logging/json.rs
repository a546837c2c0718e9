//! Log records as JSON: an object on a line, with the record's fields beside its time,
//! level and target.
//!
//! There is a record for each request, and so it is written straight into the line: the
//! formatter that comes with the subscriber takes as long for it as a small function for
//! all of its work.

use std::fmt::{self, Debug, Display, Write};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The format.
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // Records of the older kind are all of one place, and say in fields where they
        // come from.
        let older = event.normalized_metadata();
        let metadata = older.as_ref().unwrap_or_else(|| event.metadata());
        let now = DateTime::<Utc>::from(SystemTime::now());
        line.write_str(r#"{"timestamp":""#)?;
        line.write_str(&now.to_rfc3339_opts(SecondsFormat::Micros, true))?;
        line.write_str(r#"","level":""#)?;
        line.write_str(metadata.level().as_str())?;
        line.write_char('"')?;
        let mut fields = Fields {
            line: &mut line,
            result: Ok(()),
        };
        event.record(&mut fields);
        fields.result?;
        line.write_str(r#","target":""#)?;
        Escaped(&mut line).write_str(metadata.target())?;
        line.write_str("\"}\n")
    }
}

/// Writes fields, each with a comma before it.
struct Fields<'a, 'b> {
    line: &'a mut Writer<'b>,
    result: fmt::Result,
}

impl Fields<'_, '_> {
    fn field(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let name = field.name();
        if self.result.is_err() || name.starts_with("log.") {
            return;
        }
        let name = name.strip_prefix("r#").unwrap_or(name);
        let line = &mut *self.line;
        self.result = line
            .write_str(",\"")
            .and_then(|()| Escaped(line).write_str(name))
            .and_then(|()| line.write_str("\":"))
            .and_then(|()| value(line));
    }

    fn text(&mut self, field: &Field, value: &dyn Display) {
        self.field(field, |line| {
            line.write_char('"')?;
            write!(Escaped(line), "{value}")?;
            line.write_char('"')
        });
    }
}

impl Visit for Fields<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.field(field, |line| match value.is_finite() {
            true => write!(line, "{value}"),
            // JSON has no number for it.
            false => line.write_str("null"),
        });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field, |line| write!(line, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, |line| write!(line, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field, |line| write!(line, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field, |line| {
            line.write_char('"')?;
            Escaped(line).write_str(value)?;
            line.write_char('"')
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.text(field, &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format_args!("{value:?}"));
    }
}

/// Writes text as it stands within a string of JSON (RFC 8259, section 7).
struct Escaped<'a, 'b>(&'a mut Writer<'b>);

fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        // Looked through to its end: that takes many bytes at a time, and hardly any text
        // has what stops it.
        if !text.bytes().fold(false, |any, byte| any | is_special(byte)) {
            return self.0.write_str(text);
        }
        let special = |c: char| u8::try_from(c).is_ok_and(is_special);
        while let Some((plain, rest)) = text.find(special).and_then(|at| text.split_at_checked(at))
        {
            self.0.write_str(plain)?;
            let mut rest = rest.chars();
            match rest.next() {
                Some('\n') => self.0.write_str("\\n")?,
                Some('\t') => self.0.write_str("\\t")?,
                Some(c) if c < ' ' => write!(self.0, "\\u{:04x}", u32::from(c))?,
                Some(c) => {
                    self.0.write_char('\\')?;
                    self.0.write_char(c)?;
                }
                None => {}
            }
            text = rest.as_str();
        }
        self.0.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::fmt::layer;
    use tracing_subscriber::prelude::*;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged meanwhile.
    fn logged(work: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let layer = layer()
            .with_writer(move || writer.clone())
            .event_format(Json);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        let bytes = written.0.lock().unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    }

    #[test]
    fn a_record_is_an_object_on_a_line() {
        let error = io::Error::other("no more");
        let error: &(dyn std::error::Error + 'static) = &error;
        let lines = logged(|| {
            tracing::info!(
                target: "http",
                path = "/a \"b\"\\\n\u{1}ä",
                status = 200_u16,
                left = -1,
                duration_ms = 0.072,
                endless = f64::INFINITY,
                whole = true,
                absent = None::<String>,
                error,
                shown = %"x\"y",
                r#type = ?Some("z\t"),
                "request {}",
                7
            );
        });
        assert_eq!(lines.matches('\n').count(), 1, "{lines}");
        let mut record: Value = serde_json::from_str(&lines).unwrap();
        let time = record["timestamp"].take();
        let time = DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
        let since = Utc::now().signed_duration_since(time);
        assert!((0..60).contains(&since.num_seconds()), "{since}");
        let expected = json!({
            "timestamp": null,
            "level": "INFO",
            "message": "request 7",
            "path": "/a \"b\"\\\n\u{1}ä",
            "status": 200,
            "left": -1,
            "duration_ms": 0.072,
            "endless": null,
            "whole": true,
            "error": "no more",
            "shown": "x\"y",
            "type": "Some(\"z\\t\")",
            "target": "http",
        });
        assert_eq!(record, expected);
    }

    #[test]
    fn what_a_record_of_the_older_kind_says_of_its_place_is_no_field() {
        // As the bridge makes it of one.
        let lines = logged(|| {
            tracing::warn!(log.target = "rumqttc::state", "said");
        });
        assert!(!lines.contains("log.target"), "{lines}");
        assert!(
            lines.contains(r#""level":"WARN","message":"said""#),
            "{lines}"
        );
    }
}
