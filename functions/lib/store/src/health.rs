//! Is the database there?

use crate::{Db, Error};

/// Asks the server for a sign of life.
///
/// # Errors
///
/// [`Error::Unavailable`] when there is none.
pub async fn ping(db: &Db) -> Result<(), Error> {
    db.each(None).execute("SELECT 1", Vec::new()).await?;
    Ok(())
}
