//! What kind of Kafka a test wants.

/// How many brokers, and who may connect.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) nodes: usize,
    pub(crate) sasl: Option<(String, String)>,
    pub(crate) tls: bool,
    pub(crate) lasting: bool,
}

impl Options {
    /// So many brokers, each of them a controller too; anybody may connect. One is
    /// ready after about four seconds. Three are needed to see a leader move.
    pub fn nodes(nodes: usize) -> Self {
        Self {
            nodes,
            sasl: None,
            tls: false,
            lasting: false,
        }
    }

    /// Clients must sign in, by SCRAM-SHA-256 or SCRAM-SHA-512.
    #[must_use]
    pub fn sasl_scram(mut self, user: &str, password: &str) -> Self {
        self.sasl = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Clients must speak TLS. The brokers' certificate is made anew.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// The brokers work for minutes: they compile what they run often as well as they can,
    /// as brokers do, and not as quickly.
    #[must_use]
    pub fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }

    /// The protocol of the clients' listener, in Kafka's words.
    pub(crate) fn protocol(&self) -> &'static str {
        match (self.tls, self.sasl.is_some()) {
            (false, false) => "PLAINTEXT",
            (true, false) => "SSL",
            (false, true) => "SASL_PLAINTEXT",
            (true, true) => "SASL_SSL",
        }
    }
}
