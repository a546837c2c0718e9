//! MQTT, as Mosquitto speaks it.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::Method;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, Publish, QoS};
use spindrift_tests::{Answer, Certified, Mosquitto, Running, Start, until};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::Result;

/// A broker, unless there is none here: then the test is skipped.
async fn mosquitto() -> Result<Option<Mosquitto>> {
    Ok(or_skip(Mosquitto::start().await?))
}

fn or_skip(broker: Option<Mosquitto>) -> Option<Mosquitto> {
    if broker.is_none() {
        spindrift_test_registry::skip(
            "Mosquitto is not installed; `scripts/setup test` installs it",
        );
    }
    broker
}

async fn guests(host: &str) -> Result<Running> {
    let start = Start::guests().await?.variable("mqtt_host", host);
    start.run().await
}

/// Publishes lines to a topic.
async fn publish(running: &Running, path: &str, broker: [&str; 3], lines: &str) -> Result<Answer> {
    let request = running.api.call(Method::POST, path);
    let body = format!("{}\n{lines}", broker.join("\n"));
    request.body(body).send().await
}

/// As whom the guests come to a broker.
fn login(broker: &Mosquitto, address: &str) -> [String; 3] {
    [
        address.to_owned(),
        broker.name.to_owned(),
        broker.password.to_owned(),
    ]
}

/// What is published to a topic from now on.
async fn hear(broker: &Mosquitto, topic: &str) -> Result<mpsc::Receiver<Publish>> {
    let mut options = MqttOptions::new("listener", ("127.0.0.1", broker.port));
    options.set_credentials(broker.name, broker.password);
    let (client, mut events) = AsyncClient::builder(options).try_build()?;
    client.subscribe(topic, QoS::ExactlyOnce).await?;
    loop {
        if let Event::Incoming(Packet::SubAck(_)) = events.poll().await? {
            break;
        }
    }
    let (heard, hearing) = mpsc::channel(64);
    tokio::spawn(async move {
        // The connection ends with the last client.
        let _client = client;
        while let Ok(event) = events.poll().await {
            if let Event::Incoming(Packet::Publish(publish)) = event
                && heard.send(publish).await.is_err()
            {
                return;
            }
        }
    });
    Ok(hearing)
}

async fn next(hearing: &mut mpsc::Receiver<Publish>) -> Result<Publish> {
    let heard = tokio::time::timeout(Duration::from_secs(20), hearing.recv()).await;
    heard
        .context("nothing is heard")?
        .context("the broker ended")
}

