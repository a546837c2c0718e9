//! One live instance of a function, and what it does with a request.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Poll, ready};

use http::Request;
use prometheus_client::metrics::gauge::Gauge;
use wasmtime::Store;
use wasmtime::component::Accessor;

use crate::Body;
use crate::entry::{Entry, Head};
use crate::limits::Limits;
use crate::reader::{Reader, Side};
use crate::state::State;
use crate::ticker::EPOCHS;

/// What the store and the caller both look at.
#[derive(Default)]
pub(crate) struct Vitals {
    /// Bytes of linear memory, all memories of the instance together.
    pub(crate) memory: AtomicUsize,
    /// The memory limit was hit.
    pub(crate) out_of_memory: AtomicBool,
    /// The request's time or processor time is used up.
    pub(crate) expired: AtomicBool,
    /// The request computes for longer than most do.
    pub(crate) is_busy: AtomicBool,
}

/// An instance. It takes one request at a time.
pub(crate) struct Instance {
    store: Store<State>,
    entry: Entry,
    vitals: Arc<Vitals>,
    served: u32,
    _counted: Counted,
}

impl Instance {
    /// Wraps what was instantiated; counts in `live` for as long as it lives.
    pub(crate) fn new(store: Store<State>, entry: Entry, vitals: Arc<Vitals>, live: Gauge) -> Self {
        live.inc();
        Self {
            store,
            entry,
            vitals,
            served: 0,
            _counted: Counted(live),
        }
    }

    pub(crate) fn vitals(&self) -> &Arc<Vitals> {
        &self.vitals
    }

    /// Whether it must be replaced before the next request.
    pub(crate) fn is_spent(&self, limits: &Limits) -> bool {
        self.served >= limits.reuse
            || self.vitals.memory.load(Ordering::Relaxed) > limits.retire_memory
            || self.store.data().sockets.ends_instance()
    }

    /// Works on one request until nothing of it is left: the function has returned,
    /// what it started has ended, and its response was read or given up. Answers
    /// whether the instance can take another.
    ///
    /// # Errors
    ///
    /// The trap, exit or panic that ended the instance.
    pub(crate) async fn serve(
        &mut self,
        request: Request<Body>,
        head: Head,
        reader: &Reader,
    ) -> wasmtime::Result<bool> {
        self.served += 1;
        self.vitals.out_of_memory.store(false, Ordering::Relaxed);
        self.store.data_mut().begin(request.headers());
        self.store.set_epoch_deadline(u64::from(EPOCHS));
        let (entry, func) = (&self.entry, self.entry.func());
        let work = async |accessor: &Accessor<State>| {
            entry.call(accessor, request, head).await?;
            poll_fn(|cx| {
                ready!(accessor.poll_no_interesting_tasks(cx));
                ready!(reader.poll_ended(Side::Instance, cx));
                let free = accessor.poll_ready_for_concurrent_call(func, cx);
                Poll::Ready(Ok(free.is_ready()))
            })
            .await
        };
        let free = self.store.run_concurrent(work).await?;
        self.store.data_mut().end();
        free
    }
}

/// Leaves the count of live instances when dropped.
struct Counted(Gauge);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
