//! Backups of databases, kept elsewhere: in a bucket that speaks S3, or in a folder.
//!
//! A [`Store`] has backups by their [`Name`]s. An [`Upload`] encrypts what it is given and
//! sends it on, part by part, so that neither the backup nor the text of it is ever whole
//! in memory or on a disk; it is a backup when it is finished, and nothing before.
//! [`Store::open`] reads one the same way, and vouches for every byte that it hands out.
//!
//! The files are those of [age](https://age-encryption.org): the program of that name
//! opens them without this one. What is in them is nobody's business here.

mod error;
mod keys;
mod name;
mod open;
mod prune;
mod s3;
mod store;
mod upload;

pub use error::Error;
pub use keys::{Identities, Recipients};
pub use name::Name;
pub use open::Plain;
pub use prune::Pruned;
pub use store::{Backup, Store, Wanted};
pub use upload::Upload;
