//! Which partition a record goes to, as far as that is known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::producer::{FutureProducer, Producer as _};

use crate::message::Message;
use crate::watch::Watch;

/// What a topic that nothing is known of is taken to have.
const USUAL: usize = 12;

/// How long it is believed.
const BELIEVED: Duration = Duration::from_secs(60);

/// How long an answer may take; until it is there, what was believed is.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many partitions topics have. It is a guess that only work is shared out by: within
/// a batch, what has one key has one place, whatever it says.
#[derive(Clone, Default)]
pub(crate) struct Partitions(Arc<Mutex<HashMap<String, Known>>>);

struct Known {
    count: usize,
    asked: Instant,
}

impl Partitions {
    /// The partition of each record, of those that its topic is taken to have.
    pub(crate) fn of(&self, client: &FutureProducer<Watch>, messages: &[Message]) -> Vec<usize> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut partitions = Vec::with_capacity(messages.len());
        for message in messages {
            let topic = message.topic.as_str();
            let count = *counts
                .entry(topic)
                .or_insert_with(|| self.count(client, topic));
            let hash = message
                .key
                .as_ref()
                .map_or(0, |key| murmur2(key) & 0x7fff_ffff);
            partitions.push(usize::try_from(hash).unwrap_or_default() % count);
        }
        partitions
    }

    fn count(&self, client: &FutureProducer<Watch>, topic: &str) -> usize {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = topics.get(topic);
        let count = known.map_or(USUAL, |known| known.count);
        if known.is_none_or(|known| known.asked.elapsed() >= BELIEVED) {
            let asked = Instant::now();
            topics.insert(topic.to_owned(), Known { count, asked });
            let (this, client, topic) = (self.clone(), client.clone(), topic.to_owned());
            tokio::task::spawn_blocking(move || this.ask(&client, topic, asked));
        }
        count
    }

    fn ask(&self, client: &FutureProducer<Watch>, topic: String, asked: Instant) {
        let Ok(metadata) = client.client().fetch_metadata(Some(&topic), PATIENCE) else {
            return;
        };
        let of = metadata.topics().iter().find(|of| of.name() == topic);
        let count = of.map_or(0, |of| of.partitions().len());
        if count > 0 {
            let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            topics.insert(topic, Known { count, asked });
        }
    }
}

/// The hash by which Java's clients choose partitions, and so everybody: MurmurHash2 of 32
/// bits, with their seed.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let little_endian = |bytes: &[u8]| {
        let bytes = bytes.iter().rev();
        bytes.fold(0, |word, byte| (word << 8) | u32::from(*byte))
    };
    let mut hash = 0x9747_b28c ^ u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let word = little_endian(word).wrapping_mul(M);
        let word = (word ^ (word >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ word;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        hash = (hash ^ little_endian(rest)).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::murmur2;

    #[test]
    fn the_hash_is_that_of_javas_clients() {
        // The values that the tests of Kafka's own clients have.
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), hash, "{text}");
        }
    }
}
