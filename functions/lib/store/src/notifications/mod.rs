//! What people are told: handlers write it down, people read it.

mod give;
mod list;

pub use give::{Recipient, forget, give, recipient, withdraw};
pub use list::{NotificationPage, list, mark_all_read, mark_read};
