//! Where language models are.

use anyhow::{Context, Result, bail};
use clap::Args;
use spindrift_runtime::ModelServer;

/// Where language models are.
#[derive(Args, Debug)]
pub(crate) struct ModelArgs {
    /// A server of language models that speaks OpenAI's protocol: http://host:port.
    #[arg(long, value_name = "URL", env = "SPINDRIFT_LLM_URL")]
    llm_url: Option<String>,
    /// The token that it wants.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "SPINDRIFT_LLM_TOKEN",
        hide_env_values = true
    )]
    llm_token: Option<String>,
}

impl ModelArgs {
    /// The server, if one was named. What is empty was not given: that is how a variable
    /// is unset in many a file.
    pub(crate) fn server(&self) -> Result<Option<ModelServer>> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (url, token) = (given(&self.llm_url), given(&self.llm_token));
        match url {
            Some(url) => ModelServer::new(&url, token.as_deref())
                .map(Some)
                .map_err(anyhow::Error::msg)
                .context("--llm-url (SPINDRIFT_LLM_URL)"),
            None if token.is_some() => {
                bail!("--llm-token (SPINDRIFT_LLM_TOKEN) needs --llm-url, the server that wants it")
            }
            None => Ok(None),
        }
    }
}
