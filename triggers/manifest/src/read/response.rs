//! A trigger's `static_response`.

use std::collections::BTreeMap;

use crate::app::StaticResponse;
use crate::document::Data;
use crate::fields::Field;

pub(super) fn read(field: &Field<'_>) -> Option<StaticResponse> {
    let mut fields = field.fields()?;
    let status = fields.take("status_code").and_then(|field| status(&field));
    let headers = fields
        .take("headers")
        .map(|field| headers(&field))
        .unwrap_or_default();
    let body = fields.text_or_empty("body");
    fields.finish();
    Some(StaticResponse {
        status: status.unwrap_or(200),
        headers,
        body,
    })
}

/// Statuses below 200 announce another response, which would never come.
fn status(field: &Field<'_>) -> Option<u16> {
    let status = match field.node.data {
        Data::Integer(status @ 200..=599) => u16::try_from(status).ok(),
        _ => None,
    };
    if status.is_none() {
        field.error("must be an HTTP status from 200 to 599, as a number");
    }
    status
}

/// Names and values as RFC 9110 has them, sections 5.1 and 5.5.
fn headers(field: &Field<'_>) -> BTreeMap<String, String> {
    for (name, field) in field.entries() {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(fits) {
            field.error("is no name of an HTTP header: write letters, digits and `-`");
        }
        if let Data::Text(value) = &field.node.data
            && !value
                .bytes()
                .all(|b| b == b'\t' || (b' '..=b'~').contains(&b))
        {
            field.error("the value must be printable ASCII on one line");
        }
    }
    field.text_entries()
}
