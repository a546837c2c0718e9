//! Which partition a record goes to, as far as that is known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::producer::{FutureProducer, Producer as _};

use crate::message::Message;
use crate::watch::Watch;

/// What a topic has that nothing can be learnt of.
const USUAL: usize = 12;

/// How long an answer is believed.
const BELIEVED: Duration = Duration::from_secs(60);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many partitions topics have, by which records are shared out: what goes to one
/// partition goes by one connection, and so keeps its order.
#[derive(Clone, Default)]
pub(crate) struct Partitions(Arc<Mutex<HashMap<String, Known>>>);

#[derive(Clone, Copy)]
struct Known {
    count: usize,
    asked: Instant,
}

impl Partitions {
    /// The partition of each record.
    pub(crate) async fn of(
        &self,
        client: &FutureProducer<Watch>,
        messages: &[Message],
    ) -> Vec<usize> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for message in messages {
            let topic = message.topic.as_str();
            if !counts.contains_key(topic) {
                counts.insert(topic, self.count(client, topic).await);
            }
        }
        let partition = |message: &Message| {
            let hash = message.key.as_ref().map_or(0, |key| murmur2(key));
            let hash = usize::try_from(hash & 0x7fff_ffff).unwrap_or_default();
            hash % counts[message.topic.as_str()]
        };
        messages.iter().map(partition).collect()
    }

    async fn count(&self, client: &FutureProducer<Watch>, topic: &str) -> usize {
        let known = self.topics().get(topic).copied();
        if let Some(known) = known
            && known.asked.elapsed() < BELIEVED
        {
            return known.count;
        }
        let (client, name) = (client.clone(), topic.to_owned());
        let answer = tokio::task::spawn_blocking(move || ask(&client, &name)).await;
        let before = known.map_or(USUAL, |known| known.count);
        let count = answer.ok().flatten().unwrap_or(before);
        let asked = Instant::now();
        self.topics()
            .insert(topic.to_owned(), Known { count, asked });
        count
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the brokers say, if they do.
fn ask(client: &FutureProducer<Watch>, topic: &str) -> Option<usize> {
    let metadata = client.client().fetch_metadata(Some(topic), PATIENCE).ok()?;
    let of = metadata.topics().iter().find(|of| of.name() == topic)?;
    Some(of.partitions().len()).filter(|count| *count > 0)
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
