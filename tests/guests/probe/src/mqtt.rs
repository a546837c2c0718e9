//! MQTT.

use spin_sdk::mqtt::{Connection, Qos};

use crate::Outcome;

/// Seconds between two signs of life.
const KEEP_ALIVE: u64 = 30;

/// Publishes what is in a script's lines: address, name, password, topic, and a message in
/// each further one. `qos` is the number of their quality of service.
pub(crate) async fn publish(qos: &str, script: &str) -> Outcome {
    let mut lines = script.lines();
    let mut next = || lines.next().unwrap_or_default();
    let (address, name, password, topic) = (next(), next(), next(), next());
    let connection = Connection::open(address, name, password, KEEP_ALIVE).await;
    let connection = connection.map_err(|error| error.to_string())?;
    for message in lines {
        let qos = match qos {
            "1" => Qos::AtLeastOnce,
            "2" => Qos::ExactlyOnce,
            _ => Qos::AtMostOnce,
        };
        let published = connection.publish(topic, message.into(), qos).await;
        published.map_err(|error| error.to_string())?;
    }
    Ok("published".to_owned())
}
