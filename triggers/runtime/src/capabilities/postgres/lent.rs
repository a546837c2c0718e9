//! A session in one function's hands.

use std::sync::Arc;

use deadpool::managed::Object;
use prometheus_client::metrics::counter::Counter;
use spindrift_traces::Span;
use tokio_postgres::error::SqlState;

use super::pool::{Connector, Tls};
use super::session::{Session, Started};
use super::types::Param;
use crate::capabilities::traced;

/// A session lent to one function. Dropping it gives it back, cleaned first
/// where that is needed, in a task of its own: no request waits for it.
pub(super) struct Lent {
    /// Always there until dropped.
    object: Option<Object<Connector>>,
    tls: Tls,
    cleanings: Counter,
}

/// A call under way. Dropped before [`Call::finish`] it says that the server may
/// still be at work. It keeps the session lent.
pub(super) struct Call {
    lent: Arc<Lent>,
    /// Told of until the answer has ended.
    span: Span,
}

impl Lent {
    pub(super) fn new(object: Object<Connector>, tls: Tls, cleanings: Counter) -> Self {
        Self {
            object: Some(object),
            tls,
            cleanings,
        }
    }

    fn session(&self) -> Option<&Session> {
        self.object.as_deref()
    }

    /// Starts a statement; see [`Session::start`].
    pub(super) async fn start(
        self: &Arc<Self>,
        sql: &str,
        params: Vec<Param>,
        span: Span,
    ) -> Result<(Started, Call), tokio_postgres::Error> {
        let call = Call {
            lent: self.clone(),
            span,
        };
        #[expect(clippy::expect_used, reason = "only `drop` takes it")]
        let session = self.session().expect("lent until dropped");
        session.began();
        match session.start(sql, params).await {
            Ok(started) => Ok((started, call)),
            Err(error) => {
                call.fail(&error);
                Err(error)
            }
        }
    }
}

impl Call {
    /// The server has answered to the end.
    pub(super) fn finish(self) {
        if let Some(session) = self.lent.session() {
            session.ended();
        }
    }

    /// The server has answered with an error.
    pub(super) fn fail(mut self, error: &tokio_postgres::Error) {
        traced::fail(&mut self.span, error.code().map(SqlState::code));
        if let Some(session) = self.lent.session() {
            session.failed(error);
        }
        self.finish();
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else {
            return;
        };
        if object.is_clean() {
            return;
        }
        self.cleanings.inc();
        let tls = self.tls.clone();
        let clean = async move {
            if !object.clean(tls).await {
                drop(Object::take(object));
            }
        };
        // Without a runtime the process is ending, and its connections with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(clean);
        }
    }
}
