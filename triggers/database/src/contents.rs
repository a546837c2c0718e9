//! What is in a backup, read from its first byte to its last.

use std::io;
use std::process::Command;

use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;

use crate::client::tool;
use crate::unpack::{Source, unpack};
use crate::{Error, find};

/// As much of a line as is looked at: rows may be as long as they like.
const LONGEST: usize = 64 << 10;

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Each table with the number of its rows.
    pub tables: Vec<(String, u64)>,
    /// The version of the server that it was taken from.
    pub server: Option<String>,
}

impl Contents {
    /// The rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Has `pg_restore` read a backup to its end and write it out as SQL, which is counted
/// and goes nowhere: no server is needed.
///
/// # Errors
/// `pg_restore` is missing or cannot read it; the source fails.
pub async fn inspect(source: Source<'_>) -> Result<Contents, Error> {
    let mut command: Command = tool(&find::clients()?, "pg_restore");
    command.arg("--file=-");
    unpack(command, source, read).await
}

async fn read(mut output: ChildStdout) -> io::Result<Contents> {
    let (mut script, mut buffer) = (Script::default(), vec![0; 256 << 10]);
    loop {
        let count = output.read(&mut buffer).await?;
        if count == 0 {
            return Ok(script.contents);
        }
        script.take(&buffer[..count]);
    }
}

/// A script of `pg_restore`, as far as it was read.
#[derive(Default)]
struct Script {
    contents: Contents,
    /// The present line, to where it is looked at.
    line: Vec<u8>,
    /// Whether the lines are the rows of the last table.
    rows: bool,
}

impl Script {
    fn take(&mut self, bytes: &[u8]) {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        // There is one piece more than there are ends of lines.
        if let Some(first) = pieces.next() {
            self.add(first);
        }
        for piece in pieces {
            self.end();
            self.add(piece);
        }
    }

    fn add(&mut self, piece: &[u8]) {
        let room = LONGEST - self.line.len();
        self.line.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn end(&mut self) {
        if self.rows {
            match self.contents.tables.last_mut() {
                Some((_, rows)) if self.line != b"\\." => *rows += 1,
                _ => self.rows = false,
            }
        } else {
            self.head();
        }
        self.line.clear();
    }

    /// A line that is no row.
    fn head(&mut self) {
        let Ok(line) = std::str::from_utf8(&self.line) else {
            return;
        };
        let copied = line.strip_prefix("COPY ");
        if let Some(table) = copied.and_then(|line| line.strip_suffix(" FROM stdin;")) {
            let name = table.split(" (").next().unwrap_or(table);
            self.contents.tables.push((name.to_owned(), 0));
            self.rows = true;
        }
        if let Some(version) = line.strip_prefix("-- Dumped from database version ") {
            let number = version.split(' ').next().unwrap_or(version);
            self.contents.server = Some(number.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "\
-- Dumped from database version 15.13 (Debian 15.13-0+deb12u1)
CREATE TABLE todo.t (n integer);
COPY todo.t (n, text) FROM stdin;
1\tCOPY x FROM stdin;
2\t\\\\.
\\.
COPY todo.\"two words\" (n) FROM stdin;
\\.
ALTER TABLE todo.t ENABLE ROW LEVEL SECURITY;
";

    #[test]
    fn tables_and_their_rows_are_counted_however_the_script_is_cut() {
        let tables = vec![
            ("todo.t".to_owned(), 2),
            ("todo.\"two words\"".to_owned(), 0),
        ];
        for size in [1, 7, SCRIPT.len()] {
            let mut script = Script::default();
            SCRIPT
                .as_bytes()
                .chunks(size)
                .for_each(|part| script.take(part));
            assert_eq!(script.contents.tables, tables, "in pieces of {size}");
            assert_eq!(script.contents.server.as_deref(), Some("15.13"));
        }
    }

    #[test]
    fn of_a_long_row_only_the_beginning_is_kept() {
        let mut script = Script::default();
        script.take(b"COPY t (n) FROM stdin;\n");
        for _ in 0..3 {
            script.take(&vec![b'x'; LONGEST]);
        }
        assert_eq!(script.line.len(), LONGEST);
        script.take(b"\n\\.\n");
        assert_eq!(script.contents.rows(), 1);
    }
}
