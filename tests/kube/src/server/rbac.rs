//! What a client may do: the rules of the Roles that a test gives it (RBAC).

use serde_json::{Value, json};

use super::answer::Refusal;

/// The client's user name.
const USER: &str = "system:serviceaccount:default:deployer";

/// Something that a client wants to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) verb: &'a str,
    pub(super) group: &'a str,
    /// With the subresource: `pods/log`.
    pub(super) resource: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

/// The rules of all roles that are bound. Without any role everything is allowed.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// The namespace, or none where a rule holds in all of them, and the rule.
    granted: Option<Vec<(Option<String>, Value)>>,
}

impl Rules {
    /// Binds a Role or ClusterRole: in a namespace, or everywhere.
    pub(super) fn bind(&mut self, role: &Value, namespace: Option<&str>) {
        let rules = role["rules"].as_array().into_iter().flatten();
        let granted = self.granted.get_or_insert_default();
        granted.extend(rules.map(|rule| (namespace.map(str::to_owned), rule.clone())));
    }

    pub(super) fn allow(&self, attempt: &Attempt<'_>) -> bool {
        let Some(granted) = &self.granted else {
            return true;
        };
        granted.iter().any(|(namespace, rule)| {
            let here = namespace
                .as_ref()
                .is_none_or(|namespace| namespace == attempt.namespace);
            here && covers(rule, attempt)
        })
    }

    /// What a `SelfSubjectAccessReview` is answered.
    pub(super) fn review(&self, mut review: Value) -> Value {
        let asked = &review["spec"]["resourceAttributes"];
        let text = |key: &str| asked[key].as_str().unwrap_or_default();
        let resource = match text("subresource") {
            "" => text("resource").to_owned(),
            subresource => format!("{}/{subresource}", text("resource")),
        };
        let allowed = self.allow(&Attempt {
            verb: text("verb"),
            group: text("group"),
            resource: &resource,
            namespace: text("namespace"),
            name: text("name"),
        });
        review["status"] = json!({ "allowed": allowed });
        review
    }
}

impl Attempt<'_> {
    pub(super) fn refusal(&self) -> Refusal {
        let Self {
            verb,
            group,
            resource,
            namespace,
            name,
        } = self;
        let dotted = if group.is_empty() {
            (*resource).to_owned()
        } else {
            format!("{resource}.{group}")
        };
        let named = if name.is_empty() {
            String::new()
        } else {
            format!(" \"{name}\"")
        };
        let place = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{namespace}\"")
        };
        let message = format!(
            "{dotted}{named} is forbidden: User \"{USER}\" cannot {verb} resource \
             \"{resource}\" in API group \"{group}\" {place}"
        );
        Refusal::new(403, "Forbidden", message)
    }
}

fn covers(rule: &Value, attempt: &Attempt<'_>) -> bool {
    let lists = |key: &str, wanted: &str| {
        let listed = rule[key].as_array().into_iter().flatten();
        listed
            .filter_map(Value::as_str)
            .any(|each| each == "*" || each == wanted)
    };
    let names = rule["resourceNames"].as_array();
    lists("verbs", attempt.verb)
        && lists("apiGroups", attempt.group)
        && lists("resources", attempt.resource)
        && names.is_none_or(|names| names.is_empty() || lists("resourceNames", attempt.name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Attempt, Rules};

    #[test]
    fn a_role_allows_what_its_rules_list_and_nothing_else() {
        let mut rules = Rules::default();
        let get = Attempt {
            verb: "get",
            group: "apps",
            resource: "deployments",
            namespace: "todo",
            name: "relay",
        };
        assert!(rules.allow(&get), "no role was bound");
        let rule = json!({
            "apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"],
            "resourceNames": ["relay"],
        });
        rules.bind(&json!({ "rules": [rule] }), Some("todo"));
        assert!(rules.allow(&get));
        for other in [
            Attempt {
                verb: "list",
                ..get
            },
            Attempt { group: "", ..get },
            Attempt {
                resource: "deployments/status",
                ..get
            },
            Attempt {
                namespace: "default",
                ..get
            },
            Attempt {
                name: "edge",
                ..get
            },
        ] {
            assert!(!rules.allow(&other), "{other:?}");
        }
    }
}
