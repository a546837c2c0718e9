//! A session in one function's hands.

use deadpool::managed::Object;
use mysql_async::Value;
use spindrift_traces::Span;
use tokio::sync::Mutex;

use super::pool::Connector;
use super::session::Answer;
use crate::bindings::spin::mysql::mysql::Error;
use crate::capabilities::traced;

/// A session lent to one function. Dropping it gives it back, cleaned first, in a task of
/// its own: no request waits for it.
pub(super) struct Lent {
    /// Always there until dropped.
    object: Mutex<Option<Object<Connector>>>,
}

impl Lent {
    pub(super) fn new(object: Object<Connector>) -> Self {
        Self {
            object: Mutex::new(Some(object)),
        }
    }

    /// Runs a statement, after those that were asked for before it.
    pub(super) async fn ask(
        &self,
        sql: &str,
        params: Vec<Value>,
        mut span: Span,
    ) -> Result<Answer, Error> {
        let mut object = self.object.lock().await;
        #[expect(clippy::expect_used, reason = "only `drop` takes it")]
        let session = object.as_mut().expect("lent until dropped");
        session.ask(sql, params).await.map_err(|failure| {
            traced::fail(&mut span, failure.state.as_deref());
            failure.error
        })
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut object) = self.object.get_mut().take() else {
            return;
        };
        if object.is_clean() {
            return;
        }
        let clean = async move {
            if !object.clean().await {
                drop(Object::take(object));
            }
        };
        // Without a runtime the process is ending, and its connections with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(clean);
        }
    }
}