#[tokio::test]
async fn a_message_arrives_with_each_quality_of_service() -> Result {
    let Some(broker) = mosquitto().await? else {
        return Ok(());
    };
    let running = guests(&broker.host).await?;
    let mut hearing = hear(&broker, "news/#").await?;
    let address = format!("mqtt://{}?client_id=guest", broker.host);
    let login = login(&broker, &address);
    let login = login.each_ref().map(String::as_str);
    for (path, qos) in [
        ("/probe/mqtt?0", QoS::AtMostOnce),
        ("/probe/mqtt?1", QoS::AtLeastOnce),
        ("/probe/mqtt?2", QoS::ExactlyOnce),
        // A component of the generation before.
        ("/older/mqtt", QoS::ExactlyOnce),
    ] {
        let lines = format!("news/today\nby {path}");
        let answer = publish(&running, path, login, &lines).await?;
        assert_eq!(answer.expect(200).text(), "published");
        let heard = next(&mut hearing).await?;
        assert_eq!(heard.qos, qos, "{path}");
        assert_eq!(&heard.payload[..], format!("by {path}").as_bytes());
    }
    // Many on one connection come in their order.
    let words: Vec<String> = (0..100).map(|number| format!("word {number}")).collect();
    let lines = format!("news/words\n{}", words.join("\n"));
    let answer = publish(&running, "/patient/mqtt?1", login, &lines);
    let listen = async {
        for word in &words {
            let heard = next(&mut hearing).await?;
            if heard.payload[..] != *word.as_bytes() {
                bail!("{heard:?} instead of {word}");
            }
        }
        anyhow::Ok(())
    };
    let (answer, ()) = futures::try_join!(answer, listen)?;
    answer.expect(200);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_ends_with_its_handle() -> Result {
    let Some(broker) = mosquitto().await? else {
        return Ok(());
    };
    let running = guests(&broker.host).await?;
    for id in ["one", "two"] {
        let address = format!("mqtt://{}?client_id={id}", broker.host);
        let login = login(&broker, &address);
        let login = login.each_ref().map(String::as_str);
        let answer = publish(&running, "/probe/mqtt?0", login, "a\nb").await?;
        answer.expect(200);
        until("the connection to end", async || {
            let end = format!("Client {id} disconnected");
            broker.log().contains(&end).then_some(())
        })
        .await?;
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_broker_is_reached_by_whom_it_was_granted_to_and_secrets_are_not_told() -> Result {
    let Some(broker) = mosquitto().await? else {
        return Ok(());
    };
    let running = guests(&broker.host).await?;
    let address = format!("mqtt://{}?client_id=guest", broker.host);
    let elsewhere = address.replace("127.0.0.1", "localhost");
    let secret = "hunter2";
    let within = format!("mqtt://probe:{secret}@{}?client_id=guest", broker.host);
    for (path, address, password, part) in [
        ("/poor/mqtt", address.as_str(), "x", broker.host.as_str()),
        (
            "/probe/mqtt",
            elsewhere.as_str(),
            "x",
            "allowed_outbound_hosts",
        ),
        ("/probe/mqtt", within.as_str(), "x", "InvalidAddress"),
        ("/probe/mqtt", "mqtt://h", "x", "InvalidAddress"),
        ("/probe/mqtt", address.as_str(), secret, "NotAuthorized"),
    ] {
        let login = [address, broker.name, password];
        let answer = publish(&running, path, login, "a\nb").await?;
        let text = answer.text();
        assert_eq!(answer.status, 400, "{text}");
        assert!(text.contains(part), "{part}: {text}");
        assert!(!text.contains(secret), "{text}");
    }
    let login = [address.as_str(), broker.name, broker.password];
    let answer = publish(&running, "/probe/mqtt?1", login, "a/#\nb").await?;
    assert!(answer.text().contains("topic"), "{}", answer.text());
    let log = running.log();
    assert!(!log.contains(secret), "{log}");
    assert!(log.contains("client_id=name"), "the log says how:\n{log}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_broker_with_tls_is_believed_by_what_this_system_trusts_and_for_its_own_name() -> Result {
    let start = Start::guests().await?;
    let certified = Certified::make(start.folder(), "127.0.0.1")?;
    let Some(broker) = or_skip(Mosquitto::secure(&certified).await?) else {
        return Ok(());
    };
    // By whatever name this machine has.
    let start = start.variable("mqtt_host", &format!("*:{}", broker.port));
    let running = start.run().await?;
    let address = format!("mqtts://{}?client_id=guest", broker.host);
    let login = [address.as_str(), broker.name, broker.password];
    let stranger = publish(&running, "/probe/mqtt?1", login, "news\nword").await?;
    let text = stranger.text();
    assert_eq!(stranger.status, 400, "{text}");
    assert!(text.contains("certificate"), "{text}");
    let start = running.stop().await?;
    let trusted = certified.authority.display().to_string();
    let running = start.env("SSL_CERT_FILE", &trusted).run().await?;
    let answer = publish(&running, "/probe/mqtt?1", login, "news\nword").await?;
    assert_eq!(answer.expect(200).text(), "published");
    // The certificate is for an address, and not for the name that leads there.
    let elsewhere = address.replace("127.0.0.1", "localhost");
    let login = [elsewhere.as_str(), broker.name, broker.password];
    let misnamed = publish(&running, "/probe/mqtt?1", login, "news\nword").await?;
    let text = misnamed.text();
    assert_eq!(misnamed.status, 400, "{text}");
    assert!(text.contains("not valid for name"), "{text}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_broker_that_is_down_or_says_nothing_is_an_error_before_long() -> Result {
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let host = silent.local_addr()?.to_string();
    let running = guests(&host).await?;
    let address = format!("mqtt://{host}?client_id=guest");
    let login = [address.as_str(), "u", "hunter2"];
    let at = Instant::now();
    let answer = publish(&running, "/patient/mqtt", login, "a\nb").await?;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    assert!(at.elapsed() < Duration::from_secs(15));
    drop(silent);
    let at = Instant::now();
    let answer = publish(&running, "/patient/mqtt", login, "a\nb").await?;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("refused"), "{}", answer.text());
    assert!(at.elapsed() < Duration::from_secs(5));
    running.stop().await?;
    Ok(())
}
