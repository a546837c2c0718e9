//! The failpoints of the runtime, which has none itself.

use spindrift_failpoints::{POSTGRES_ENDED, POSTGRES_ENDING, reach};
use spindrift_runtime::passage::{Passage, watch};

/// Makes failpoints of the runtime's passages.
pub(crate) fn arm() {
    watch(|passage| {
        reach(match passage {
            Passage::TransactionEnding => POSTGRES_ENDING,
            Passage::TransactionEnded => POSTGRES_ENDED,
        });
    });
}
