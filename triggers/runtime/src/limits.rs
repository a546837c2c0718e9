//! What a function may use, and the defaults where its manifest says nothing.

use std::time::Duration;

use rustix::thread::sched_getaffinity;
use spindrift_manifest::{Concurrency, Limits as Declared};

use crate::engine::{MAX_MEMORY, MAX_TABLE_ELEMENTS};

/// A function's limits, every one decided.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of linear memory that an instance may reach.
    pub memory: usize,
    /// An instance that grew past this many bytes serves no further request:
    /// linear memory never shrinks.
    pub retire_memory: usize,
    /// References that an instance's tables may hold, all together.
    pub table_elements: usize,
    /// From handing over the request to the head of the response.
    pub request_timeout: Duration,
    /// Processor time for one request, to the granularity of a millisecond.
    pub cpu_time: Duration,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Requests that may wait for a turn.
    pub queue: usize,
    /// How long one may wait.
    pub queue_timeout: Duration,
    /// Bytes of a request's body.
    pub request_body: u64,
    /// HTTP requests to others under way at once, those of all instances together; sockets
    /// that are open at once, too.
    pub outbound_requests: usize,
    /// Bytes that one request may print.
    pub log: u64,
    /// Requests that an instance serves before it is replaced.
    pub reuse: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 128 << 20,
            retire_memory: 8 << 20,
            table_elements: 20_000,
            request_timeout: Duration::from_secs(30),
            cpu_time: Duration::from_secs(10),
            concurrency: 64,
            queue: 256,
            queue_timeout: Duration::from_secs(5),
            request_body: 2 << 20,
            outbound_requests: 64,
            log: 256 << 10,
            reuse: 100_000,
        }
    }
}

impl Limits {
    /// What the manifest declares, over the defaults.
    pub fn from_declared(declared: &Declared) -> Self {
        let default = Self::default();
        let bytes = |declared: Option<u64>, default: usize| {
            declared.map_or(default, |n| {
                usize::try_from(n).unwrap_or(MAX_MEMORY).min(MAX_MEMORY)
            })
        };
        Self {
            memory: bytes(declared.memory, default.memory),
            retire_memory: bytes(declared.retire_memory, default.retire_memory),
            table_elements: declared
                .table_elements
                .unwrap_or(default.table_elements)
                .min(MAX_TABLE_ELEMENTS),
            request_timeout: declared.request_timeout.unwrap_or(default.request_timeout),
            cpu_time: declared.cpu_time.unwrap_or(default.cpu_time),
            concurrency: match declared.concurrency {
                None => default.concurrency,
                Some(Concurrency::Fixed(n)) => n.max(1),
                Some(Concurrency::Cores) => cores(),
            },
            queue: declared.queue.unwrap_or(default.queue),
            queue_timeout: declared.queue_timeout.unwrap_or(default.queue_timeout),
            request_body: declared.request_body.unwrap_or(default.request_body),
            outbound_requests: declared
                .outbound_requests
                .unwrap_or(default.outbound_requests)
                .max(1),
            log: declared.log.unwrap_or(default.log),
            reuse: declared.reuse.unwrap_or(default.reuse).max(1),
        }
    }
}

/// Processors that this process may use (its affinity and cgroup quota included).
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Whether this process may use less than the processors that it runs on, as in a
/// container with a quota of their time.
pub(crate) fn has_quota() -> bool {
    let processors = sched_getaffinity(None).map_or(0, |set| set.count());
    u32::try_from(cores()).is_ok_and(|cores| cores < processors)
}
