//! `scale`, `resources` and `smoke` of a service.

use std::time::Duration;

use super::choice::choice;
use super::quantity::{count, duration_in, parse_size};
use crate::document::Data;
use crate::fields::{Field, Fields};
use crate::services::{Metric, Resources, Scale, ServiceSettings};

const METRICS: [(&str, Metric); 4] = [
    ("concurrency", Metric::Concurrency),
    ("rps", Metric::Rps),
    ("cpu", Metric::Cpu),
    ("memory", Metric::Memory),
];

/// Takes a service's keys out of a table.
pub fn service(fields: &mut Fields<'_>) -> ServiceSettings {
    let scale = fields.take("scale").and_then(|field| scale(&field));
    let resources = fields.take("resources").and_then(|field| resources(&field));
    let smoke = fields.take("smoke").map(|field| paths(&field));
    ServiceSettings {
        scale: scale.unwrap_or_default(),
        resources: resources.unwrap_or_default(),
        smoke,
    }
}

fn scale(field: &Field<'_>) -> Option<Scale> {
    let mut fields = field.fields()?;
    let (min, max) = (fields.take("min"), fields.take("max"));
    let initial = fields.take("initial");
    let scale = Scale {
        min: min.as_ref().and_then(|field| count(field, 0..=1000)),
        max: max.as_ref().and_then(|field| count(field, 0..=1000)),
        initial: initial.as_ref().and_then(|field| count(field, 0..=1000)),
        metric: fields
            .take("metric")
            .and_then(|field| choice(&field, &METRICS)),
        target: fields
            .take("target")
            .and_then(|field| count(&field, 1..=1_000_000)),
        concurrency: fields
            .take("concurrency")
            .and_then(|field| count(&field, 0..=1000)),
        window: time(&mut fields, "window", 6..=3600, "6s to 1h"),
        down_delay: time(&mut fields, "down_delay", 0..=3600, "0s to 1h"),
        retention: time(&mut fields, "retention", 0..=3600, "0s to 1h"),
    };
    if let (Some(field), Some(least), Some(most)) = (max, scale.min, scale.max)
        && most > 0
        && most < least
    {
        field.error(format!("is less than `min`, {least}: make it larger"));
    }
    fields.finish();
    Some(scale)
}

fn time(
    fields: &mut Fields<'_>,
    key: &'static str,
    seconds: std::ops::RangeInclusive<u64>,
    range: &str,
) -> Option<Duration> {
    let (least, most) = seconds.into_inner();
    let allowed = Duration::from_secs(least)..=Duration::from_secs(most);
    let field = fields.take(key)?;
    let time = duration_in(&field, allowed, range)?;
    if time.subsec_nanos() != 0 {
        field.error("must be whole seconds: write `\"30s\"`");
    }
    Some(time)
}

fn resources(field: &Field<'_>) -> Option<Resources> {
    let mut fields = field.fields()?;
    let (cpu_limit, memory_limit) = (fields.take("cpu_limit"), fields.take("memory_limit"));
    let resources = Resources {
        cpu: fields.take("cpu").and_then(|field| cpu(&field)),
        memory: fields.take("memory").and_then(|field| memory(&field)),
        cpu_limit: cpu_limit.as_ref().and_then(cpu),
        memory_limit: memory_limit.as_ref().and_then(memory),
    };
    if let (Some(field), Some(asked), Some(limit)) = (cpu_limit, resources.cpu, resources.cpu_limit)
        && limit < asked
    {
        field.error("is less than `cpu`: make it larger, or remove it");
    }
    if let (Some(field), Some(asked), Some(limit)) =
        (memory_limit, resources.memory, resources.memory_limit)
        && limit < asked
    {
        field.error("is less than `memory`: make it larger, or remove it");
    }
    fields.finish();
    Some(resources)
}

/// Thousandths of a processor, of `"250m"`, `"0.25"` or `1`.
fn cpu(field: &Field<'_>) -> Option<u32> {
    let thousandths = match &field.node.data {
        Data::Integer(whole) => u32::try_from(*whole).ok().and_then(|n| n.checked_mul(1000)),
        Data::Text(text) => parse_cpu(text),
        _ => None,
    };
    let thousandths = thousandths.filter(|n| (1..=256_000).contains(n));
    if thousandths.is_none() {
        field.error("must be processors: write `\"250m\"` for a quarter of one, or `1`");
    }
    thousandths
}

fn parse_cpu(text: &str) -> Option<u32> {
    if let Some(thousandths) = text.strip_suffix('m') {
        return thousandths.parse().ok();
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let whole: u32 = whole.parse().ok()?;
    let digits = part.len();
    if !(1..=3).contains(&digits) || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part: u32 = format!("{part:0<3}").parse().ok()?;
    whole.checked_mul(1000)?.checked_add(part)
}

/// Bytes, of `"64Mi"` as Kubernetes writes it, or `"64MiB"`.
fn memory(field: &Field<'_>) -> Option<u64> {
    let bytes = match &field.node.data {
        Data::Text(text) => parse_size(text).or_else(|| parse_size(&format!("{text}B"))),
        _ => None,
    };
    let bytes = bytes.filter(|bytes| (1 << 20..=1 << 40).contains(bytes));
    if bytes.is_none() {
        field.error("must be memory from 1Mi to 1Ti: write `\"64Mi\"`");
    }
    bytes
}

fn paths(field: &Field<'_>) -> Vec<String> {
    let elements = field.elements();
    let path = |field: &Field<'_>| {
        let text = field.text()?;
        let plain = text.starts_with('/')
            && text
                .bytes()
                .all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'"'));
        if !plain {
            field.error("must be a path, such as `/api/health`");
        }
        Some(text.to_owned())
    };
    elements.iter().filter_map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::parse_cpu;

    #[test]
    fn processors_are_written_as_kubernetes_has_them() {
        for (text, thousandths) in [
            ("250m", Some(250)),
            ("0.25", Some(250)),
            ("0.5", Some(500)),
            ("2", Some(2000)),
            ("1.125", Some(1125)),
            ("1.", None),
            (".5", None),
            ("0.1234", None),
            ("m", None),
            ("half", None),
            ("-1", None),
        ] {
            assert_eq!(parse_cpu(text), thousandths, "{text}");
        }
    }
}
