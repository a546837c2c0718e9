//! Records on their way into Kafka and out of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::FutureRecord;
use spindrift_cloudevents::kafka::Record;

/// A record that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) key: Option<Bytes>,
    pub(crate) headers: Vec<(String, Option<Bytes>)>,
    pub(crate) value: Option<Bytes>,
    /// Milliseconds since 1970; the time of writing when there is none.
    pub(crate) timestamp: Option<i64>,
}

impl Message {
    pub(crate) fn to_rdkafka(&self) -> FutureRecord<'_, [u8], [u8]> {
        let empty = OwnedHeaders::new_with_capacity(self.headers.len());
        let headers = self.headers.iter().fold(empty, |headers, (key, value)| {
            let value = value.as_deref();
            headers.insert(Header { key, value })
        });
        FutureRecord {
            topic: &self.topic,
            partition: None,
            payload: self.value.as_deref(),
            key: self.key.as_deref(),
            timestamp: self.timestamp,
            headers: Some(headers),
        }
    }
}

/// A record that was read.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) record: Record,
    /// Why it cannot be handled as it is.
    pub(crate) flaw: Option<&'static str>,
}

impl Incoming {
    pub(crate) fn new(message: &BorrowedMessage<'_>) -> Self {
        let owned = |bytes: Option<&[u8]>| bytes.map(Bytes::copy_from_slice);
        let (headers, flaw) = headers(message);
        Self {
            record: Record {
                topic: message.topic().to_owned(),
                partition: message.partition(),
                offset: message.offset(),
                timestamp: message.timestamp().to_millis(),
                key: owned(message.key()),
                headers,
                value: owned(message.payload()),
            },
            flaw,
        }
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let record = &self.record;
        let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        let headers = record.headers.iter();
        let headers: usize = headers
            .map(|(name, value)| name.len() + length(value) + 64)
            .sum();
        length(&record.key) + length(&record.value) + headers + 256
    }
}

/// A record's headers in their order. The library panics at a name that is no UTF-8,
/// which anybody may have written: such a header is left out, and the record flawed.
fn headers(message: &BorrowedMessage<'_>) -> (Vec<(String, Option<Bytes>)>, Option<&'static str>) {
    let Some(headers) = message.headers() else {
        return (Vec::new(), None);
    };
    let mut flaw = None;
    let read = (0..headers.count()).filter_map(|index| {
        let header = catch_unwind(AssertUnwindSafe(|| {
            let header = headers.get(index);
            (
                header.key.to_owned(),
                header.value.map(Bytes::copy_from_slice),
            )
        }));
        if header.is_err() {
            flaw = Some("the name of a header is not UTF-8; that header was left out");
        }
        header.ok()
    });
    (read.collect(), flaw)
}
