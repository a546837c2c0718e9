//! Broken profiles and manifests: each gets an error that names the file, the key and
//! the way out, and nothing is rendered.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::Path;

use spindrift_knative::{Object, Profile, Release};
use spindrift_manifest::{App, Checks};

/// An application with one of everything.
const MANIFEST: &str = r#"
spin_manifest_version = 2
[application]
name = "shop"
version = "1.2.3"
[variables]
database_url = { required = true, secret = true }
database_host = { required = true }
token = { required = true, secret = true }
greeting = { default = "hello" }
brokers = { default = "" }
protocol = { default = "plaintext" }
[application.tool.spindrift.database]
migrations = "."
host_variable = "database_host"
outbox_variable = "database_url"
roles = { database_url = "shop" }
[application.trigger.kafka]
brokers = "{{ brokers }}"
security_protocol = "{{ protocol }}"
[application.tool.spindrift.services.api]
scale = { min = 1 }
[[trigger.http]]
route = "/orders/..."
component = "orders"
[[trigger.http]]
route = "/carts/:id"
component = "carts"
[[trigger.kafka]]
component = "mail"
topic = "orders"
[[trigger.cron]]
component = "tidy"
schedule = "0 3 * * *"
[component.orders]
source = "orders.wasm"
allowed_outbound_hosts = ["postgres://{{ database_host }}"]
variables = { database_url = "{{ database_url }}", token = "{{ token }}" }
tool.spindrift.service = "api"
[component.carts]
source = "carts.wasm"
tool.spindrift.service = "api"
[component.mail]
source = "mail.wasm"
allowed_outbound_hosts = ["https://mail.example.com"]
[component.tidy]
source = "tidy.wasm"
"#;

/// A profile for it.
const PROFILE: &str = r#"
namespace = "shop"
image = "registry.example.com/shop:1"
[variables]
token = { secret = "shop", key = "token" }
[database]
url = { secret = "shop", key = "url" }
[services.api]
scale = { max = 7 }
"#;

/// Backups of a database that nobody may read as a whole.
const BACKUP: &str = r#"
[backup]
store = "s3://backups/shop"
recipient = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
credentials = "shop-backup"
"#;

fn app(text: &str) -> Result<App, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("spin.toml"), text).unwrap();
    spindrift_manifest::load(folder.path(), &Checks::default()).map_err(|error| error.to_string())
}

fn render(manifest: &str, profile: &str) -> Result<Release, String> {
    let app = app(manifest)?;
    let profile =
        Profile::parse(Path::new("shop.toml"), profile).map_err(|error| error.to_string())?;
    Release::new(&app, &profile, None).map_err(|error| error.to_string())
}

/// A text with one place changed.
fn with(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?} is not there once");
    text.replace(from, to)
}

#[test]
fn what_is_right_renders() {
    let release = render(MANIFEST, PROFILE).unwrap();
    assert_eq!(release.app, "shop");
    let services: Vec<&str> = release
        .objects
        .iter()
        .filter(|o| o.kind() == "Service")
        .map(Object::name)
        .collect();
    assert_eq!(
        services,
        ["shop-api", "shop-edge", "shop-mail", "shop-tidy"]
    );
}

/// Adds lines to the profile: those of its first table, and of others.
fn profile(top: &str, tables: &str) -> String {
    format!("{top}\n{PROFILE}\n{tables}")
}

