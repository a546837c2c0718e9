//! A person, as they see themselves.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::QuietHours;
use crate::instant::Out;

/// A person with an account, without what only sign-in may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// UUID version 7.
    pub id: Uuid,
    /// Normalised.
    pub email: String,
    /// What to call the person.
    pub name: String,
    /// A language tag (BCP 47).
    pub locale: String,
    /// The name of an IANA time zone.
    pub time_zone: String,
    /// When nothing should ring.
    pub quiet_hours: Option<QuietHours>,
    /// How often a summary is wanted: the word of [`super::Digest`].
    pub digest: String,
    /// When the account was made.
    pub created_at: Out,
    /// When the person last changed something about themselves.
    pub updated_at: Out,
}

impl User {
    /// A new person, with the preferences that everybody starts with.
    pub fn new(id: Uuid, email: String, name: String, now: DateTime<Utc>) -> Self {
        Self {
            id,
            email,
            name,
            locale: "en".into(),
            time_zone: "UTC".into(),
            quiet_hours: None,
            digest: super::Digest::Off.as_str().into(),
            created_at: Out(now),
            updated_at: Out(now),
        }
    }
}
