//! Names and labels.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use crate::labels;
use crate::plan::Plan;

pub(super) type Labels = BTreeMap<String, String>;

/// An object of the application, for one of its services, relays or jobs.
pub(super) fn meta(plan: &Plan<'_>, of: &str) -> ObjectMeta {
    named(plan, plan.name(of), of)
}

/// The same under a name of its own.
pub(super) fn named(plan: &Plan<'_>, name: String, of: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(plan.profile.namespace.clone()),
        labels: Some(labels(plan, of)),
        ..ObjectMeta::default()
    }
}

/// The labels of everything that belongs to `of`.
pub(super) fn labels(plan: &Plan<'_>, of: &str) -> Labels {
    let mut labels = selector(plan, of);
    labels.insert(labels::MANAGED_BY.to_owned(), labels::MANAGER.to_owned());
    labels
}

/// The labels of the pods of a release.
pub(super) fn pod_labels(plan: &Plan<'_>, of: &str, release: &str) -> Labels {
    let mut labels = labels(plan, of);
    labels.insert(labels::RELEASE.to_owned(), release.to_owned());
    // An application without a version has none to show.
    if is_label(&plan.app.version) {
        labels.insert(labels::VERSION.to_owned(), plan.app.version.clone());
    }
    labels
}

/// By which the pods of `of` are found, in all releases.
pub(super) fn selector(plan: &Plan<'_>, of: &str) -> Labels {
    Labels::from([
        (labels::NAME.to_owned(), of.to_owned()),
        (labels::PART_OF.to_owned(), plan.prefix.clone()),
    ])
}

/// A selector of these labels.
pub(super) fn matching(labels: Labels) -> LabelSelector {
    LabelSelector {
        match_labels: Some(labels),
        match_expressions: None,
    }
}

/// Whether it is a value that labels take.
fn is_label(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    text.len() <= 63
        && text.bytes().all(fits)
        && ends(text.bytes().next())
        && ends(text.bytes().last())
}
