//! What goes wrong, where a test says so.

use std::time::Duration;

use super::answer::Refusal;
use super::calls::Call;

/// Which calls a fault befalls. Everything that is not named fits.
#[derive(Clone, Debug, Default)]
pub struct Match {
    verb: Option<&'static str>,
    resource: Option<String>,
    name: Option<String>,
    dry_run: Option<bool>,
}

impl Match {
    /// Every call.
    pub fn any() -> Self {
        Self::default()
    }

    /// Calls of a verb, as in a Role.
    pub fn verb(verb: &'static str) -> Self {
        Self {
            verb: Some(verb),
            ..Self::default()
        }
    }

    /// Of a resource, such as `deployments.apps` or `pods/log`.
    #[must_use]
    pub fn resource(mut self, resource: &str) -> Self {
        self.resource = Some(resource.to_owned());
        self
    }

    /// About the object of a name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Only, or but, those that change nothing.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = Some(dry_run);
        self
    }

    fn fits(&self, call: &Call) -> bool {
        self.verb.is_none_or(|verb| verb == call.verb)
            && self.resource.as_ref().is_none_or(|it| *it == call.resource)
            && self.name.as_ref().is_none_or(|it| *it == call.name)
            && self.dry_run.is_none_or(|it| it == call.dry_run)
    }
}

/// One thing that goes wrong: once, before the call has an effect, unless said otherwise.
#[derive(Clone, Debug)]
pub struct Fault {
    pub(super) action: Action,
    pub(super) after: bool,
    skip: usize,
    left: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Refuse(Refusal),
    Delay(Duration),
    Cut,
    Vanish,
}

impl Fault {
    fn new(action: Action) -> Self {
        Self {
            action,
            after: false,
            skip: 0,
            left: Some(1),
        }
    }

    /// An answer of this status, reason and message.
    pub fn status(code: u16, reason: &'static str, message: &str) -> Self {
        Self::new(Action::Refuse(Refusal::new(code, reason, message)))
    }

    /// Somebody else has changed the object meanwhile.
    pub fn conflict() -> Self {
        let message = "Operation cannot be fulfilled: the object has been modified; please \
                       apply your changes to the latest version and try again";
        Self::status(409, "Conflict", message)
    }

    /// An admission webhook refuses.
    pub fn webhook(webhook: &str, why: &str) -> Self {
        let message = format!("admission webhook \"{webhook}\" denied the request: {why}");
        Self::status(403, "Forbidden", &message)
    }

    /// A quota is exhausted.
    pub fn quota(quota: &str, what: &str) -> Self {
        let message = format!("forbidden: exceeded quota: {quota}, {what}");
        Self::status(403, "Forbidden", &message)
    }

    /// The server has too much to do, and says when to come again.
    pub fn too_many_requests(seconds: u32) -> Self {
        let message =
            "the server has received too many requests and has asked us to try again later";
        let mut refusal = Refusal::new(429, "TooManyRequests", message);
        refusal.retry_after = Some(seconds);
        Self::new(Action::Refuse(refusal))
    }

    /// The server fails.
    pub fn internal() -> Self {
        let message = "Internal error occurred: etcdserver: leader changed";
        Self::status(500, "InternalError", message)
    }

    /// The server gives up.
    pub fn timeout() -> Self {
        let message = "Timeout: request did not complete within the allotted timeout";
        Self::status(504, "Timeout", message)
    }

    /// The token has expired.
    pub fn unauthorized() -> Self {
        Self::status(401, "Unauthorized", "Unauthorized")
    }

    /// The answer takes so much longer.
    pub fn delay(duration: Duration) -> Self {
        Self::new(Action::Delay(duration))
    }

    /// The connection breaks off without an answer.
    pub fn cut() -> Self {
        Self::new(Action::Cut)
    }

    /// Somebody else deletes the object that the call is about.
    pub fn vanish() -> Self {
        Self::new(Action::Vanish)
    }

    /// The call has had its effect when it goes wrong.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.after = true;
        self
    }

    /// So often.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.left = Some(times);
        self
    }

    /// Every time.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.left = None;
        self
    }

    /// Only after so many calls went well.
    #[must_use]
    pub fn skip(mut self, calls: usize) -> Self {
        self.skip = calls;
        self
    }
}

/// All that a test has asked for.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(Match, Fault)>);

impl Faults {
    pub(super) fn add(&mut self, calls: Match, fault: Fault) {
        self.0.push((calls, fault));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What befalls this call, in the order in which the test asked for it.
    pub(super) fn take(&mut self, call: &Call) -> Vec<Fault> {
        let mut taken = Vec::new();
        for (calls, fault) in &mut self.0 {
            if !calls.fits(call) || fault.left == Some(0) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(left) = &mut fault.left {
                *left -= 1;
            }
            taken.push(fault.clone());
        }
        taken
    }
}
