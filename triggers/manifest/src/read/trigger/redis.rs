//! `[[trigger.redis]]`.

use super::{NO_COMPONENT, Scope, refuse_what_does_not_run};
use crate::app::Handler;
use crate::fields::{Field, Fields};
use crate::read::redis::{address, channel};
use crate::redis::RedisTrigger;

/// The triggers read so far.
#[derive(Default)]
pub(super) struct RedisTriggers {
    pub(super) list: Vec<RedisTrigger>,
}

impl RedisTriggers {
    pub(super) fn read(
        &mut self,
        id: String,
        field: &Field<'_>,
        mut fields: Fields<'_>,
        scope: &mut Scope<'_>,
    ) {
        let component = fields
            .require("component", NO_COMPONENT)
            .and_then(|field| scope.component_for(&id, &field, Handler::Message));
        let channel = fields
            .require("channel", "add `channel = \"...\"`")
            .and_then(|field| channel(&field, scope.variables));
        let address = match fields.take("address") {
            Some(own) => address(&own, scope.variables),
            None => {
                if scope.redis.is_none() {
                    field.error(
                        "nobody says where the channel is: add `address = \"redis://localhost:6379\"`, \
                         say, here or in `[application.trigger.redis]`",
                    );
                }
                scope.redis.cloned()
            }
        };
        refuse_what_does_not_run(&mut fields);
        fields.finish();
        // A trigger without one of these has a mistake, so nobody misses it.
        if let (Some(component), Some(channel), Some(address)) = (component, channel, address) {
            self.list.push(RedisTrigger {
                id,
                component,
                channel,
                address,
                line: field.line(),
            });
        }
    }
}
