//! YAML, as Kubernetes' tools read it.

use serde_json::Value;
use serde_saphyr::SerializerOptions;

use crate::release::Release;

/// One object, its keys in the order of their names.
pub fn yaml(value: &Value) -> String {
    // Texts stay on one line: people search for them.
    let mut options = SerializerOptions::default();
    options.min_fold_chars = usize::MAX;
    options.prefer_block_scalars = false;
    // JSON's values are all there is: text keys, and no number without a form.
    let mut text = serde_saphyr::to_string_with_options(value, options).unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// All objects as one stream of documents, in the order in which they are applied.
pub fn stream(release: &Release) -> String {
    let documents = release.objects.iter().map(|object| yaml(&object.value));
    documents.collect::<Vec<_>>().join("---\n")
}
