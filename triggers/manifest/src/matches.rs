//! Which files a glob means, among a component's `files` and what its build watches.

use std::path::{Path, PathBuf};

use glob::Pattern;

use crate::app::{Build, Component};

impl Component {
    /// The files that a glob of [`FileMount::Glob`](crate::FileMount::Glob) finds below
    /// `root`, the manifest's folder, in the order of their names and without those of
    /// `exclude_files`.
    ///
    /// # Errors
    ///
    /// Which glob is malformed.
    pub fn matches(&self, root: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let compile =
            |p: &str| Pattern::new(p).map_err(|e| format!("`{p}` is not a valid glob: {e}"));
        let exclude = self
            .exclude_files
            .iter()
            .map(|p| compile(p))
            .collect::<Result<Vec<_>, _>>()?;
        compile(pattern)?;
        let full = format!("{}/{pattern}", Pattern::escape(&root.to_string_lossy()));
        let found =
            glob::glob(&full).map_err(|e| format!("`{pattern}` is not a valid glob: {e}"))?;
        Ok(found
            .filter_map(Result::ok)
            .filter(|path| path.is_file())
            .filter(|path| {
                let place = path.strip_prefix(root).unwrap_or(path);
                !exclude.iter().any(|p| p.matches_path(place))
            })
            .collect())
    }
}

impl Build {
    /// The files that the globs of `watch` find below the build's folder. A malformed
    /// glob finds none.
    pub fn watched(&self) -> Vec<PathBuf> {
        let folder = Pattern::escape(&self.workdir.to_string_lossy());
        let found = |pattern: &String| glob::glob(&format!("{folder}/{pattern}")).ok();
        let found = self.watch.iter().filter_map(found).flatten();
        found
            .filter_map(Result::ok)
            .filter(|path| path.is_file())
            .collect()
    }
}
