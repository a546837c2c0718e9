//! Components that are more than a file that lies there: fetched from elsewhere, and
//! composed of dependencies.
//!
//! [`fetch()`] brings what URLs and registries have into the state folder, where it stays;
//! [`compose()`] makes one component of each that has dependencies, and puts its file in
//! the place of the source. Whoever runs components sees files, and knows of neither.

mod compose;
mod download;
mod error;
mod fetch;
mod keep;
mod link;
mod meter;

pub use compose::{compose, composed};
pub use error::Error;
pub use fetch::fetch;
pub use keep::copy;
