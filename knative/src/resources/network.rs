//! Who may talk to whom: <https://kubernetes.io/docs/concepts/services-networking/network-policies/>.

use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use spindrift_manifest::Template;

use super::backup::BACKUP;
use super::delivery::{RELAY, relays};
use super::meta::{Labels, matching, meta, selector};
use super::pod::ADMIN_PORT;
use super::push;
use crate::object::{Object, Stage};
use crate::plan::{Env, Plan, Role, Service};

/// The ports of Knative's proxy in a pod: requests by HTTP/1 and HTTP/2, by TLS,
/// its own administration and what the autoscaler reads.
const PROXY: [i32; 5] = [8012, 8013, 8112, 8022, 9090];
/// Knative's gateways inside of the cluster, before and behind their Service.
const GATEWAY: [i32; 4] = [80, 8080, 8081, 443];

/// Networks that are nobody's outside: what a function may reach by a host's name
/// is not in them. The addresses of clouds' metadata are in the last.
const PRIVATE: [&str; 4] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
];

/// A policy for each service, for the relay, for migrations and for backups.
pub(super) fn add(plan: &Plan<'_>, objects: &mut Vec<Object>) {
    if !plan.profile.network.policies {
        return;
    }
    for service in &plan.services {
        let mut egress = told(plan);
        match service.role {
            Role::Edge => egress.push(knative(plan)),
            Role::Routes | Role::Events => {
                egress.extend(registry(plan));
                egress.extend(database(plan, &service.env));
                egress.extend(outside(plan, service));
            }
        }
        push(
            objects,
            Stage::Ground,
            policy(plan, &service.name, served(plan), egress),
        );
    }
    if let Some(env) = plan.relay.as_ref().filter(|_| relays(plan)) {
        let mut egress = told(plan);
        egress.push(knative(plan));
        egress.extend(database(plan, env));
        egress.extend(brokers(plan));
        push(
            objects,
            Stage::Ground,
            policy(plan, RELAY, vec![monitored(plan)], egress),
        );
    }
    if let Some(env) = &plan.migrate {
        let egress = [names()].into_iter().chain(database(plan, env)).collect();
        push(
            objects,
            Stage::Ground,
            policy(plan, "migrate", Vec::new(), egress),
        );
    }
    if let Some((backup, settings)) = plan.backup.as_ref().zip(plan.profile.backup.as_ref()) {
        let mut egress = vec![names(), anywhere(settings.port())];
        egress.extend(database(plan, &backup.dump));
        push(
            objects,
            Stage::Ground,
            policy(plan, BACKUP, Vec::new(), egress),
        );
    }
    // What asks a new release whether it is well, before it gets traffic.
    let egress = vec![names(), knative(plan)];
    push(
        objects,
        Stage::Ground,
        policy(plan, "smoke", Vec::new(), egress),
    );
}

fn policy(
    plan: &Plan<'_>,
    of: &str,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> NetworkPolicy {
    NetworkPolicy {
        metadata: meta(plan, of),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(matching(selector(plan, of))),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: Some(ingress).filter(|rules| !rules.is_empty()),
            egress: Some(egress),
        }),
    }
}

fn served(plan: &Plan<'_>) -> Vec<NetworkPolicyIngressRule> {
    let knative = NetworkPolicyIngressRule {
        from: Some(namespaces(&plan.profile.network.system_namespaces)),
        ports: Some(ports(PROXY)),
    };
    vec![knative, monitored(plan)]
}

fn monitored(plan: &Plan<'_>) -> NetworkPolicyIngressRule {
    let from = std::slice::from_ref(&plan.profile.network.monitoring_namespace);
    NetworkPolicyIngressRule {
        from: Some(namespaces(from)),
        ports: Some(ports([i32::from(ADMIN_PORT)])),
    }
}

/// What every process may reach: the name server, and the collector of traces.
fn told(plan: &Plan<'_>) -> Vec<NetworkPolicyEgressRule> {
    let traces = plan.profile.monitoring.traces.as_ref();
    let collector = traces.map(|traces| {
        let within = std::slice::from_ref(&plan.profile.network.monitoring_namespace);
        NetworkPolicyEgressRule {
            to: Some(namespaces(within)),
            ports: Some(ports([i32::from(traces.endpoint.port)])),
        }
    });
    [names()].into_iter().chain(collector).collect()
}

