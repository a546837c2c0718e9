//! `[[trigger.cron]]`.

use std::collections::BTreeMap;

use chrono_tz::{TZ_VARIANTS, Tz};

use super::{NO_COMPONENT, Scope, refuse_what_does_not_run};
use crate::app::Handler;
use crate::cron::{CatchUp, CronTrigger, Overlap};
use crate::fields::{Field, Fields};
use crate::names::is_resource_name;
use crate::read::choice::choice;
use crate::schedule::Schedule;
use crate::suggest::did_you_mean;

const OVERLAPS: [(&str, Overlap); 2] = [("skip", Overlap::Skip), ("allow", Overlap::Allow)];
const CATCH_UPS: [(&str, CatchUp); 2] = [("one", CatchUp::One), ("none", CatchUp::None)];

/// The triggers read so far; those without a name have an empty one.
#[derive(Default)]
pub(super) struct CronTriggers {
    list: Vec<CronTrigger>,
    /// The names given, and where.
    names: BTreeMap<String, usize>,
}

impl CronTriggers {
    pub(super) fn read(
        &mut self,
        id: String,
        field: &Field<'_>,
        mut fields: Fields<'_>,
        scope: &mut Scope<'_>,
    ) {
        let component = fields
            .require("component", NO_COMPONENT)
            .and_then(|field| scope.component_for(&id, &field, Handler::CronEvent));
        let schedule = read_schedule(field, &mut fields);
        let time_zone = fields
            .take("time_zone")
            .map_or(Some(Tz::UTC), |field| read_zone(&field));
        let name = fields.take("name").and_then(|field| self.read_name(&field));
        let overlap = fields
            .take("overlap")
            .and_then(|field| choice(&field, &OVERLAPS));
        let catch_up = fields
            .take("catch_up")
            .and_then(|field| choice(&field, &CATCH_UPS));
        refuse_what_does_not_run(&mut fields);
        fields.finish();
        // A trigger without one of these has a mistake, so nobody misses it.
        if let (Some(component), Some(schedule), Some(time_zone)) = (component, schedule, time_zone)
        {
            self.list.push(CronTrigger {
                id,
                name: name.unwrap_or_default(),
                component,
                schedule,
                time_zone,
                overlap: overlap.unwrap_or_default(),
                catch_up: catch_up.unwrap_or_default(),
                line: field.line(),
            });
        }
    }

    /// The triggers, those without a name called after their components.
    pub(super) fn finish(mut self) -> Vec<CronTrigger> {
        for trigger in self.list.iter_mut().filter(|one| one.name.is_empty()) {
            let mut name = trigger.component.clone();
            let mut number = 2;
            while self.names.contains_key(&name) {
                name = format!("{}-{number}", trigger.component);
                number += 1;
            }
            self.names.insert(name.clone(), trigger.line);
            trigger.name = name;
        }
        self.list
    }

    fn read_name(&mut self, field: &Field<'_>) -> Option<String> {
        let name = field.some_text()?;
        if !is_resource_name(name) {
            field.error(
                "must be at most 63 letters, digits, `-`, `_` and `.`, beginning with a letter: \
                 write `my-job`, say",
            );
        }
        if let Some(line) = self.names.insert(name.to_owned(), field.line()) {
            field.error(format!(
                "`{name}` is the name on line {line} too, and each job has one of its own: rename \
                 one"
            ));
        }
        Some(name.to_owned())
    }
}

fn read_schedule(trigger: &Field<'_>, fields: &mut Fields<'_>) -> Option<Schedule> {
    let field = match (fields.take("schedule"), fields.take("cron_expression")) {
        (Some(field), None) | (None, Some(field)) => field,
        (Some(_), Some(_)) => {
            trigger.error("has a `schedule` and a `cron_expression`: remove one of the two");
            return None;
        }
        (None, None) => {
            trigger.error("never fires: add `schedule = \"*/5 * * * *\"`, say");
            return None;
        }
    };
    match Schedule::parse(field.some_text()?) {
        Ok(schedule) => Some(schedule),
        Err(error) => {
            field.error(error.to_string());
            None
        }
    }
}

fn read_zone(field: &Field<'_>) -> Option<Tz> {
    let name = field.some_text()?;
    if let Ok(zone) = name.parse() {
        return Some(zone);
    }
    let near = did_you_mean(name, TZ_VARIANTS.iter().map(|zone| zone.name()));
    let remedy = if near.is_empty() {
        ": write a name such as `Europe/Berlin`, or leave it out for UTC"
    } else {
        &near
    };
    field.error(format!("`{name}` is no IANA time zone{remedy}"));
    None
}