#[test]
fn each_broken_profile_gets_an_error_that_names_key_and_remedy() {
    let cases: &[(String, &str)] = &[
        (
            with(PROFILE, "namespace = \"shop\"", ""),
            "`namespace` is missing",
        ),
        (
            with(PROFILE, "namespace = \"shop\"", "namespace = \"Shop\""),
            "shop.toml:2: namespace: must be at most 63 lower-case",
        ),
        (
            with(PROFILE, "namespace = \"shop\"", "namespace = 7"),
            "namespace: expected a string",
        ),
        (
            with(PROFILE, "namespace = \"shop\"", "namespace = \"shop"),
            "not valid TOML",
        ),
        (
            with(PROFILE, "image = \"registry.example.com/shop:1\"", ""),
            "image: no image is named",
        ),
        (
            with(
                PROFILE,
                "registry.example.com/shop:1",
                "https://registry.example.com/shop",
            ),
            "image: has a scheme",
        ),
        (
            with(PROFILE, "registry.example.com/shop:1", "Registry/Shop"),
            "image: must be a repository in lower case",
        ),
        (
            profile("imagee = \"x\"", ""),
            "imagee: unknown key; did you mean `image`?",
        ),
        (
            profile("placement = \"apart\"", ""),
            "placement: must be `manifest` or `together`",
        ),
        (
            profile("spread = \"yes\"", ""),
            "spread: expected `true` or `false`",
        ),
        (
            profile("pull_secret = \"A B\"", ""),
            "pull_secret: must be a name of Kubernetes",
        ),
        (
            profile("", "[services.apy]\nscale = { min = 1 }"),
            "services.apy: there is no such service: known are api, edge, mail, tidy",
        ),
        (
            profile("", "[services.mail]\nscale = { min = 3, max = 2 }"),
            "services.mail.scale.max: is less than `min`, 3",
        ),
        (
            profile("", "[services.mail]\nscale = { min = -1 }"),
            "services.mail.scale.min: must be a number from 0 to 1000",
        ),
        (
            profile("", "[services.mail]\nscale = { minimum = 1 }"),
            "services.mail.scale.minimum: unknown key",
        ),
        (
            profile("", "[services.mail]\nscale = { metric = \"load\" }"),
            "metric: must be `concurrency`, `rps`, `cpu` or `memory`",
        ),
        (
            profile("", "[services.mail]\nscale = { window = \"1s\" }"),
            "window: is out of range: choose from 6s to 1h",
        ),
        (
            profile("", "[services.mail]\nscale = { window = 60 }"),
            "window: must be a time with its unit",
        ),
        (
            profile("", "[services.mail]\nscale = { retention = \"1500ms\" }"),
            "retention: must be whole seconds",
        ),
        (
            profile("", "[services.mail]\nresources = { cpu = \"fast\" }"),
            "cpu: must be processors",
        ),
        (
            profile("", "[services.mail]\nresources = { memory = 64 }"),
            "memory: must be memory from 1Mi to 1Ti",
        ),
        (
            profile(
                "",
                "[services.mail]\nresources = { memory = \"64Mi\", memory_limit = \"32Mi\" }",
            ),
            "memory_limit: is less than `memory`",
        ),
        (
            profile(
                "",
                "[services.mail]\nresources = { cpu = \"2\", cpu_limit = \"1\" }",
            ),
            "cpu_limit: is less than `cpu`",
        ),
        (
            profile("", "[services.mail]\nsmoke = [\"health\"]"),
            "smoke[0]: must be a path",
        ),
        (
            profile("", "[services.mail]\nsmoke = \"/health\""),
            "smoke: expected an array",
        ),
        (
            profile("", "[backup]\nstore = \"s3://backups/shop\""),
            "backup: `recipient` is missing: add the public key",
        ),
        (
            profile("", BACKUP),
            "backup.url: nobody says as whom the database is read",
        ),
        (
            profile("", "[sidecar]\ncpu_thousandths = 0"),
            "sidecar.cpu_thousandths: must be a number from 1 to 8000",
        ),
        (
            with(
                PROFILE,
                "token = { secret = \"shop\", key = \"token\" }",
                "token = \"abc\"",
            ),
            "variables.token: is secret, and stands here for all to read",
        ),
        (
            with(
                PROFILE,
                "token = { secret = \"shop\", key = \"token\" }",
                "token = { secret = \"shop\" }",
            ),
            "`key` is missing",
        ),
        (
            with(
                PROFILE,
                "token = { secret = \"shop\", key = \"token\" }",
                "token = { secret = \"Shop\", key = \"token\" }",
            ),
            "variables.token.secret: must be a name of Kubernetes",
        ),
        (
            with(
                PROFILE,
                "token = { secret = \"shop\", key = \"token\" }",
                "token = { secret = \"shop\", key = \"a b\" }",
            ),
            "variables.token.key: must be letters",
        ),
        (
            with(
                PROFILE,
                "token = { secret = \"shop\", key = \"token\" }",
                "",
            ),
            "variables.token: required, and nobody gives it a value",
        ),
        (
            with(PROFILE, "token = {", "greating = \"x\"\ntoken = {"),
            "variables.greating: the manifest has no such variable",
        ),
        (
            with(PROFILE, "url = { secret = \"shop\", key = \"url\" }", ""),
            "database.owner_url: the application has migrations",
        ),
        (
            with(
                PROFILE,
                "url = { secret = \"shop\", key = \"url\" }",
                "owner_url = { secret = \"shop\", key = \"url\" }",
            ),
            "variables.database_url: required",
        ),
        (
            with(
                PROFILE,
                "[database]",
                "[database]\naddresses = [\"10.0.0.0\"]",
            ),
            "database.addresses[0]: must be a network",
        ),
        (
            with(PROFILE, "[database]", "[database]\nport = 0"),
            "database.port: must be a number from 1 to 65535",
        ),
        (
            with(PROFILE, "[database]", "[database]\nconnections = 0"),
            "database.connections: must be a number from 1 to 100",
        ),
        (
            profile("", "[delivery]\nmode = \"dapr\""),
            "delivery.mode: must be `builtin` or `knative`",
        ),
        (
            profile("", "[delivery]\nmode = \"knative\""),
            "delivery.mode: `knative` brings events from Kafka, and no brokers are named",
        ),
        (
            profile("", "[delivery]\nreplicas = 0"),
            "delivery.replicas: must be a number from 1 to 5",
        ),
        (
            profile("", "[delivery]\nscale = { min = 1 }"),
            "delivery: has `scale` or `smoke`",
        ),
        (
            with(PROFILE, "token = {", "brokers = \"kafka:port\"\ntoken = {"),
            "variables: application.trigger.kafka.brokers",
        ),
        (
            with(
                PROFILE,
                "token = {",
                "brokers = \"kafka:9092\"\nprotocol = \"tls\"\ntoken = {",
            ),
            "application.trigger.kafka.security_protocol",
        ),
        (
            profile("", "[kafka]\ntopics = \"auto\""),
            "kafka.topics: must be `list` or `strimzi`",
        ),
        (
            profile("", "[kafka]\nmin_insync = 3\nreplication = 2"),
            "kafka: `min_insync`, 3, is more than `replication`, 2",
        ),
        (
            profile("", "[routing]\nmode = \"gateway\""),
            "routing: `mode = \"gateway\"` needs `host`",
        ),
        (
            profile("", "[routing]\nhost = \"https://shop.example.com\""),
            "routing.host: must be a host's name",
        ),
        (
            profile(
                "",
                "[routing]\nhost = \"shop.example.com\"\nissuer = \"le\"",
            ),
            "routing: `issuer` needs `tls_secret`",
        ),
        (
            profile("", "[routing]\ntls_secret = \"tls\""),
            "routing: `tls_secret` needs `host`",
        ),
        (
            profile("", "[release]\nsteps = [50, 10]"),
            "release.steps: must rise",
        ),
        (
            profile("", "[release]\nsteps = [0]"),
            "release.steps[0]: must be a number from 1 to 99",
        ),
        (
            profile("", "[release]\nhold = \"2h\""),
            "release.hold: is out of range",
        ),
        (
            profile("", "[release]\nmax_errors = 101"),
            "release.max_errors: must be per cent from 0 to 100",
        ),
        (
            profile("", "[network]\nsystem_namespaces = [\"Knative\"]"),
            "network.system_namespaces[0]: must be at most 63",
        ),
        (
            profile("", "[monitoring]\npod_monitors = true"),
            "monitoring.pod_monitors: unknown key; did you mean `pod_monitor`?",
        ),
        (
            profile("", "[dapr]\nenabled = 1"),
            "dapr.enabled: expected `true` or `false`",
        ),
        (
            profile("", "[spin]\nenabled = true"),
            "spin.artifact: nobody says what Spin is to run",
        ),
    ];
    for (profile, expected) in cases {
        let error = render(MANIFEST, profile).expect_err(expected);
        assert!(
            error.contains(expected),
            "expected {expected:?} in:\n{error}"
        );
        assert!(error.contains("shop.toml"), "no file is named in:\n{error}");
    }
    assert!(cases.len() >= 50);
}

