//! A server that models are on, and the part of OpenAI's protocol that is asked of it.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::{Value, json};
use spindrift_traces::{Kind, Parent, Span};
use tokio_util::task::AbortOnDropHandle;
use wasmtime_wasi_http::{Error as HttpError, default_send_request};

use super::wit::{
    EmbeddingsResult, EmbeddingsUsage, Error, InferencingParams, InferencingResult,
    InferencingUsage,
};
use crate::capabilities::bearer::bearer;

/// Bytes of an answer, which is in memory whole.
const ANSWER: usize = 64 << 20;

/// Characters of a server's words that a function is told.
const WORDS: usize = 500;

/// A server that speaks OpenAI's protocol, and what it is to know the caller by.
#[derive(Clone, Debug)]
pub struct ModelServer {
    /// With the path before `/v1`, and without a slash at its end.
    base: String,
    host: HeaderValue,
    /// Marked as sensitive: its `Debug` doesn't show it.
    authorization: Option<HeaderValue>,
}

impl ModelServer {
    /// The server at `url`, `http://host:port` or `https://host/path`, with or without a
    /// `/v1` at its end. The token, if it wants one, goes with each request.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL or the token, in words that show neither.
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, String> {
        let uri = url
            .parse::<Uri>()
            .map_err(|error| format!("not a URL: {error}; write `http://host:port`"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err("not a whole URL: write `http://host:port`".to_owned());
        };
        if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS {
            return Err("models are asked by http or https: write `http://host:port`".to_owned());
        }
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(
                "the URL must hold neither a user nor a query: give the token by itself".to_owned(),
            );
        }
        let path = uri.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path);
        Ok(Self {
            base: format!("{scheme}://{authority}{path}"),
            host: header(authority)?,
            authorization: token.map(bearer).transpose()?,
        })
    }

    /// Has the model answer one message.
    pub(super) async fn infer(
        &self,
        model: &str,
        prompt: &str,
        params: Option<InferencingParams>,
        trace: Option<&Parent>,
    ) -> Result<InferencingResult, Error> {
        let mut body = json!({
            "model": model,
            "messages": [{ "role": "user", "content": prompt }],
        });
        // What else there is of them the protocol has no name for.
        if let (Some(params), Some(body)) = (params, body.as_object_mut()) {
            body.insert("max_tokens".to_owned(), params.max_tokens.into());
            body.insert("temperature".to_owned(), params.temperature.into());
            body.insert("top_p".to_owned(), params.top_p.into());
        }
        let answer = self.ask("chat/completions", &body, trace).await?;
        let text = answer.pointer("/choices/0/message/content");
        let text = text.and_then(Value::as_str);
        Ok(InferencingResult {
            text: text.ok_or_else(|| malformed("choices"))?.to_owned(),
            usage: InferencingUsage {
                prompt_token_count: used(&answer, "/usage/prompt_tokens"),
                generated_token_count: used(&answer, "/usage/completion_tokens"),
            },
        })
    }

    /// A vector for each text.
    pub(super) async fn embed(
        &self,
        model: &str,
        texts: &[String],
        trace: Option<&Parent>,
    ) -> Result<EmbeddingsResult, Error> {
        let body = json!({ "model": model, "input": texts });
        let mut answer = self.ask("embeddings", &body, trace).await?;
        let usage = EmbeddingsUsage {
            prompt_token_count: used(&answer, "/usage/prompt_tokens"),
        };
        let Some(Value::Array(mut data)) = answer.get_mut("data").map(Value::take) else {
            return Err(malformed("data"));
        };
        // They come in order, and say so.
        data.sort_by_key(|one| one.get("index").and_then(Value::as_u64));
        let vector = |mut one: Value| {
            let vector = one.get_mut("embedding").map(Value::take);
            serde_json::from_value::<Vec<f32>>(vector.unwrap_or_default())
        };
        let embeddings: Result<Vec<_>, _> = data.into_iter().map(vector).collect();
        match embeddings {
            Ok(embeddings) if embeddings.len() == texts.len() => {
                Ok(EmbeddingsResult { embeddings, usage })
            }
            _ => Err(malformed("data")),
        }
    }

    async fn ask(&self, what: &str, body: &Value, trace: Option<&Parent>) -> Result<Value, Error> {
        let mut span = Span::within(trace, Kind::Client, || format!("POST /v1/{what}"));
        let answered = self.send(what, body, &span).await;
        match answered {
            Ok((status, answer)) if status.is_success() => {
                serde_json::from_slice(&answer).map_err(|_| malformed("JSON"))
            }
            Ok((status, answer)) => {
                span.fail(status.as_str().to_owned());
                Err(refused(status, &answer))
            }
            Err(words) => {
                span.fail("connection");
                Err(Error::RuntimeError(format!(
                    "the model server does not answer: {words}"
                )))
            }
        }
    }

    async fn send(
        &self,
        what: &str,
        body: &Value,
        span: &Span,
    ) -> Result<(StatusCode, Bytes), String> {
        let body = Full::new(Bytes::from(body.to_string()));
        let body = body.map_err(|never: Infallible| -> HttpError { match never {} });
        let mut request = Request::post(format!("{}/v1/{what}", self.base))
            .header(HOST, self.host.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| error.to_string())?;
        if let Some(authorization) = &self.authorization {
            let headers = request.headers_mut();
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        span.name_in(request.headers_mut());
        let sent = Box::pin(default_send_request(request, None)).await;
        let (response, transfer) = sent.map_err(|error| error.to_string())?;
        let _transfer = AbortOnDropHandle::new(tokio::spawn(transfer));
        let status = response.status();
        let answer = Limited::new(response.into_body(), ANSWER).collect().await;
        let answer = answer.map_err(|error| error.to_string())?;
        Ok((status, answer.to_bytes()))
    }
}

fn header(authority: &Authority) -> Result<HeaderValue, String> {
    HeaderValue::from_str(authority.as_str())
        .map_err(|_| "the URL's host is none that a header can name".to_owned())
}

fn used(answer: &Value, place: &str) -> u32 {
    let count = answer.pointer(place).and_then(Value::as_u64).unwrap_or(0);
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn malformed(what: &str) -> Error {
    Error::RuntimeError(format!(
        "the model server's answer is none of OpenAI's protocol: see its `{what}`"
    ))
}

/// A refusal, with the server's own words where it has some.
fn refused(status: StatusCode, answer: &[u8]) -> Error {
    if status == StatusCode::NOT_FOUND {
        return Error::ModelNotSupported;
    }
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let words = answer.pointer("/error/message").and_then(Value::as_str);
    let words: String = words.unwrap_or_default().chars().take(WORDS).collect();
    Error::RuntimeError(format!("the model server answered {status}: {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_with_or_without_its_version() {
        for url in [
            "http://h:1/a",
            "http://h:1/a/",
            "http://h:1/a/v1",
            "http://h:1/a/v1/",
        ] {
            let server = ModelServer::new(url, None).unwrap();
            assert_eq!(server.base, "http://h:1/a", "{url}");
        }
        for url in [
            "h:1",
            "ftp://h",
            "http://user:hidden@h",
            "http://h/?key=hidden",
            "",
        ] {
            let error = ModelServer::new(url, None).unwrap_err();
            assert!(!error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        let server = ModelServer::new("https://h", Some("hidden")).unwrap();
        assert!(!format!("{server:?}").contains("hidden"));
        let error = ModelServer::new("https://h", Some("hidden\n")).unwrap_err();
        assert!(!error.contains("hidden"), "{error}");
    }
}
