//! How a cluster is reached.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use rdkafka::ClientConfig;

use crate::Error;

/// The brokers, and what they ask of a client.
#[derive(Clone, Debug)]
pub struct Connection {
    /// `host:port` of some of the brokers, comma-separated.
    pub brokers: String,
    /// What is spoken with them.
    pub security_protocol: SecurityProtocol,
    /// Who this is; nothing where nobody is asked.
    pub sasl: Option<Sasl>,
    /// The certificates of the authorities to trust, PEM; the system's when none is
    /// given.
    pub ca_file: Option<PathBuf>,
}

/// Kafka's `security.protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProtocol {
    /// Neither TLS nor a sign-in.
    Plaintext,
    /// TLS.
    Ssl,
    /// A sign-in that others on the network can see.
    SaslPlaintext,
    /// A sign-in over TLS.
    SaslSsl,
}

/// Kafka's `sasl.mechanism`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// The password itself is sent.
    Plain,
    /// RFC 7677.
    ScramSha256,
    /// The same with SHA-512.
    ScramSha512,
}

/// A sign-in.
#[derive(Clone)]
pub struct Sasl {
    /// How it is done.
    pub mechanism: Mechanism,
    /// Who.
    pub username: String,
    /// Never shown.
    pub password: String,
}

impl fmt::Debug for Sasl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sasl")
            .field("mechanism", &self.mechanism)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Brokers that let anybody in.
    pub fn plaintext(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            security_protocol: SecurityProtocol::Plaintext,
            sasl: None,
            ca_file: None,
        }
    }

    /// What every client of librdkafka is given.
    pub(crate) fn config(&self) -> Result<ClientConfig, Error> {
        let signs_in = matches!(
            self.security_protocol,
            SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl
        );
        if signs_in != self.sasl.is_some() {
            return Err(Error::Configuration(format!(
                "the security protocol {} {} a mechanism, a user name and a password",
                self.security_protocol,
                if signs_in { "needs" } else { "has no use for" }
            )));
        }
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "spindrift")
            .set("security.protocol", self.security_protocol.to_string())
            // A broker that is back is found soon.
            .set("reconnect.backoff.max.ms", "1000")
            .set("topic.metadata.refresh.interval.ms", "60000")
            .set("allow.auto.create.topics", "false");
        if let Some(sasl) = &self.sasl {
            config
                .set("sasl.mechanism", sasl.mechanism.to_string())
                .set("sasl.username", &sasl.username)
                .set("sasl.password", &sasl.password);
        }
        let authorities = self.ca_file.as_ref().map(|path| path.display().to_string());
        // `probe` finds the system's certificates wherever a distribution keeps them.
        config.set("ssl.ca.location", authorities.as_deref().unwrap_or("probe"));
        Ok(config)
    }
}

/// Kafka's names, which both enums are written and read by.
macro_rules! names {
    ($ty:ty, $what:literal, $($variant:ident = $name:literal),+) => {
        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $name),+ })
            }
        }

        impl FromStr for $ty {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match text.to_ascii_uppercase().replace('_', "-").as_str() {
                    $(name if name == $name.replace('_', "-") => Ok(Self::$variant),)+
                    _ => Err(Error::Configuration(format!(
                        "`{text}` is no {}; there are: {}",
                        $what,
                        [$($name),+].join(", ")
                    ))),
                }
            }
        }
    };
}

names!(
    SecurityProtocol,
    "security protocol",
    Plaintext = "PLAINTEXT",
    Ssl = "SSL",
    SaslPlaintext = "SASL_PLAINTEXT",
    SaslSsl = "SASL_SSL"
);
names!(
    Mechanism,
    "SASL mechanism",
    Plain = "PLAIN",
    ScramSha256 = "SCRAM-SHA-256",
    ScramSha512 = "SCRAM-SHA-512"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_kafka_writes_them_in_any_case() {
        for name in ["SASL_SSL", "sasl_ssl", "sasl-ssl"] {
            assert_eq!(
                name.parse::<SecurityProtocol>().unwrap(),
                SecurityProtocol::SaslSsl
            );
        }
        assert_eq!(
            "scram-sha-512".parse::<Mechanism>().unwrap(),
            Mechanism::ScramSha512
        );
        let error = "tls".parse::<SecurityProtocol>().unwrap_err().to_string();
        assert!(
            error.contains("`tls`") && error.contains("SASL_SSL"),
            "{error}"
        );
    }

    #[test]
    fn a_sign_in_goes_with_its_protocol() {
        let mut connection = Connection::plaintext("127.0.0.1:9092");
        assert!(connection.config().is_ok());
        connection.security_protocol = SecurityProtocol::SaslSsl;
        assert!(connection.config().is_err());
        connection.sasl = Some(Sasl {
            mechanism: Mechanism::ScramSha256,
            username: "todo".into(),
            password: "not to be seen".into(),
        });
        assert!(connection.config().is_ok());
        assert!(!format!("{connection:?}").contains("not to be seen"));
    }
}
