//! `[[trigger.kafka]]`: what is called with the records of topics, and how to
//! reach the brokers.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::read::kafka::brokers;
use crate::template::Template;

/// One `[[trigger.kafka]]`: a component's subscription.
#[derive(Clone, Debug)]
pub struct KafkaTrigger {
    /// Its `id`, or `trigger-kafka-<n>` from 0, when the manifest gives none.
    pub id: String,
    /// The component of this id. It is in `App::components`.
    pub component: String,
    /// `topic`, or each of `topics`: at least one, none twice.
    pub topics: Vec<KafkaTopic>,
    /// `group`: the consumer group; `<application>.<component>` when absent. No
    /// two triggers read one topic in one group.
    pub group: String,
    /// `initial_offset`.
    pub initial_offset: InitialOffset,
    /// `concurrency`: how many partitions one process handles at once, each of
    /// them in order. `None`: all that it is assigned.
    pub concurrency: Option<usize>,
    /// `retry`.
    pub retry: Retry,
    /// The line of the manifest, from 1.
    pub line: usize,
}

/// A topic that a trigger reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaTopic {
    /// Its name.
    pub name: String,
    /// Where records go that can't be handled: `dead_letter_topic`, or
    /// `<topic>.dlq` when absent.
    pub dead_letter_topic: String,
}

/// Where a group begins that has committed no offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InitialOffset {
    /// `"earliest"`: with the oldest record that is kept.
    #[default]
    Earliest,
    /// `"latest"`: with what is written from then on.
    Latest,
}

/// How often, and when, a delivery is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// `retries`: attempts after the first one, 10 when absent.
    pub retries: u32,
    /// `first`: the wait before the first of them, 600 ms when absent. Each
    /// further one is twice as long.
    pub first: Duration,
    /// `cap`: the longest wait, 30 s when absent.
    pub cap: Duration,
}

impl Default for Retry {
    /// The numbers of Knative's KafkaSource, with a cap that it does not have.
    fn default() -> Self {
        Self {
            retries: 10,
            first: Duration::from_millis(600),
            cap: Duration::from_secs(30),
        }
    }
}

/// `[application.trigger.kafka]`: templates over the application's variables.
/// What holds no variable was checked when the manifest was read; the rest is
/// checked by [`App::kafka_connection`](crate::App::kafka_connection).
#[derive(Clone, Debug, Default)]
pub struct KafkaSettings {
    /// `brokers`: `host:port`, separated by commas. Empty, or absent: no Kafka;
    /// events go from the outbox straight to the functions.
    pub brokers: Template,
    /// `security_protocol`; `plaintext` when absent.
    pub security_protocol: Option<Template>,
    /// `sasl_mechanism`.
    pub sasl_mechanism: Option<Template>,
    /// `username`, for SASL.
    pub username: Option<Template>,
    /// `password`, for SASL.
    pub password: Option<Template>,
    /// `ca_file`: certificates to trust instead of the system's, PEM; relative to
    /// the manifest's folder.
    pub ca_file: Option<Template>,
    /// `topic_prefix`: what stands before the names of topics and consumer groups at
    /// these brokers, so that several environments can share them.
    pub topic_prefix: Option<Template>,
}

impl KafkaSettings {
    /// Names other brokers than the manifest does.
    ///
    /// # Errors
    ///
    /// What is wrong with a text that is no list of `host:port`.
    pub fn set_brokers(&mut self, text: &str) -> Result<(), String> {
        brokers(text)?;
        self.brokers = Template::parse(text).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Names another file of certificates than the manifest does.
    ///
    /// # Errors
    ///
    /// What is wrong with a path that cannot stand in a manifest.
    pub fn set_ca_file(&mut self, path: &str) -> Result<(), String> {
        let template = Template::parse(path).map_err(|error| error.to_string())?;
        self.ca_file = Some(template);
        Ok(())
    }
}

/// How to reach the brokers: the settings with every variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaConnection {
    /// Each `host:port` or `host`; at least one.
    pub brokers: Vec<String>,
    /// What protects the connection.
    pub security_protocol: SecurityProtocol,
    /// How to sign in; there exactly when the protocol is one with SASL.
    pub sasl: Option<Sasl>,
    /// Certificates to trust instead of the system's; the file is there. `None`
    /// for protocols without TLS.
    pub ca_file: Option<PathBuf>,
    /// What stands before the names of topics and consumer groups there; often nothing.
    pub topic_prefix: String,
}

impl KafkaConnection {
    /// What a topic or a consumer group is called at these brokers.
    pub fn name(&self, name: &str) -> String {
        format!("{}{name}", self.topic_prefix)
    }

    /// A trigger's topics at these brokers.
    pub fn topics(&self, trigger: &KafkaTrigger) -> Vec<KafkaTopic> {
        let topics = trigger.topics.iter();
        let named = topics.map(|topic| KafkaTopic {
            name: self.name(&topic.name),
            dead_letter_topic: self.name(&topic.dead_letter_topic),
        });
        named.collect()
    }
}

/// `security_protocol`, with the meaning that Kafka's clients give it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecurityProtocol {
    /// `plaintext`.
    #[default]
    Plaintext,
    /// `ssl`: TLS.
    Ssl,
    /// `sasl_plaintext`.
    SaslPlaintext,
    /// `sasl_ssl`: SASL over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    pub(crate) const WORDS: [(&str, Self); 4] = [
        ("plaintext", Self::Plaintext),
        ("ssl", Self::Ssl),
        ("sasl_plaintext", Self::SaslPlaintext),
        ("sasl_ssl", Self::SaslSsl),
    ];

    /// As the manifest, and librdkafka's `security.protocol`, has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Ssl => "ssl",
            Self::SaslPlaintext => "sasl_plaintext",
            Self::SaslSsl => "sasl_ssl",
        }
    }

    /// Whether one signs in.
    pub fn has_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }

    /// Whether the connection is encrypted.
    pub fn has_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }
}

/// How to sign in to the brokers. Its `Debug` leaves out the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Sasl {
    /// `sasl_mechanism`.
    pub mechanism: SaslMechanism,
    /// `username`.
    pub username: String,
    /// `password`.
    pub password: String,
}

impl fmt::Debug for Sasl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sasl")
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}

/// `sasl_mechanism`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaslMechanism {
    /// `SCRAM-SHA-256`.
    ScramSha256,
    /// `SCRAM-SHA-512`.
    ScramSha512,
    /// `PLAIN`: the broker is told the password.
    Plain,
}

impl SaslMechanism {
    pub(crate) const WORDS: [(&str, Self); 3] = [
        ("SCRAM-SHA-256", Self::ScramSha256),
        ("SCRAM-SHA-512", Self::ScramSha512),
        ("PLAIN", Self::Plain),
    ];

    /// As the manifest, and librdkafka's `sasl.mechanisms`, has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::Plain => "PLAIN",
        }
    }
}
