//! `[[trigger.kafka]]`.

use std::collections::BTreeMap;

use super::{NO_COMPONENT, Scope, refuse_what_does_not_run};
use crate::app::Handler;
use crate::fields::{Field, Fields};
use crate::kafka::{InitialOffset, KafkaTopic, KafkaTrigger, Retry};
use crate::names::is_topic_name;
use crate::read::choice::choice;
use crate::read::quantity::{count, duration};

const OFFSETS: [(&str, InitialOffset); 2] = [
    ("earliest", InitialOffset::Earliest),
    ("latest", InitialOffset::Latest),
];

/// The triggers read so far.
#[derive(Default)]
pub(super) struct KafkaTriggers {
    pub(super) list: Vec<KafkaTrigger>,
    /// The groups and their topics, and where.
    readers: BTreeMap<(String, String), usize>,
}

impl KafkaTriggers {
    pub(super) fn read(
        &mut self,
        id: String,
        field: &Field<'_>,
        mut fields: Fields<'_>,
        scope: &mut Scope<'_>,
    ) {
        let component = fields
            .require("component", NO_COMPONENT)
            .and_then(|field| scope.component_for(&id, &field, Handler::Http));
        let topics = read_topics(field, &mut fields);
        let group = fields
            .take("group")
            .map(|field| read_group(&field))
            .unwrap_or_else(|| Some(format!("{}.{}", scope.application, component.as_ref()?)));
        let initial_offset = fields
            .take("initial_offset")
            .and_then(|field| choice(&field, &OFFSETS));
        let concurrency = fields
            .take("concurrency")
            .and_then(|field| count(&field, 1..=1000));
        let retry = fields
            .take("retry")
            .and_then(|field| read_retry(&field))
            .unwrap_or_default();
        let topics = with_dead_letters(topics, fields.take("dead_letter_topic").as_ref());
        refuse_what_does_not_run(&mut fields);
        fields.finish();
        // A trigger without one of these has a mistake, so nobody misses it.
        if let (Some(component), Some(group)) = (component, group) {
            self.check_readers(field, &group, &topics);
            self.list.push(KafkaTrigger {
                id,
                component,
                topics,
                group,
                initial_offset: initial_offset.unwrap_or_default(),
                concurrency,
                retry,
                line: field.line(),
            });
        }
    }

    /// A group hands each record to one of its readers.
    fn check_readers(&mut self, field: &Field<'_>, group: &str, topics: &[KafkaTopic]) {
        for topic in topics {
            let reader = (group.to_owned(), topic.name.clone());
            if let Some(line) = self.readers.get(&reader) {
                field.error(format!(
                    "reads topic `{}` in group `{group}`, as the trigger on line {line} does, and \
                     each record reaches one of the two alone: remove one, or give one another \
                     `group`",
                    topic.name
                ));
            } else {
                self.readers.insert(reader, field.line());
            }
        }
    }
}

/// The topics that are named, each with the place that names it.
fn read_topics<'d>(trigger: &Field<'_>, fields: &mut Fields<'d>) -> Vec<(String, Field<'d>)> {
    let elements = match (fields.take("topic"), fields.take("topics")) {
        (Some(one), None) => vec![one],
        (None, Some(several)) => {
            if several.node.is_void() {
                several.error("must name a topic at least");
            }
            several.elements()
        }
        (Some(_), Some(_)) => {
            trigger.error("has a `topic` and `topics`: remove one of the two");
            Vec::new()
        }
        (None, None) => {
            trigger.error("reads nothing: add `topic = \"...\"`, or `topics = [...]`");
            Vec::new()
        }
    };
    let mut topics: Vec<(String, Field<'d>)> = Vec::new();
    for element in elements {
        let Some(name) = read_topic(&element) else {
            continue;
        };
        if topics.iter().any(|(known, _)| *known == name) {
            element.error(format!("names topic `{name}` again: remove one"));
        } else {
            topics.push((name, element));
        }
    }
    topics
}

fn read_topic(field: &Field<'_>) -> Option<String> {
    let name = field.text()?;
    if !is_topic_name(name) {
        field.error(
            "is no name of a topic: write at most 249 letters, digits, `-`, `_` and `.`, as in \
             `todo-events`",
        );
        return None;
    }
    Some(name.to_owned())
}

fn with_dead_letters(
    topics: Vec<(String, Field<'_>)>,
    named: Option<&Field<'_>>,
) -> Vec<KafkaTopic> {
    let chosen = named.and_then(read_topic);
    if let (Some(field), Some(chosen)) = (named, &chosen)
        && topics.iter().any(|(name, _)| name == chosen)
    {
        field.error(
            "is a topic that this trigger reads, so a dead letter would come back: choose another",
        );
    }
    let topic = |(name, field): (String, Field<'_>)| {
        let dead_letter_topic = chosen.clone().unwrap_or_else(|| format!("{name}.dlq"));
        if !is_topic_name(&dead_letter_topic) {
            field.error("leaves no room for `.dlq` at its end: name a `dead_letter_topic`");
        }
        KafkaTopic {
            name,
            dead_letter_topic,
        }
    };
    topics.into_iter().map(topic).collect()
}

fn read_group(field: &Field<'_>) -> Option<String> {
    let group = field.some_text()?;
    if group.len() > 249 || !group.bytes().all(|b| b.is_ascii_graphic()) {
        field.error(
            "must be at most 249 printable characters without spaces: write `my-group`, say",
        );
    }
    Some(group.to_owned())
}

fn read_retry(field: &Field<'_>) -> Option<Retry> {
    let mut fields = field.fields()?;
    let usual = Retry::default();
    let retries = fields
        .take("retries")
        .and_then(|field| count(&field, 0..=1000));
    let retry = Retry {
        retries: retries.unwrap_or(usual.retries),
        first: duration(&mut fields, "first").unwrap_or(usual.first),
        cap: duration(&mut fields, "cap").unwrap_or(usual.cap),
    };
    if retry.first > retry.cap {
        field.error(format!(
            "its `first` wait is longer than its `cap` ({} ms): make `first` shorter, or `cap` longer",
            retry.cap.as_millis()
        ));
    }
    fields.finish();
    Some(retry)
}