#[test]
fn each_manifest_that_cannot_run_there_gets_an_error_that_names_key_and_remedy() {
    let knative = with(
        PROFILE,
        "[database]",
        "brokers = \"kafka:9092\"\n[delivery]\nmode = \"knative\"\n[database]",
    );
    let gateway = profile(
        "",
        "[routing]\nmode = \"gateway\"\nhost = \"shop.example.com\"",
    );
    let statically = "[[trigger.http]]\nroute = \"/robots.txt\"\nstatic_response = { body = \"\" }\n[component.tidy]";
    let cases: &[(String, &str, &str)] = &[
        (
            with(
                MANIFEST,
                "name = \"shop\"",
                "name = \"an-application-of-many-words\"",
            ),
            PROFILE,
            "application.name: `an-application-of-many-words` makes no names",
        ),
        (
            with(
                MANIFEST,
                "schedule = \"0 3 * * *\"",
                "schedule = \"30 0 3 * * *\"",
            ),
            &knative,
            "trigger.cron (tidy): PingSource has no seconds",
        ),
        (
            with(MANIFEST, "outbox_variable = \"database_url\"", ""),
            PROFILE,
            "outbox_variable: the relay keeps its place",
        ),
        (
            with(MANIFEST, "[component.tidy]", statically),
            &gateway,
            "routing.mode: the manifest has a `static_response`",
        ),
        (
            with(MANIFEST, "services.api]", "services.apis]"),
            PROFILE,
            "application.tool.spindrift.services.apis: there is no such service",
        ),
        (
            with(
                MANIFEST,
                "[component.carts]",
                "[component.carts]\ntool.spindrift.scale = { min = 1 }",
            ),
            PROFILE,
            "has `scale`, `resources` or `smoke` beside `service`",
        ),
        (
            MANIFEST.replace("service = \"api\"", "service = \"An API\""),
            PROFILE,
            "service: must be at most 30 lower-case letters",
        ),
    ];
    for (manifest, profile, expected) in cases {
        let error = render(manifest, profile).expect_err(expected);
        assert!(
            error.contains(expected),
            "expected {expected:?} in:\n{error}"
        );
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = profile(
        "placement = \"apart\"",
        "[release]\nsteps = [50, 10]\n[network]\npolicies = 1",
    );
    let error = render(MANIFEST, &text).unwrap_err();
    assert!(error.contains("3 mistakes in shop.toml"), "{error}");
}

#[test]
fn a_function_that_asks_one_of_another_service_is_a_mistake() {
    let mail = "allowed_outbound_hosts = [\"https://mail.example.com\"]";
    let asking = MANIFEST.replace(
        mail,
        "allowed_outbound_hosts = [\"http://tidy.spin.internal\"]",
    );
    let error = render(&asking, &profile("", "")).unwrap_err();
    assert!(
        error.contains("component.mail.allowed_outbound_hosts")
            && error.contains("`tidy` is served by another than `mail`"),
        "{error}"
    );
    // Within one service they may.
    let carts = "source = \"carts.wasm\"";
    let asking = format!("{carts}\nallowed_outbound_hosts = [\"http://orders.spin.internal\"]");
    let asking = MANIFEST.replace(carts, &asking);
    assert!(render(&asking, &profile("", "")).is_ok());
}

#[test]
fn a_channel_of_redis_is_a_mistake_that_names_its_component() {
    let listening = format!(
        "{MANIFEST}\n[[trigger.redis]]\ncomponent = \"tidy\"\nchannel = \"orders\"\n\
         address = \"redis://cache.example.com\"\n"
    );
    let error = render(&listening, PROFILE).unwrap_err();
    assert!(
        error.contains("trigger.redis (trigger-redis-0): messages of Redis are for `tidy`"),
        "{error}"
    );
}
