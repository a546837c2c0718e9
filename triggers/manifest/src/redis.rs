//! `[[trigger.redis]]`: what is called with the messages of channels.

use std::collections::BTreeMap;
use std::fmt;

use crate::app::App;
use crate::diagnostics::{Diagnostics, Report};
use crate::read::redis::{check_address, check_channel};
use crate::template::{NoValue, Template};

/// One `[[trigger.redis]]`: a component's subscription.
#[derive(Clone, Debug)]
pub struct RedisTrigger {
    /// Its `id`, or `trigger-redis-<n>` from 0, when the manifest gives none.
    pub id: String,
    /// The component of this id. It is in `App::components`.
    pub component: String,
    /// `channel`: a template over the application's variables.
    pub channel: Template,
    /// `address`, or that of `[application.trigger.redis]` when it has none: the same.
    pub address: Template,
    /// The line of the manifest, from 1.
    pub line: usize,
}

/// A subscription with every variable's value. Its `Debug` leaves out the address, in
/// which a password may be.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisSubscription {
    /// The trigger's id.
    pub trigger: String,
    /// The component to call.
    pub component: String,
    /// The channel; its name has no control characters.
    pub channel: String,
    /// `redis://...` or `rediss://...`, with a host.
    pub address: String,
}

impl fmt::Debug for RedisSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSubscription")
            .field("trigger", &self.trigger)
            .field("component", &self.component)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

impl App {
    /// The subscriptions of `[[trigger.redis]]`, with `values` before the variables'
    /// defaults.
    ///
    /// # Errors
    ///
    /// A variable without a value, or what is malformed once expanded. The messages show
    /// neither values nor addresses.
    pub fn redis_subscriptions(
        &self,
        values: &BTreeMap<String, String>,
    ) -> Result<Vec<RedisSubscription>, Diagnostics> {
        let report = Report::on("");
        let values = self.with_defaults(values);
        let expand = |trigger: &RedisTrigger, key: &str, template: &Template, check: Check| {
            let expanded = match template.expand(&values) {
                Ok(text) => check(&text)
                    .map(|()| text)
                    .map_err(|message| format!("is malformed once expanded: it {message}")),
                Err(NoValue(name)) => Err(format!(
                    "variable `{name}` has no value: give it one with `--variable {name}=...`"
                )),
            };
            let place = format!("trigger.redis ({}).{key}", trigger.id);
            expanded
                .map_err(|message| report.error_on_line(template.line(), place, message))
                .ok()
        };
        let one = |trigger: &RedisTrigger| {
            let channel = expand(trigger, "channel", &trigger.channel, check_channel);
            let address = expand(trigger, "address", &trigger.address, check_address);
            Some(RedisSubscription {
                trigger: trigger.id.clone(),
                component: trigger.component.clone(),
                channel: channel?,
                address: address?,
            })
        };
        let subscriptions = self.redis.iter().filter_map(one).collect();
        report.finish(&self.manifest)?;
        Ok(subscriptions)
    }
}

/// Says what is wrong with a text, as what it must be.
type Check = fn(&str) -> Result<(), String>;
