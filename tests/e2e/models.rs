//! Language models, on a server that speaks OpenAI's protocol.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use reqwest::Method;
use serde_json::{Value, json};
use spindrift_tests::{Answer, Running, Start};
use tokio::task::JoinSet;

use crate::Result;
use crate::stand_in::serve;

/// A server that has one model, `tiny`, which says what it was asked.
struct Models {
    url: String,
    /// Ends with this.
    _server: JoinSet<()>,
}

impl Models {
    async fn start() -> Result<Self> {
        let routes = Router::new()
            .route("/models/v1/chat/completions", post(chat))
            .route("/models/v1/embeddings", post(embeddings));
        let (url, server) = serve(routes).await?;
        Ok(Self {
            url: format!("{url}/models"),
            _server: server,
        })
    }
}

/// What was asked, of whom it is that may, and of the model that there is.
fn asked(headers: &HeaderMap, body: &Bytes) -> std::result::Result<Value, (StatusCode, String)> {
    let refuse = |status: StatusCode, message: &str| {
        (status, json!({"error": {"message": message}}).to_string())
    };
    if headers
        .get("authorization")
        .is_none_or(|token| token != "Bearer of-the-test")
    {
        return Err(refuse(StatusCode::UNAUTHORIZED, "who is it?"));
    }
    let body: Value =
        serde_json::from_slice(body).map_err(|_| refuse(StatusCode::BAD_REQUEST, "not JSON"))?;
    match body["model"].as_str() {
        Some("tiny") => Ok(body),
        _ => Err(refuse(StatusCode::NOT_FOUND, "no such model")),
    }
}

async fn chat(headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let asked = match asked(&headers, &body) {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let prompt = asked["messages"][0]["content"].as_str().unwrap_or_default();
    let said = format!(
        "{prompt} within {} at {} of {}",
        asked["max_tokens"], asked["temperature"], asked["top_p"]
    );
    let answer = json!({
        "choices": [{"index": 0, "message": {"role": "assistant", "content": said}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    });
    (StatusCode::OK, answer.to_string())
}

async fn embeddings(headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let asked = match asked(&headers, &body) {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let texts = asked["input"].as_array().cloned().unwrap_or_default();
    let vector = |(index, text): (usize, &Value)| {
        let length = text.as_str().unwrap_or_default().len();
        json!({"object": "embedding", "index": index, "embedding": [length, 0.5]})
    };
    // In another order, as the protocol lets it.
    let data: Vec<Value> = texts.iter().enumerate().map(vector).rev().collect();
    let answer = json!({"data": data, "usage": {"prompt_tokens": 5, "total_tokens": 5}});
    (StatusCode::OK, answer.to_string())
}

async fn ask(running: &Running, what: &str, argument: &str) -> Result<Answer> {
    let request = running.api.call(Method::POST, &format!("/older/{what}"));
    request.body(argument.to_owned()).send().await
}

#[tokio::test]
async fn a_model_answers_whom_it_was_granted() -> Result {
    let models = Models::start().await?;
    let start = Start::guests().await?.env("SPINDRIFT_LLM_URL", &models.url);
    let running = start
        .env("SPINDRIFT_LLM_TOKEN", "of-the-test")
        .run()
        .await?;
    let said = ask(&running, "infer", "tiny: one two").await?.expect(200);
    assert_eq!(said.text(), "one two within null at null of null 3 4");
    let briefly = ask(&running, "infer-briefly", "tiny: one").await?;
    assert_eq!(
        briefly.expect(200).text(),
        "one within 7 at 0.5 of 0.25 3 4"
    );
    let vectors = ask(&running, "embed", "tiny: one three").await?;
    assert_eq!(vectors.expect(200).text(), "[[3.0, 0.5], [5.0, 0.5]] 5");
    // One that the server has not, and one that the manifest has not.
    let absent = ask(&running, "infer", "absent: x")
        .await?
        .expect(400)
        .text();
    assert!(absent.contains("ModelNotSupported"), "{absent}");
    let denied = ask(&running, "infer", "large: x").await?.expect(400).text();
    assert!(denied.contains("InvalidInput"), "{denied}");
    let log = running.log();
    assert!(
        log.contains(r#"ai_models = [\"large\"]"#),
        "the log does not say what would allow it:\n{log}"
    );
    assert!(!log.contains("of-the-test"), "{log}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_model_server_that_refuses_or_is_not_there_is_said_to_be() -> Result {
    let models = Models::start().await?;
    let running = Start::guests()
        .await?
        .args(&["--llm-url", &models.url])
        .run()
        .await?;
    let refused = ask(&running, "infer", "tiny: x").await?.expect(400).text();
    assert!(
        refused.contains("RuntimeError") && refused.contains("who is it?"),
        "{refused}"
    );
    drop(models);
    let gone = ask(&running, "infer", "tiny: x").await?.expect(400).text();
    assert!(gone.contains("RuntimeError"), "{gone}");
    running.stop().await?;
    let running = Start::guests().await?.run().await?;
    let nowhere = ask(&running, "infer", "tiny: x").await?.expect(400).text();
    assert!(nowhere.contains("--llm-url"), "{nowhere}");
    running.stop().await?;
    Ok(())
}
