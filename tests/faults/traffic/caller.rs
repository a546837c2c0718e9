//! Changes by the API.

use std::time::Duration;

use anyhow::{Result, ensure};
use chrono::Utc;
use serde_json::json;
use spindrift_tests::{Answer, Api, Call, tokens};
use tokio::sync::watch;
use uuid::Uuid;

use crate::ledger::{Name, Shared};

/// How long one answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a token is good, in seconds.
const DAY: i64 = 24 * 60 * 60;

/// The pause after a call that came to nothing.
const PAUSE: Duration = Duration::from_millis(20);

/// One person who makes and changes tasks, one call after another.
pub(crate) struct Caller {
    api: Api,
    id: Uuid,
    sequence: i32,
    /// The task that was made last, for as long as it is known to be there.
    task: Option<String>,
    ledger: Shared,
}

impl Caller {
    /// A person who is known already, and signed in.
    pub(crate) fn new(url: &str, id: Uuid, ledger: Shared) -> Self {
        let now = Utc::now().timestamp();
        let token = json!({"sub": id, "sid": Uuid::now_v7(), "iat": now, "exp": now + DAY});
        Self {
            id,
            api: Api::new(url).with_token(&tokens::sign(&token)),
            sequence: 0,
            task: None,
            ledger,
        }
    }

    /// Makes changes until told to stop. Between two of them it asks where the
    /// program is now.
    pub(crate) async fn call_until_stopped(
        mut self,
        place: watch::Receiver<String>,
        stop: watch::Receiver<bool>,
    ) -> Result<()> {
        while !*stop.borrow() {
            self.api.url.clone_from(&place.borrow());
            if !self.change().await? {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    /// Makes a task, or gives the last one another title. Answers whether it was
    /// acknowledged: if not, nobody knows whether it happened.
    pub(crate) async fn change(&mut self) -> Result<bool> {
        let name = Name {
            person: self.id,
            sequence: self.sequence,
        };
        self.sequence += 1;
        self.ledger.open().send(name, None);
        let title = json!({"title": name.sequence.to_string()});
        let answer = match self.task.take() {
            Some(path) => done(self.api.patch(&path, &title)).await?,
            None => {
                let answer = done(self.api.post("/api/tasks", &title)).await?;
                self.task = answer.as_ref().and_then(path);
                answer
            }
        };
        if answer.is_some() {
            self.ledger.open().acknowledge(name);
        }
        Ok(answer.is_some())
    }
}

/// The address of the task in an answer.
fn path(answer: &Answer) -> Option<String> {
    let id = answer.json()["id"].as_str()?.to_owned();
    Some(format!("/api/tasks/{id}"))
}

/// The answer, when it acknowledges.
async fn done(call: Call) -> Result<Option<Answer>> {
    let Ok(answer) = call.timeout(PATIENCE).send().await else {
        return Ok(None);
    };
    let refused = (400..500).contains(&answer.status);
    ensure!(!refused, "{} {}", answer.status, answer.text());
    Ok((answer.status < 300).then_some(answer))
}
