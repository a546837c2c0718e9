//! `fermyon:spin/llm`: language models, on a server that somebody else runs.

mod server;

use std::collections::BTreeSet;
use std::sync::Arc;

use spindrift_traces::Parent;
use wasmtime::component::{HasData, Linker};

pub use self::server::ModelServer;
use crate::bindings::fermyon::spin::llm as wit;
use crate::bindings::fermyon::spin::llm::{
    EmbeddingsResult, Error, InferencingParams, InferencingResult,
};
use crate::state::State;

/// The models that a component may use, and where they are.
pub(crate) struct Grant {
    component: String,
    models: BTreeSet<String>,
    server: Option<Arc<ModelServer>>,
}

impl Grant {
    pub(super) fn new(
        component: &str,
        models: &[String],
        server: Option<Arc<ModelServer>>,
    ) -> Self {
        Self {
            component: component.to_owned(),
            models: models.iter().cloned().collect(),
            server,
        }
    }

    /// The server that has a model, if the component may use that.
    fn server(&self, model: &str) -> Result<&ModelServer, Error> {
        let function = &self.component;
        if !self.models.contains(model) {
            let denied = format!(
                "component \"{function}\" may not use the model \"{model}\"; allow it in spin.toml:\n\n[component.{function}]\nai_models = [\"{model}\"]"
            );
            tracing::warn!(function, "{denied}");
            return Err(Error::InvalidInput(denied));
        }
        self.server.as_deref().ok_or_else(|| {
            let missing = "there is no server for models: name one that speaks OpenAI's protocol, `--llm-url http://host:port`";
            tracing::warn!(function, model, "{missing}");
            Error::RuntimeError(missing.to_owned())
        })
    }
}

/// A component's grant, and the trace of the request.
pub(crate) struct View<'a> {
    grant: &'a Grant,
    trace: Option<&'a Parent>,
}

/// The interface's place in the linker.
struct Llm;

impl HasData for Llm {
    type Data<'a> = View<'a>;
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wit::add_to_linker::<_, Llm>(linker, |state| View {
        grant: &state.grants.llm,
        trace: state.outbound.trace.as_ref(),
    })
}

impl wit::Host for View<'_> {
    async fn infer(
        &mut self,
        model: String,
        prompt: String,
        params: Option<InferencingParams>,
    ) -> wasmtime::Result<Result<InferencingResult, Error>> {
        let server = match self.grant.server(&model) {
            Ok(server) => server,
            Err(error) => return Ok(Err(error)),
        };
        Ok(server.infer(&model, &prompt, params, self.trace).await)
    }

    async fn generate_embeddings(
        &mut self,
        model: String,
        texts: Vec<String>,
    ) -> wasmtime::Result<Result<EmbeddingsResult, Error>> {
        let server = match self.grant.server(&model) {
            Ok(server) => server,
            Err(error) => return Ok(Err(error)),
        };
        Ok(server.embed(&model, &texts, self.trace).await)
    }
}
