//! Writing a backup.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use age::stream::StreamWriter;
use object_store::{MultipartUpload, ObjectStoreExt};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{Backup, Error, Name, Recipients, Store};

/// The size of a part. S3 takes 10,000 of them, so a backup has at most 156 GiB.
const PART: usize = 16 << 20;
/// How many parts are sent at once: with the one that fills up, all that is in memory.
const AT_ONCE: usize = 2;

/// How long parts under way may take when an upload is given up.
const GRACE: Duration = Duration::from_secs(5);

/// A backup that is being written: encrypted, and sent part by part.
///
/// Nothing of it is in the store's list before [`Self::finish`]. Who gives up calls
/// [`Self::abort`]. Where that cannot be, as after a kill, parts stay behind that are no
/// backup, until the bucket's rule for incomplete uploads removes them, or somebody does.
pub struct Upload {
    /// `None` when it was finished.
    encrypted: Option<StreamWriter<Filling>>,
    filling: Filling,
    sending: Sending,
}

impl Upload {
    /// Begins one.
    ///
    /// # Errors
    /// The store does not let us write.
    pub async fn begin(store: &Store, name: Name, recipients: &Recipients) -> Result<Self, Error> {
        let filling = Filling::default();
        let encrypted = recipients.encryptor()?.wrap_output(filling.clone());
        let upload = store.objects.put_multipart(&store.path(&name)).await;
        Ok(Self {
            encrypted: Some(encrypted.map_err(encryption)?),
            sending: Sending {
                upload: upload.map_err(store.failed(format!("write {name} to")))?,
                store: store.clone(),
                name,
                under_way: JoinSet::new(),
                size: 0,
            },
            filling,
        })
    }

    /// Takes more of what is backed up, and waits where the store is slower.
    ///
    /// # Errors
    /// A part cannot be sent.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let encrypted = self.encrypted.as_mut().ok_or_else(finished)?;
        encrypted.write_all(bytes).map_err(encryption)?;
        self.sending.parts_of(&self.filling).await
    }

    /// Sends what is left, and has the store show it as a backup. Once, and nothing after it.
    ///
    /// # Errors
    /// The store does not take it. It is no backup then.
    pub async fn finish(&mut self) -> Result<Backup, Error> {
        let encrypted = self.encrypted.take().ok_or_else(finished)?;
        encrypted.finish().map_err(encryption)?;
        self.sending.complete(&self.filling).await?;
        Ok(Backup {
            name: self.sending.name.clone(),
            size: self.sending.size,
        })
    }

    /// Gives it up, and has the store forget what it was sent.
    pub async fn abort(mut self) {
        // A part that comes after the store was told to forget may stay: those under way
        // are let come before.
        let sending = &mut self.sending.under_way;
        let come = async { while sending.join_next().await.is_some() {} };
        _ = timeout(GRACE, come).await;
        self.sending.under_way.shutdown().await;
        if let Err(cause) = self.sending.upload.abort().await {
            // What made it give up is told by whoever calls, and says more.
            tracing::debug!(error = %cause, "an upload could not be aborted");
        }
    }
}

/// What is on its way to the store.
struct Sending {
    store: Store,
    name: Name,
    upload: Box<dyn MultipartUpload>,
    under_way: JoinSet<object_store::Result<()>>,
    size: u64,
}

impl Sending {
    /// Sends all parts that are full.
    async fn parts_of(&mut self, filling: &Filling) -> Result<(), Error> {
        while let Some(part) = filling.take(PART) {
            self.send(part).await?;
        }
        Ok(())
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<(), Error> {
        while self.under_way.len() >= AT_ONCE {
            self.one_less().await?;
        }
        self.size += part.len() as u64;
        self.under_way.spawn(self.upload.put_part(part.into()));
        Ok(())
    }

    /// Waits for one of the parts that are under way.
    async fn one_less(&mut self) -> Result<(), Error> {
        let sent = self.under_way.join_next().await;
        let sent = sent.map_or(Ok(()), |sent| sent.unwrap_or_else(|lost| Err(lost.into())));
        sent.map_err(self.failed())
    }

    async fn complete(&mut self, filling: &Filling) -> Result<(), Error> {
        self.parts_of(filling).await?;
        if let Some(last) = filling.rest() {
            self.send(last).await?;
        }
        while !self.under_way.is_empty() {
            self.one_less().await?;
        }
        let completed = self.upload.complete().await;
        completed.map(drop).map_err(self.failed())
    }

    fn failed(&self) -> impl FnOnce(object_store::Error) -> Error + use<> {
        Error::store(format!("write {} to", self.name), &self.store.to_string())
    }
}

/// The part that fills up. The encryption writes to it, and has no way of giving it back.
#[derive(Clone, Default)]
struct Filling(Arc<Mutex<Vec<u8>>>);

impl Filling {
    /// `size` bytes, when there are as many.
    fn take(&self, size: usize) -> Option<Vec<u8>> {
        let mut bytes = self.lock();
        if bytes.len() < size {
            return None;
        }
        let rest = bytes.split_off(size);
        Some(mem::replace(&mut *bytes, rest))
    }

    /// All that is left, when there is anything.
    fn rest(&self) -> Option<Vec<u8>> {
        let bytes = mem::take(&mut *self.lock());
        (!bytes.is_empty()).then_some(bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        // Nothing that could panic is done while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Filling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn finished() -> Error {
    Error::Encryption("it was finished before".to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn encryption(cause: io::Error) -> Error {
    Error::Encryption(cause.to_string())
}
