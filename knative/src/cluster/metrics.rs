//! What a pod's metrics say of its requests: the series of the HTTP trigger, in the
//! text format of Prometheus.

use std::collections::BTreeMap;

const REQUESTS: &str = "spindrift_http_requests_total";
const BUCKETS: &str = "spindrift_http_request_duration_seconds_bucket";

/// Counts since a process began, or between two looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) requests: u64,
    /// Answered with 5xx.
    pub(crate) errors: u64,
    /// Requests that took at most so many microseconds, cumulative; `u64::MAX` for all.
    buckets: BTreeMap<u64, u64>,
}

impl Sample {
    /// Reads a pod's answer. What it does not know is passed over.
    pub(crate) fn read(text: &str) -> Self {
        let mut sample = Self::default();
        for line in text.lines() {
            if let Some((status, count)) = series(line, REQUESTS, "status") {
                sample.requests += count;
                if status.starts_with('5') {
                    sample.errors += count;
                }
            } else if let Some((bound, count)) = series(line, BUCKETS, "le") {
                *sample.buckets.entry(micros(bound)).or_default() += count;
            }
        }
        sample
    }

    /// What was added since `earlier`. A process that began anew counts from zero.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        if self.requests < earlier.requests {
            return self.clone();
        }
        let before = |bound| earlier.buckets.get(bound).copied().unwrap_or(0);
        Self {
            requests: self.requests - earlier.requests,
            errors: self.errors.saturating_sub(earlier.errors),
            buckets: self
                .buckets
                .iter()
                .map(|(bound, count)| (*bound, count.saturating_sub(before(bound))))
                .collect(),
        }
    }

    /// Adds another pod's counts.
    pub(crate) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        for (bound, count) in &other.buckets {
            *self.buckets.entry(*bound).or_default() += count;
        }
    }

    /// The share of 5xx in per cent.
    pub(crate) fn error_percent(&self) -> f64 {
        if self.requests == 0 {
            return 0.0;
        }
        share(self.errors) / share(self.requests) * 100.0
    }

    /// The 99th percentile of the durations in seconds, between the bounds of its
    /// bucket as Prometheus' `histogram_quantile` has it. Beyond the last bound it is
    /// that bound. `None` without requests.
    pub(crate) fn p99_seconds(&self) -> Option<f64> {
        let total = *self.buckets.get(&u64::MAX)?;
        if total == 0 {
            return None;
        }
        let rank = share(total) * 0.99;
        let (mut low, mut below) = (0, 0);
        for (bound, count) in &self.buckets {
            if share(*count) >= rank {
                if *bound == u64::MAX {
                    break;
                }
                let within = share(count - below).max(1.0);
                let part = (rank - share(below)) / within;
                return Some(seconds(low) + (seconds(*bound) - seconds(low)) * part);
            }
            (low, below) = (*bound, *count);
        }
        Some(seconds(low))
    }
}

/// The value of `label` and the count in a line of the series `name`.
fn series<'a>(line: &'a str, name: &str, label: &str) -> Option<(&'a str, u64)> {
    let rest = line.strip_prefix(name)?.strip_prefix('{')?;
    let (labels, value) = rest.rsplit_once('}')?;
    let start = labels
        .find(&format!("{label}=\""))
        .filter(|at| *at == 0 || labels.as_bytes()[at - 1] == b',')?;
    let text = &labels[start + label.len() + 2..];
    let text = &text[..text.find('"')?];
    let count = value.split_whitespace().next()?.parse::<f64>().ok()?;
    // Counts are whole numbers, which some exporters write as 5.0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some((text, count as u64))
}

fn micros(bound: &str) -> u64 {
    if bound == "+Inf" {
        return u64::MAX;
    }
    let seconds = bound.parse::<f64>().unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let micros = (seconds * 1e6).round() as u64;
    micros
}

fn seconds(micros: u64) -> f64 {
    share(micros) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn share(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# TYPE spindrift_http_requests counter
spindrift_http_requests_total{route="/a",function="a",method="GET",status="200"} 95
spindrift_http_requests_total{route="/a",function="a",method="GET",status="503"} 5
spindrift_http_request_duration_seconds_sum{route="/a",function="a"} 1.5
spindrift_http_request_duration_seconds_bucket{le="0.1",route="/a",function="a"} 90
spindrift_http_request_duration_seconds_bucket{le="0.2",route="/a",function="a"} 100
spindrift_http_request_duration_seconds_bucket{le="+Inf",route="/a",function="a"} 100
spindrift_http_connections 3
"#;

    #[test]
    fn requests_are_counted_by_the_class_of_their_status() {
        let sample = Sample::read(TEXT);
        assert_eq!((sample.requests, sample.errors), (100, 5));
        assert!((sample.error_percent() - 5.0).abs() < 1e-9);
    }

    #[test]
    fn the_percentile_lies_within_its_bucket() {
        let p99 = Sample::read(TEXT).p99_seconds().unwrap();
        assert!((p99 - 0.19).abs() < 1e-9, "{p99}");
        assert_eq!(Sample::default().p99_seconds(), None);
    }

    #[test]
    fn durations_beyond_the_last_bound_count_as_that_bound() {
        let text = TEXT.replace("\"a\"} 100", "\"a\"} 90").replacen(
            "+Inf\",route=\"/a\",function=\"a\"} 90",
            "+Inf\",route=\"/a\",function=\"a\"} 100",
            1,
        );
        let p99 = Sample::read(&text).p99_seconds().unwrap();
        assert!((p99 - 0.2).abs() < 1e-9, "{p99}");
    }

    #[test]
    fn only_what_was_added_counts_and_a_new_process_counts_whole() {
        let (early, mut late) = (Sample::read(TEXT), Sample::read(TEXT));
        assert_eq!(late.since(&early).requests, 0);
        late.add(&early);
        assert_eq!(late.since(&early), early);
        let restarted = Sample::read(&TEXT.replace("95", "1"));
        assert_eq!(restarted.since(&early).requests, 6);
    }
}
