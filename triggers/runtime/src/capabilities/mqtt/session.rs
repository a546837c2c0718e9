//! One connection to a broker.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rumqttc::{
    AsyncClient, ClientError, EventLoop, MqttOptions, PublishOptions, QoS, TlsConfiguration,
    Transport,
};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::address::Address;
use crate::networks::BlockedNetworks;

/// How long a function waits for a connection.
const WAIT: Duration = Duration::from_secs(5);

/// How long it waits until the broker has a message.
const ACKNOWLEDGED: Duration = Duration::from_secs(10);

/// How long messages that the broker has not acknowledged keep a connection that its
/// function let go.
const GOODBYE: Duration = Duration::from_secs(5);

/// Bytes of a message.
const MESSAGE: usize = 16 << 20;

/// Bytes of what a broker sends, which is acknowledgements alone.
const INCOMING: usize = 64 << 10;

/// Bytes that a message's packet has beside topic and payload, at the most.
const ENVELOPE: usize = 16;

/// Who a function is, to a broker, and how often it says that it is there.
pub(super) struct Login {
    username: String,
    password: String,
    /// Seconds; 0 for never.
    keep_alive: u16,
}

/// A connection. Dropped, it ends, in a task of its own.
pub(super) struct Session {
    client: AsyncClient,
    /// Why it has ended, once it has.
    ended: Arc<OnceLock<String>>,
    _place: OwnedSemaphorePermit,
}

impl Login {
    pub(super) fn new(username: String, password: String, keep_alive: u64) -> Self {
        Self {
            username,
            password,
            keep_alive: u16::try_from(keep_alive).unwrap_or(u16::MAX),
        }
    }
}

impl Session {
    /// Connects. The error is for the guest, in words without secrets.
    pub(super) async fn open(
        address: Address,
        login: Login,
        place: OwnedSemaphorePermit,
        blocked: &Arc<BlockedNetworks>,
    ) -> Result<Self, String> {
        let options = options(address, login, blocked)?;
        let client = AsyncClient::builder(options).try_build();
        let (client, mut events) = client.map_err(|error| error.to_string())?;
        // The first event is that the broker has accepted.
        match timeout(WAIT, events.poll()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => {
                return Err(format!(
                    "the broker did not answer within {} s",
                    WAIT.as_secs()
                ));
            }
        }
        let ended = Arc::<OnceLock<String>>::default();
        tokio::spawn(drive(events, ended.clone()));
        Ok(Self {
            client,
            ended,
            _place: place,
        })
    }

    /// Publishes a message, and waits until it is sent (QoS 0) or the broker has
    /// acknowledged it (QoS 1 and 2).
    pub(super) async fn publish(
        &self,
        topic: String,
        payload: Vec<u8>,
        qos: QoS,
    ) -> Result<(), String> {
        if topic.len() + payload.len() > MESSAGE {
            return Err(format!(
                "a message may have {} MiB: send less at once",
                MESSAGE >> 20
            ));
        }
        let published = async {
            let options = PublishOptions::new(qos);
            let queued = self.client.publish_tracked(topic, payload, options).await;
            let notice = queued.map_err(|error| self.refused(&error))?;
            let acknowledged = notice.wait_completion_async().await;
            acknowledged.map_err(|error| self.lost(&error))
        };
        timeout(ACKNOWLEDGED, published).await.unwrap_or_else(|_| {
            Err(format!(
                "the broker did not acknowledge the message within {} s",
                ACKNOWLEDGED.as_secs()
            ))
        })
    }

    fn refused(&self, error: &ClientError) -> String {
        match error {
            ClientError::InvalidRequest(_) => {
                "the topic cannot be published to: it must have a letter, and no `+`, `#` or NUL"
                    .to_owned()
            }
            error => self.lost(error),
        }
    }

    fn lost(&self, error: &dyn std::fmt::Display) -> String {
        match self.ended.get() {
            Some(reason) => {
                format!("the connection to the broker has ended ({reason}): open another one")
            }
            None => error.to_string(),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Where there is no room for it, the connection ends without a word.
        _ = self.client.try_disconnect_with_timeout(GOODBYE);
    }
}

/// Sends and receives until the connection ends, by the broker or by its last handle. It
/// is not made again: the function is told, and opens another.
async fn drive(mut events: EventLoop, ended: Arc<OnceLock<String>>) {
    loop {
        if let Err(error) = events.poll().await {
            tracing::debug!(%error, "a connection to an MQTT broker ended");
            _ = ended.set(error.to_string());
            return;
        }
    }
}

fn options(
    address: Address,
    login: Login,
    blocked: &Arc<BlockedNetworks>,
) -> Result<MqttOptions, String> {
    let Address {
        host,
        port,
        tls,
        client_id,
    } = address;
    let mut options = MqttOptions::new(client_id, (host.clone(), port));
    if !blocked.is_empty() {
        let blocked = blocked.clone();
        options.set_socket_connector(move |_, _| {
            let (blocked, host) = (blocked.clone(), host.clone());
            async move {
                let places = blocked.resolve(&host, port).await?;
                let stream = TcpStream::connect(&places[..]).await?;
                stream.set_nodelay(true)?;
                Ok(stream)
            }
        });
    }
    options.set_keep_alive(login.keep_alive);
    options.set_max_packet_size(INCOMING, MESSAGE + ENVELOPE);
    if !login.username.is_empty() {
        options.set_credentials(login.username, login.password);
    }
    if tls {
        let config = spindrift_database::tls::client().map_err(|error| error.to_string())?;
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(config)));
    }
    Ok(options)
}
