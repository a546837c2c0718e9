//! Whom pods are to the API server: nobody.

use k8s_openapi::api::core::v1::ServiceAccount;

use super::meta::named;
use super::push;
use crate::object::{Object, Stage};
use crate::plan::Plan;

/// Functions have nothing to say to the API server, so their account has no token.
pub(super) fn add(plan: &Plan<'_>, objects: &mut Vec<Object>) {
    let account = ServiceAccount {
        metadata: named(plan, plan.prefix.clone(), "functions"),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    };
    push(objects, Stage::Ground, account);
}
