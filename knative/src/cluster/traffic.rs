//! Which revision gets how much: `spec.traffic` of a Knative service, as data.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::objects::{array, text};

/// A share of a service's traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The revision.
    pub revision: String,
    /// Its share in per cent.
    pub percent: u8,
    /// The tag under which it has an address of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// The traffic of a service as it is: what follows the latest revision is pinned to
/// the one that this means now. Empty for a service of which no revision was ever
/// ready.
pub(crate) fn of_service(service: &Value) -> Vec<Target> {
    let latest = text(service, "/status/latestReadyRevisionName");
    if latest.is_empty() {
        return Vec::new();
    }
    let mut targets = specified(service);
    if targets.is_empty() {
        return vec![whole(latest)];
    }
    for target in &mut targets {
        if target.revision.is_empty() {
            latest.clone_into(&mut target.revision);
        }
    }
    targets.retain(|target| target.percent > 0 || target.tag.is_some());
    targets
}

/// The traffic of a service that names every revision.
pub(crate) fn specified(service: &Value) -> Vec<Target> {
    array(service, "/spec/traffic").iter().map(target).collect()
}

/// A target as a service has it.
pub(crate) fn target(value: &Value) -> Target {
    Target {
        revision: text(value, "/revisionName").to_owned(),
        percent: percent(value),
        tag: value["tag"].as_str().map(str::to_owned),
    }
}

/// All traffic to one revision.
pub(crate) fn whole(revision: &str) -> Target {
    Target {
        revision: revision.to_owned(),
        percent: 100,
        tag: None,
    }
}

/// The traffic when `revision`, tagged `tag`, gets `percent`, and what was there
/// `before` keeps its proportions in the rest. A service without a past gives it all
/// to the revision: Knative starts no service otherwise.
pub(crate) fn at(before: &[Target], revision: &str, percent: u8, tag: &str) -> Vec<Target> {
    let percent = percent.min(100);
    let others: Vec<_> = before
        .iter()
        .filter(|target| target.revision != revision && target.tag.as_deref() != Some(tag))
        .collect();
    let weight: u32 = others.iter().map(|target| u32::from(target.percent)).sum();
    let percent = if weight == 0 { 100 } else { percent };
    let mut targets: Vec<_> = others.into_iter().cloned().collect();
    share(&mut targets, u32::from(100 - percent), weight);
    targets.push(Target {
        revision: revision.to_owned(),
        percent,
        tag: Some(tag.to_owned()),
    });
    targets
}

/// Splits `rest` by the targets' percentages, which add up to `weight`; what rounding
/// leaves goes to those that it cost most.
fn share(targets: &mut [Target], rest: u32, weight: u32) {
    if weight == 0 {
        return;
    }
    let mut left = rest;
    let mut lost = Vec::with_capacity(targets.len());
    for (place, target) in targets.iter_mut().enumerate() {
        let exact = u32::from(target.percent) * rest;
        let whole = exact / weight;
        target.percent = u8::try_from(whole).unwrap_or(100);
        left -= whole;
        lost.push((exact % weight, place));
    }
    lost.sort_by_key(|(remainder, place)| (std::cmp::Reverse(*remainder), *place));
    for (_, place) in lost.into_iter().take(left as usize) {
        targets[place].percent += 1;
    }
}

/// `spec.traffic`.
pub(crate) fn spec(targets: &[Target]) -> Value {
    targets
        .iter()
        .map(|target| {
            let mut value = json!({
                "revisionName": target.revision,
                "percent": target.percent,
            });
            if let Some(tag) = &target.tag {
                value["tag"] = tag.as_str().into();
            }
            value
        })
        .collect()
}

/// Whether a service's status says that its traffic is `targets`.
pub(crate) fn is_at(service: &Value, targets: &[Target]) -> bool {
    let actual = array(service, "/status/traffic");
    actual.len() == targets.len()
        && targets.iter().all(|target| {
            actual.iter().any(|actual| {
                text(actual, "/revisionName") == target.revision
                    && percent(actual) == target.percent
                    && actual["tag"].as_str() == target.tag.as_deref()
            })
        })
}

fn percent(target: &Value) -> u8 {
    let percent = target["percent"].as_u64().unwrap_or(0);
    u8::try_from(percent).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share_of(revision: &str, percent: u8) -> Target {
        Target {
            percent,
            ..whole(revision)
        }
    }

    fn percents(targets: &[Target]) -> Vec<u8> {
        targets.iter().map(|target| target.percent).collect()
    }

    #[test]
    fn what_follows_the_latest_revision_is_pinned_to_it() {
        let service = json!({
            "spec": { "traffic": [{ "latestRevision": true, "percent": 100 }] },
            "status": { "latestReadyRevisionName": "tasks-r1" },
        });
        assert_eq!(of_service(&service), [whole("tasks-r1")]);
    }

    #[test]
    fn a_service_of_which_nothing_was_ever_ready_has_no_traffic() {
        let service = json!({ "spec": { "traffic": [{ "revisionName": "a-1", "percent": 100 }] } });
        assert_eq!(of_service(&service), []);
    }

    #[test]
    fn a_new_revision_stands_beside_the_old_one_at_no_traffic() {
        let targets = at(&[whole("tasks-r1")], "tasks-r2", 0, "r2");
        assert_eq!(percents(&targets), [100, 0]);
        assert_eq!(targets[1].tag.as_deref(), Some("r2"));
    }

    #[test]
    fn the_first_revision_of_a_service_gets_everything() {
        assert_eq!(percents(&at(&[], "tasks-r1", 0, "r1")), [100]);
    }

    #[test]
    fn shares_keep_their_proportions_and_add_up_to_a_hundred() {
        let before = [share_of("a", 34), share_of("b", 33), share_of("c", 33)];
        for percent in 0..=100 {
            let targets = at(&before, "d", percent, "d");
            let sum: u32 = targets.iter().map(|t| u32::from(t.percent)).sum();
            assert_eq!(sum, 100, "{targets:?}");
            assert!(
                targets[..3]
                    .windows(2)
                    .all(|pair| pair[0].percent + 1 >= pair[1].percent)
            );
        }
    }

    #[test]
    fn a_revision_that_has_a_share_already_is_not_listed_twice() {
        let before = [share_of("a", 90), share_of("b", 10)];
        assert_eq!(percents(&at(&before, "b", 50, "b")), [50, 50]);
    }

    #[test]
    fn the_status_is_compared_without_regard_to_order() {
        let targets = [share_of("a", 90), share_of("b", 10)];
        let mut service = json!({ "status": { "traffic": [
            { "revisionName": "b", "percent": 10 }, { "revisionName": "a", "percent": 90 },
        ] } });
        assert!(is_at(&service, &targets));
        service["status"]["traffic"][0]["percent"] = 20.into();
        assert!(!is_at(&service, &targets));
    }
}
