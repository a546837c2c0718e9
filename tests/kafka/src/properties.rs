//! A broker's configuration.

use std::fmt::Write as _;
use std::path::Path;

use crate::options::Options;
use crate::ports::Ports;
use crate::tls;

/// Small, quick to start, and as strict as a real one. Topics are made by whoever
/// needs them: one that is misspelt is not made by accident.
const COMMON: &str = "\
process.roles=broker,controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=BROKER
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=1
num.network.threads=2
num.io.threads=2
log.cleaner.enable=false
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
";

/// The text of `server.properties` for the broker of number `index`, from 0.
pub(crate) fn text(options: &Options, folder: &Path, all: &[Ports], index: usize) -> String {
    let own = all[index];
    let host = "127.0.0.1";
    let voter =
        |(index, ports): (usize, &Ports)| format!("{}@{host}:{}", index + 1, ports.controllers);
    let voters: Vec<String> = all.iter().enumerate().map(voter).collect();
    let clients = format!(
        "CLIENT://{host}:{},BROKER://{host}:{}",
        own.clients, own.brokers
    );
    let replicas = all.len().min(3);
    let in_sync = replicas.min(2);
    let mut text = format!(
        "{COMMON}\
         node.id={id}\n\
         log.dirs={data}\n\
         controller.quorum.voters={voters}\n\
         listeners={clients},CONTROLLER://{host}:{controllers}\n\
         advertised.listeners={clients}\n\
         listener.security.protocol.map=CLIENT:{protocol},BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         default.replication.factor={replicas}\n\
         offsets.topic.replication.factor={replicas}\n\
         transaction.state.log.replication.factor={replicas}\n\
         transaction.state.log.min.isr={in_sync}\n\
         min.insync.replicas={in_sync}\n",
        id = index + 1,
        data = folder.join("data").display(),
        voters = voters.join(","),
        controllers = own.controllers,
        protocol = options.protocol(),
    );
    if let (true, Some(cluster)) = (options.tls, folder.parent()) {
        let pem = cluster.join(tls::BROKER);
        // Writing to a string does not fail.
        _ = writeln!(
            text,
            "ssl.keystore.type=PEM\nssl.keystore.location={}",
            pem.display()
        );
    }
    if options.sasl.is_some() {
        for mechanism in ["scram-sha-256", "scram-sha-512"] {
            _ = writeln!(
                text,
                "listener.name.client.{mechanism}.sasl.jaas.config=\
                 org.apache.kafka.common.security.scram.ScramLoginModule required;"
            );
        }
    }
    text
}
