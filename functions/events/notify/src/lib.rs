//! Tells people what they want to know.
//!
//! What came by itself (a reminder, a task that is due) is told when the task, looked
//! at in the same transaction, still has the time that it was planned for. What the
//! person does to a task takes back what was held for later and is wrong now. Other
//! events are none of this function's business.

mod channel;
mod occasions;
mod tasks;
mod welcome;

use domain::account::event::{SIGNED_UP, SignedUp};
use domain::event::recurring::{self, SeriesDue};
use domain::notification::Occasion;
use domain::reminder::{self, DueSoon, Overdue, ReminderDue};
use domain::task::{TaskPayload, kinds as task};
use kit::event::{CloudEvent, misfit};
use kit::{HttpRequest, HttpResponse, Problem};
use spin_sdk::http_service;
use store::Scope;
use uuid::Uuid;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::event::serve(request, "notify", read, act).await
}

/// What there is to do about an event.
enum Work {
    /// Tell this person of something about their task.
    Tell(Uuid, Occasion),
    /// Take back what does not fit this person's task any more.
    Withdraw(Uuid, Uuid),
    /// Forget this person's task, which is gone.
    Forget(Uuid, Uuid),
    /// Welcome this person.
    Welcome(Uuid, SignedUp),
}

fn read(event: &CloudEvent) -> Result<Option<Work>, Problem> {
    let Some(kind) = event.kind() else {
        return Ok(None);
    };
    // Before the event is opened: of what is ignored, no version is unknown.
    if !HANDLED.contains(&kind) {
        return Ok(None);
    }
    let envelope = event.envelope(kind)?;
    let user = envelope.user_id;
    let tell = |occasion| Work::Tell(user, occasion);
    let work = match kind {
        reminder::DUE => envelope
            .payload()
            .map(|event: ReminderDue| tell(event.into())),
        reminder::DUE_SOON => envelope.payload().map(|event: DueSoon| tell(event.into())),
        reminder::OVERDUE => envelope.payload().map(|event: Overdue| tell(event.into())),
        recurring::DUE => envelope
            .payload()
            .map(|event: SeriesDue| tell(event.into())),
        task::DELETED => envelope
            .payload()
            .map(|task: TaskPayload| Work::Forget(user, task.id)),
        SIGNED_UP => envelope.payload().map(|person| Work::Welcome(user, person)),
        _ => envelope
            .payload()
            .map(|task: TaskPayload| Work::Withdraw(user, task.id)),
    };
    work.map(Some).map_err(misfit)
}

const HANDLED: [domain::event::EventKind; 8] = [
    reminder::DUE,
    reminder::DUE_SOON,
    reminder::OVERDUE,
    recurring::DUE,
    task::UPDATED,
    task::COMPLETED,
    task::DELETED,
    SIGNED_UP,
];

async fn act(scope: &Scope<'_>, work: Work) -> Result<(), Problem> {
    match work {
        Work::Tell(user, occasion) => occasions::tell(scope, user, &occasion).await,
        Work::Withdraw(user, task) => tasks::withdraw(scope, user, task).await,
        Work::Forget(user, task) => tasks::forget(scope, user, task).await,
        Work::Welcome(user, person) => welcome::welcome(scope, user, &person).await,
    }
}
