//! What a function's answer means for the event that it was given.

/// How a delivery went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The function answered with this HTTP status.
    Status(u16),
    /// It ended, or did not answer in time; with the reason, in words for a log.
    None(String),
    /// There was nobody to answer: refused, busy, not ready. The event was not seen.
    Unavailable(String),
}

/// What becomes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Done. It is not delivered again.
    Done,
    /// It is delivered again, after a while; this attempt counts.
    Retry,
    /// It is delivered again when the function can be reached; this was no attempt.
    Wait,
    /// It never will be handled: to the dead letters, at once.
    Reject,
}

impl Answer {
    /// The rules of KafkaSource: 2xx is done; 404, 408, 409, 429, 5xx and no answer
    /// are tried again; anything else never succeeds. Beyond them, an attempt that
    /// could reach nobody, or that the function turned away for lack of a database
    /// (503), is not counted.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Status(200..=299) => Verdict::Done,
            Self::Status(503) | Self::Unavailable(_) => Verdict::Wait,
            Self::Status(404 | 408 | 409 | 429 | 500..) | Self::None(_) => Verdict::Retry,
            Self::Status(_) => Verdict::Reject,
        }
    }

    /// The code that a dead letter carries: the status, or 0 for none.
    pub fn code(&self) -> u16 {
        match self {
            Self::Status(status) => *status,
            Self::None(_) | Self::Unavailable(_) => 0,
        }
    }

    /// The reason in words.
    pub fn reason(&self) -> String {
        match self {
            Self::Status(status) => format!("the function answered {status}"),
            Self::None(reason) | Self::Unavailable(reason) => reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_mean_what_they_mean_to_kafka_source() {
        for (status, verdict) in [
            (200, Verdict::Done),
            (204, Verdict::Done),
            (302, Verdict::Reject),
            (400, Verdict::Reject),
            (404, Verdict::Retry),
            (408, Verdict::Retry),
            (409, Verdict::Retry),
            (422, Verdict::Reject),
            (429, Verdict::Retry),
            (500, Verdict::Retry),
            (503, Verdict::Wait),
            (504, Verdict::Retry),
        ] {
            assert_eq!(Answer::Status(status).verdict(), verdict, "{status}");
        }
        assert_eq!(Answer::None("a trap".into()).verdict(), Verdict::Retry);
        let refused = Answer::Unavailable("refused".into());
        assert_eq!(refused.verdict(), Verdict::Wait);
    }
}