/// The cluster's name server.
fn names() -> NetworkPolicyEgressRule {
    let port = |protocol: &str| NetworkPolicyPort {
        port: Some(IntOrString::Int(53)),
        protocol: Some(protocol.to_owned()),
        end_port: None,
    };
    NetworkPolicyEgressRule {
        to: Some(namespaces(&["kube-system".to_owned()])),
        ports: Some(vec![port("UDP"), port("TCP")]),
    }
}

/// Other services, which are reached by Knative's gateway.
fn knative(plan: &Plan<'_>) -> NetworkPolicyEgressRule {
    let mut at = GATEWAY.to_vec();
    at.push(i32::from(plan.profile.routing.internal_port));
    at.sort_unstable();
    at.dedup();
    NetworkPolicyEgressRule {
        to: Some(namespaces(&plan.profile.network.system_namespaces)),
        ports: Some(ports(at)),
    }
}

/// Where stock Spin pulls the application from: wherever the registry is.
fn registry(plan: &Plan<'_>) -> Option<NetworkPolicyEgressRule> {
    plan.profile.spin.enabled.then(|| anywhere(443))
}

/// A port, wherever it is: policies know no names.
fn anywhere(port: u16) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: None,
        ports: Some(ports([i32::from(port)])),
    }
}

/// The database, for who is told its URL.
fn database(plan: &Plan<'_>, env: &[Env]) -> Option<NetworkPolicyEgressRule> {
    let settings = plan.app.settings.database.as_ref()?;
    let named = |env: &Env| {
        let role = |variable: &String| {
            env.name == format!("SPIN_VARIABLE_{}", variable.to_ascii_uppercase())
        };
        env.name == "DATABASE_URL" || settings.roles.keys().any(role)
    };
    env.iter().find(|env| named(env))?;
    let database = &plan.profile.database;
    let at = [Some(database.port), database.pool_port];
    Some(NetworkPolicyEgressRule {
        to: blocks(&database.addresses),
        ports: Some(ports(at.into_iter().flatten().map(i32::from))),
    })
}

fn brokers(plan: &Plan<'_>) -> Option<NetworkPolicyEgressRule> {
    let connection = plan.kafka.as_ref()?;
    let port = |broker: &String| {
        broker
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok())
    };
    let mut at: Vec<i32> = connection
        .brokers
        .iter()
        .map(|broker| port(broker).unwrap_or(9092))
        .collect();
    at.sort_unstable();
    at.dedup();
    Some(NetworkPolicyEgressRule {
        to: blocks(&plan.profile.kafka.addresses),
        ports: Some(ports(at)),
    })
}

/// Servers outside that components of the service declare. A policy knows no names:
/// it leaves the rest to the sandbox, and keeps private networks shut.
fn outside(plan: &Plan<'_>, service: &Service) -> Option<NetworkPolicyEgressRule> {
    let hosts = service
        .components
        .iter()
        .flat_map(|id| &plan.app.components[id].allowed_outbound_hosts);
    let web = |host: &str| {
        ["http://", "https://", "*://"]
            .iter()
            .any(|scheme| host.starts_with(scheme))
    };
    hosts.map(Template::as_str).find(|host| web(host))?;
    let except = PRIVATE.map(str::to_owned).to_vec();
    Some(NetworkPolicyEgressRule {
        to: Some(vec![NetworkPolicyPeer {
            ip_block: Some(IPBlock {
                cidr: "0.0.0.0/0".to_owned(),
                except: Some(except),
            }),
            ..NetworkPolicyPeer::default()
        }]),
        ports: None,
    })
}

fn namespaces(names: &[String]) -> Vec<NetworkPolicyPeer> {
    let peer = |name: &String| NetworkPolicyPeer {
        namespace_selector: Some(matching(Labels::from([(
            "kubernetes.io/metadata.name".to_owned(),
            name.clone(),
        )]))),
        ..NetworkPolicyPeer::default()
    };
    names.iter().map(peer).collect()
}

/// `None` for anywhere.
fn blocks(networks: &[String]) -> Option<Vec<NetworkPolicyPeer>> {
    let peer = |network: &String| NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: network.clone(),
            except: None,
        }),
        ..NetworkPolicyPeer::default()
    };
    let peers: Vec<_> = networks.iter().map(peer).collect();
    Some(peers).filter(|peers| !peers.is_empty())
}

fn ports(numbers: impl IntoIterator<Item = i32>) -> Vec<NetworkPolicyPort> {
    let port = |number| NetworkPolicyPort {
        port: Some(IntOrString::Int(number)),
        protocol: Some("TCP".to_owned()),
        end_port: None,
    };
    numbers.into_iter().map(port).collect()
}
