//! `postmaster.pid`: what a running server says of itself.

use std::fs;
use std::path::{Path, PathBuf};

/// The lines of `postmaster.pid` that matter here (`miscadmin.h` of PostgreSQL numbers them).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    /// Line 1: the server's process id.
    pub(super) pid: u32,
    /// Line 4: its port. Absent in the first moments.
    pub(super) port: Option<u16>,
    /// Line 8: `starting`, `ready`, `stopping`. Empty in the first moments.
    pub(super) status: String,
}

impl PidFile {
    /// Where it lies in a data folder.
    pub(super) fn path(data: &Path) -> PathBuf {
        data.join("postmaster.pid")
    }

    /// Reads it; `None` when it is not there, or not written yet.
    pub(super) fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(Self::path(data)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().collect();
        Some(Self {
            pid: lines.first()?.trim().parse().ok()?,
            port: lines.get(3).and_then(|line| line.trim().parse().ok()),
            status: lines
                .get(7)
                .map(|line| line.trim().to_owned())
                .unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_as_far_as_it_is_written() {
        let whole = "4711\n/data\n1700000000\n5432\n/run\n127.0.0.1\n  9043  3\nready   \n";
        let expected = PidFile {
            pid: 4711,
            port: Some(5432),
            status: "ready".to_owned(),
        };
        assert_eq!(PidFile::parse(whole), Some(expected));
        let begun = PidFile {
            pid: 4711,
            port: None,
            status: String::new(),
        };
        assert_eq!(PidFile::parse("4711\n/data\n"), Some(begun));
        assert_eq!(PidFile::parse(""), None);
    }
}
