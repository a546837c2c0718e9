//! What is listened to, and for whom.

use spindrift_manifest::RedisSubscription;

use crate::{Address, Error};

/// A component's subscription to a channel.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The component to call.
    pub component: String,
    /// The channel.
    pub channel: String,
    /// Where it is.
    pub address: Address,
}

impl Subscription {
    /// The subscription of a trigger in the manifest.
    ///
    /// # Errors
    ///
    /// [`Error::Address`].
    pub fn new(trigger: &RedisSubscription) -> Result<Self, Error> {
        Ok(Self {
            component: trigger.component.clone(),
            channel: trigger.channel.clone(),
            address: Address::parse(&trigger.address)?,
        })
    }
}
