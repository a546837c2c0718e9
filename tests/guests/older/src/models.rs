//! Language models. What is asked is `model: text`.

use std::fmt::Debug;

use spin_sdk::llm::{self, EmbeddingModel, InferencingModel, InferencingParams, InferencingResult};

type Outcome = Result<String, String>;

/// What a model says.
pub(crate) fn infer(asked: &str) -> Outcome {
    let (model, prompt) = parts(asked)?;
    let said = llm::infer(InferencingModel::Other(model), prompt);
    said.map(told).map_err(words)
}

/// The same in few words.
pub(crate) fn infer_briefly(asked: &str) -> Outcome {
    let (model, prompt) = parts(asked)?;
    let params = InferencingParams {
        max_tokens: 7,
        temperature: 0.5,
        top_p: 0.25,
        ..InferencingParams::default()
    };
    let said = llm::infer_with_options(InferencingModel::Other(model), prompt, params);
    said.map(told).map_err(words)
}

/// Vectors of the words of a text.
pub(crate) fn embed(asked: &str) -> Outcome {
    let (model, text) = parts(asked)?;
    let texts: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let found = llm::generate_embeddings(EmbeddingModel::Other(model), &texts).map_err(words)?;
    let used = found.usage.prompt_token_count;
    Ok(format!("{:?} {used}", found.embeddings))
}

fn parts(asked: &str) -> Result<(&str, &str), String> {
    let parts = asked.split_once(": ");
    parts.ok_or_else(|| "no model".to_owned())
}

fn told(said: InferencingResult) -> String {
    let used = said.usage;
    format!(
        "{} {} {}",
        said.text, used.prompt_token_count, used.generated_token_count
    )
}

fn words(error: impl Debug) -> String {
    format!("{error:?}")
}
