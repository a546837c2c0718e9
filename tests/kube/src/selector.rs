//! Label and field selectors, in the grammar of Kubernetes.

use serde_json::Value;

/// Which objects a list or a watch is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    Exists(String),
    Absent(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
}

impl Selector {
    /// Both selectors, as they come in a query; empty ones select everything.
    /// `None` when one cannot be read.
    pub(crate) fn parse(labels: &str, fields: &str) -> Option<Self> {
        let parse = |text| -> Option<Vec<Requirement>> {
            parts(text).into_iter().map(requirement).collect()
        };
        Some(Self {
            labels: parse(labels)?,
            fields: parse(fields)?,
        })
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"].get(key).cloned();
        let field = |path: &str| {
            let pointer = format!("/{}", path.replace('.', "/"));
            object.pointer(&pointer).cloned()
        };
        self.labels.iter().all(|each| each.holds(label))
            && self.fields.iter().all(|each| each.holds(field))
    }
}

impl Requirement {
    fn holds(&self, value: impl Fn(&str) -> Option<Value>) -> bool {
        let among = |key: &str, wanted: &[String]| {
            let is = value(key);
            let is = is.as_ref().and_then(Value::as_str);
            is.is_some_and(|is| wanted.iter().any(|each| each == is))
        };
        match self {
            Self::Exists(key) => value(key).is_some(),
            Self::Absent(key) => value(key).is_none(),
            Self::In(key, wanted) => among(key, wanted),
            Self::NotIn(key, wanted) => !among(key, wanted),
        }
    }
}

/// What stands between commas that are in no parentheses.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    });
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

fn requirement(text: &str) -> Option<Requirement> {
    let owned = |text: &str| text.trim().to_owned();
    if let Some((key, values)) = text.split_once('(') {
        let values = values.strip_suffix(')')?.split(',').map(owned).collect();
        let (key, operator) = key.trim().split_once(' ')?;
        return match operator.trim() {
            "in" => Some(Requirement::In(owned(key), values)),
            "notin" => Some(Requirement::NotIn(owned(key), values)),
            _ => None,
        };
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Some(Requirement::NotIn(owned(key), vec![owned(value)]));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Some(Requirement::In(owned(key), vec![owned(value)]));
    }
    match text.strip_prefix('!') {
        Some(key) => Some(Requirement::Absent(owned(key))),
        None => Some(Requirement::Exists(owned(text))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Selector;

    fn selects(labels: &str, fields: &str) -> bool {
        let object = json!({ "metadata": { "name": "a", "labels": { "x": "1", "y.z/w": "2" } } });
        Selector::parse(labels, fields).unwrap().matches(&object)
    }

    #[test]
    fn labels_and_fields_select() {
        for labels in [
            "",
            "x",
            "!v",
            "x=1",
            "y.z/w==2,x!=2",
            "x in (0, 1),x notin (2,3)",
            "v!=1",
        ] {
            assert!(selects(labels, "metadata.name=a"), "{labels}");
        }
        for labels in ["v", "!x", "x=2", "x=1,y.z/w=1", "x notin (1)", "v in (1)"] {
            assert!(!selects(labels, ""), "{labels}");
        }
        assert!(!selects("", "metadata.name!=a"));
        assert!(Selector::parse("x within (1)", "").is_none());
    }
}
