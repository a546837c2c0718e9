//! Schedules.

use chrono::DateTime;
use chrono_tz::Tz;
use proptest::prelude::*;
use spindrift_manifest::Schedule;
use spindrift_test_fuzz::{config, inputs, lines};

const WORDS: &[&str] = &[
    "*",
    "/",
    "-",
    ",",
    " ",
    "0",
    "59",
    "60",
    "L",
    "#",
    "?",
    "SUN",
    "@yearly",
    "4294967296",
];

proptest! {
    #![proptest_config(config())]

    /// A schedule that is one has its ticks after one another, by every clock.
    #[test]
    fn ticks_come_after_one_another(
        bytes in inputs(lines("schedules.txt"), WORDS),
        at in 0_i64..4_102_444_800,
        zone in prop::sample::select(vec![Tz::UTC, Tz::Europe__Berlin, Tz::Australia__Lord_Howe, Tz::America__St_Johns]),
    ) {
        let text = String::from_utf8_lossy(&bytes);
        let at = DateTime::from_timestamp(at, 0).ok_or_else(|| TestCaseError::reject("no time"))?;
        if let Ok(schedule) = Schedule::parse(&text)
            && let Some(first) = schedule.next_after(at, zone)
        {
            prop_assert!(first > at);
            if let Some(second) = schedule.next_after(first, zone) {
                prop_assert!(second > first);
            }
        }
    }
}
