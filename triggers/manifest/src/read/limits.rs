//! `[component.<id>.tool.spindrift.limits]`.

use super::quantity::{count, duration, parse_size};
use crate::app::{Concurrency, Limits};
use crate::document::Data;
use crate::fields::Field;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

pub(super) fn read(field: &Field<'_>) -> Option<Limits> {
    let mut fields = field.fields()?;
    let memory = fields.take("memory");
    let retire_memory = fields.take("retire_memory");
    let limits = Limits {
        memory: memory
            .as_ref()
            .and_then(|field| size(field, MIB, 4 * GIB, "1MiB to 4GiB")),
        retire_memory: retire_memory
            .as_ref()
            .and_then(|field| size(field, MIB, 4 * GIB, "1MiB to 4GiB")),
        table_elements: fields
            .take("table_elements")
            .and_then(|field| count(&field, 1..=100_000)),
        request_timeout: duration(&mut fields, "request_timeout"),
        cpu_time: duration(&mut fields, "cpu_time"),
        concurrency: fields
            .take("concurrency")
            .and_then(|field| concurrency(&field)),
        queue: fields
            .take("queue")
            .and_then(|field| count(&field, 0..=1_000_000)),
        queue_timeout: duration(&mut fields, "queue_timeout"),
        request_body: fields
            .take("request_body")
            .and_then(|field| size(&field, 1, 1024 * GIB, "1 byte to 1024GiB")),
        outbound_requests: fields
            .take("outbound_requests")
            .and_then(|field| count(&field, 1..=100_000)),
        log: fields
            .take("log")
            .and_then(|field| size(&field, KIB, GIB, "1KiB to 1GiB")),
        reuse: fields.take("reuse").and_then(|field| reuse(&field)),
    };
    if let (Some(field), Some(retire), Some(memory)) =
        (retire_memory, limits.retire_memory, limits.memory)
        && retire > memory
    {
        field.error("is more than `memory`, so no instance ever reaches it: make it smaller");
    }
    fields.finish();
    Some(limits)
}

fn size(field: &Field<'_>, least: u64, most: u64, range: &str) -> Option<u64> {
    let bytes = match &field.node.data {
        Data::Integer(bytes) => u64::try_from(*bytes).ok(),
        Data::Text(text) => parse_size(text),
        _ => None,
    };
    let Some(bytes) = bytes else {
        field.error("must be a size: write `\"64MiB\"`, say, or a number of bytes");
        return None;
    };
    if !(least..=most).contains(&bytes) {
        field.error(format!("is out of range: choose from {range}"));
    }
    Some(bytes)
}

fn concurrency(field: &Field<'_>) -> Option<Concurrency> {
    match &field.node.data {
        Data::Text(text) if text == "cores" => Some(Concurrency::Cores),
        Data::Text(_) => {
            field.error("must be a number, or `\"cores\"` for as many as there are processors");
            None
        }
        _ => count(field, 1..=100_000).map(Concurrency::Fixed),
    }
}

fn reuse(field: &Field<'_>) -> Option<u32> {
    match &field.node.data {
        Data::Text(text) if text == "none" => Some(1),
        Data::Text(text) if text == "sequential" => None,
        Data::Text(_) => {
            field.error(
                "must be a number of requests, `\"none\"` for an instance for each, or \
                 `\"sequential\"`; an instance never has two at once",
            );
            None
        }
        _ => count(field, 1..=u32::MAX),
    }
}
