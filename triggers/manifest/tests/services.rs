//! Services: where components are placed, and how those scale.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::time::Duration;

use spindrift_manifest::{App, Checks, Metric, ServiceSettings};

fn app(settings: &str) -> Result<App, String> {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "spin_manifest_version = 2\n[application]\nname = \"shop\"\n[[trigger.http]]\nroute = \"/\"\n\
         component = \"orders\"\n[component.orders]\nsource = \"orders.wasm\"\n{settings}"
    );
    std::fs::write(folder.path().join("spin.toml"), text).unwrap();
    spindrift_manifest::load(folder.path(), &Checks::default()).map_err(|error| error.to_string())
}

#[test]
fn a_component_has_a_service_to_itself_with_settings_of_its_own() {
    let text = r#"
[component.orders.tool.spindrift]
smoke = ["/health"]
scale = { min = 1, max = 0, metric = "rps", target = 50, window = "1m", retention = "0s" }
resources = { cpu = "0.25", memory = "64Mi", cpu_limit = 1, memory_limit = "1GiB" }
"#;
    let app = app(text).unwrap();
    let settings = &app.components["orders"].settings;
    assert_eq!(settings.service, None);
    let own = &settings.own;
    assert_eq!(own.smoke.as_deref(), Some(&["/health".to_owned()][..]));
    assert_eq!((own.scale.min, own.scale.max), (Some(1), Some(0)));
    assert_eq!(own.scale.metric, Some(Metric::Rps));
    assert_eq!(own.scale.window, Some(Duration::from_secs(60)));
    assert_eq!(own.resources.cpu, Some(250));
    assert_eq!(own.resources.cpu_limit, Some(1000));
    assert_eq!(own.resources.memory, Some(64 << 20));
    assert_eq!(own.resources.memory_limit, Some(1 << 30));
}

#[test]
fn a_component_is_placed_in_a_service_of_the_application() {
    let text = r#"
[component.orders.tool.spindrift]
service = "api"
[application.tool.spindrift.services.api]
scale = { min = 2 }
"#;
    let app = app(text).unwrap();
    let settings = &app.components["orders"].settings;
    assert_eq!(settings.service.as_deref(), Some("api"));
    assert_eq!(settings.own, ServiceSettings::default());
    assert_eq!(app.settings.services["api"].scale.min, Some(2));
}

#[test]
fn what_is_said_first_goes_before_what_is_said_later() {
    let mut first = ServiceSettings::default();
    let mut second = ServiceSettings::default();
    first.scale.min = Some(3);
    second.scale.min = Some(1);
    second.resources.cpu = Some(100);
    let both = first.or(&second);
    assert_eq!((both.scale.min, both.resources.cpu), (Some(3), Some(100)));
}

#[test]
fn a_service_is_named_as_kubernetes_names_things() {
    for name in [
        "API",
        "2api",
        "my_api",
        "api-",
        "an-api-whose-name-is-far-too-long",
    ] {
        let error = app(&format!(
            "[component.orders.tool.spindrift]\nservice = {name:?}\n"
        ))
        .unwrap_err();
        assert!(
            error.contains("orders.tool.spindrift.service: must be at most 30"),
            "{error}"
        );
    }
}
