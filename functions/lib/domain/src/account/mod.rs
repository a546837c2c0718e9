//! A person's account: who signs up, who signs in, and what they prefer.

mod credentials;
mod email;
pub mod event;
mod profile;
mod quiet_hours;
mod throttle;
mod user;

pub use credentials::{LogIn, SignUp, Transport, refresh_token};
pub use email::normalise;
pub use profile::{Digest, ProfilePatch};
pub use quiet_hours::QuietHours;
pub use throttle::{Backoff, Counter};
pub use user::User;

/// The longest name of a person, in characters.
pub const NAME_MAX: usize = 100;
