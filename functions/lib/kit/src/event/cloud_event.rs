//! A CloudEvent (version 1.0), taken out of an HTTP request.

use bytes::Bytes;
use domain::event::{Envelope, EventKind};
use domain::instant;
use http::header;

use super::attributes::Attributes;
use super::{misfit, structured};
use crate::request::is_traceparent;
use crate::{Kind, Problem, Request};

/// An event that arrived.
#[derive(Clone, Debug)]
pub struct CloudEvent {
    id: String,
    source: String,
    r#type: String,
    subject: Option<String>,
    dataschema: Option<String>,
    traceparent: Option<String>,
    data: Bytes,
}

impl CloudEvent {
    /// Takes the event out of a request: in binary mode, where attributes are `ce-`
    /// headers and the body is the data, or in structured mode, where the body is
    /// the whole event as JSON (CloudEvents HTTP protocol binding, sections 3.1 and
    /// 3.2). The data has to be JSON.
    ///
    /// # Errors
    ///
    /// `invalid-parameter` when an attribute is missing or malformed,
    /// `malformed-body` when the body can't be read, `unsupported-media-type` for
    /// data that is no JSON, and for batches.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let content_type = request.header(header::CONTENT_TYPE).unwrap_or("");
        let essence = content_type.split(';').next().unwrap_or("").trim();
        let essence = essence.to_ascii_lowercase();
        match essence.strip_prefix("application/cloudevents") {
            Some("+json") => {
                let (attributes, data) = structured::read(request)?;
                Self::new(attributes, data, request)
            }
            Some(_) => Err(Problem::new(
                Kind::UNSUPPORTED_MEDIA_TYPE,
                "Send one event at a time, as `application/cloudevents+json` or with `ce-` headers.",
            )),
            None => {
                let attributes = Attributes::of_headers(request.headers())?;
                request.json()?;
                Self::new(attributes, request.body().clone(), request)
            }
        }
    }

    fn new(mut attributes: Attributes, data: Bytes, request: &Request) -> Result<Self, Problem> {
        let version = attributes.required("specversion")?;
        if version != "1.0" {
            return Err(Problem::invalid_parameter(
                "The event's `specversion` has to be 1.0.",
            ));
        }
        let time = attributes.take("time");
        if time.is_some_and(|time| instant::parse(&time).is_none()) {
            return Err(Problem::invalid_parameter(
                "The event's `time` has to be an RFC 3339 instant.",
            ));
        }
        Ok(Self {
            id: attributes.required("id")?,
            source: attributes.required("source")?,
            r#type: attributes.required("type")?,
            subject: attributes.take("subject"),
            dataschema: attributes.take("dataschema"),
            // Whoever brings an event goes on with its trace.
            traceparent: request.traceparent().map(str::to_owned).or_else(|| {
                let made_in = attributes.take("traceparent");
                made_in.filter(|value| is_traceparent(value))
            }),
            data,
        })
    }

    /// `id`: the same in every delivery. Together with `source` it names the event.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `source`: where the event comes from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// `type`, as it came.
    pub fn type_name(&self) -> &str {
        &self.r#type
    }

    /// Which of this application's kinds of event it is; `None` for any other.
    pub fn kind(&self) -> Option<EventKind> {
        EventKind::named(&self.r#type)
    }

    /// `subject`: the aggregate that it is about.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The trace that it belongs to, to be passed on with what it leads to.
    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    /// The data as it came: a JSON document.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The data, as events of this application have it.
    ///
    /// # Errors
    ///
    /// `invalid-fields` (422) when the event names another schema than the one of
    /// `kind` in the version that is known here, or does not fit it.
    pub fn envelope(&self, kind: EventKind) -> Result<Envelope, Problem> {
        Envelope::read(kind, self.dataschema.as_deref(), &self.data).map_err(misfit)
    }
}

#[cfg(test)]
mod tests;
