//! Reading a backup.

use std::io::{self, ErrorKind};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use age::{DecryptError, Decryptor};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::compat::FuturesAsyncReadCompatExt;

use crate::{Backup, Error, Identities, Name, Store};

/// How much is asked for at once. A request that breaks off is sent again for so much.
const PIECE: u64 = 8 << 20;
/// How many pieces are fetched ahead of who reads.
const AHEAD: usize = 2;

/// What an error of reading holds.
type Inner = dyn std::error::Error + Send + Sync;

/// What is in a backup, decrypted. Every byte was authenticated before it is handed out,
/// and an end that is not the backup's own is an error: what is read to its end without
/// one is what was written.
pub struct Plain {
    name: Name,
    inner: Pin<Box<dyn AsyncRead + Send>>,
}

impl Store {
    /// Opens a backup.
    ///
    /// # Errors
    /// None of the identities is one of its recipients; its head is damaged; the store
    /// does not answer.
    pub async fn open(&self, backup: &Backup, identities: &Identities) -> Result<Plain, Error> {
        let name = &backup.name;
        let pieces = pieces(Arc::clone(&self.objects), self.path(name), backup.size);
        let failing = {
            let (name, store) = (name.clone(), self.to_string());
            move |cause: object_store::Error| {
                let error = Error::store(format!("read {name} from"), &store)(cause);
                io::Error::other(error)
            }
        };
        let encrypted = pieces.map_err(failing).boxed().into_async_read();
        let decryptor = Decryptor::new_async_buffered(encrypted).await;
        let decrypted = decryptor.and_then(|file| file.decrypt_async(identities.iter()));
        let plain = decrypted.map_err(|cause| refused(name, cause))?;
        Ok(Plain {
            name: name.clone(),
            inner: Box::pin(plain.compat()),
        })
    }
}

/// The object piece by piece. When somebody replaces it meanwhile, what is read no longer
/// fits together, which the encryption notices.
fn pieces(
    objects: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
) -> impl Stream<Item = object_store::Result<Bytes>> + Send {
    let begins = (0..size).step_by(PIECE as usize);
    let fetch = move |begin: u64| {
        let (objects, path) = (Arc::clone(&objects), path.clone());
        async move { piece(&*objects, &path, begin..size.min(begin + PIECE)).await }
    };
    stream::iter(begins).map(fetch).buffered(AHEAD)
}

async fn piece(
    objects: &dyn ObjectStore,
    path: &Path,
    range: Range<u64>,
) -> object_store::Result<Bytes> {
    let options = GetOptions {
        range: Some(GetRange::Bounded(range)),
        ..GetOptions::default()
    };
    objects.get_opts(path, options).await?.bytes().await
}

/// Why a backup cannot be opened.
fn refused(name: &Name, cause: DecryptError) -> Error {
    match cause {
        DecryptError::NoMatchingKeys => Error::WrongIdentity(name.to_string()),
        DecryptError::Io(cause) => match cause.downcast::<Error>() {
            Ok(ours) => ours,
            Err(cause) => damaged(name, &cause),
        },
        other => Error::Damaged {
            name: name.to_string(),
            reason: format!("its head is not one that age wrote ({other})"),
        },
    }
}

fn damaged(name: &Name, cause: &io::Error) -> Error {
    let reason = match cause.kind() {
        ErrorKind::UnexpectedEof => "it ends too soon".to_owned(),
        _ => format!("its bytes are not those that were written ({cause})"),
    };
    Error::Damaged {
        name: name.to_string(),
        reason,
    }
}

impl AsyncRead for Plain {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(self.inner.as_mut().poll_read(context, buffer));
        Poll::Ready(read.map_err(|cause| {
            // The store's own errors say what they have to say.
            if cause.get_ref().is_some_and(<Inner>::is::<Error>) {
                return cause;
            }
            io::Error::new(cause.kind(), damaged(&self.name, &cause))
        }))
    }
}
