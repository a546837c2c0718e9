//! A release as files: one for each object, the same each time.

mod helm;
mod kustomize;
mod role;
mod yaml;

use std::path::PathBuf;

use crate::object::Object;
use crate::release::Release;

pub use helm::helm;
pub use kustomize::kustomize;
pub use role::role;
pub use yaml::{stream, yaml};

/// A file that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the folder that is written to.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// One file for each object, named by stage, kind and name.
pub fn files(release: &Release) -> Vec<File> {
    let file = |object: &Object| File {
        path: file_name(object).into(),
        text: yaml(&object.value),
    };
    release.objects.iter().map(file).collect()
}

fn file_name(object: &Object) -> String {
    let kind = object.kind().to_ascii_lowercase();
    format!("{}-{kind}-{}.yaml", object.stage as u8 + 1, object.name())
}
