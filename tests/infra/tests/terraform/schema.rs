//! What the provider knows: `tests/infra/schemas/digitalocean/schema.json`.

use anyhow::Context;
use serde_json::Value;

const PROVIDER: &str = "registry.terraform.io/digitalocean/digitalocean";

/// The provider's schema, in the form of `terraform providers schema -json`.
pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let text = spindrift_test_infra::text("tests/infra/schemas/digitalocean/schema.json")?;
        Ok(Self(serde_json::from_str(&text)?))
    }

    fn of(&self) -> anyhow::Result<&Value> {
        self.0
            .get("provider_schemas")
            .and_then(|all| all.get(PROVIDER))
            .context("the schema is not of DigitalOcean's provider")
    }

    /// The provider's own arguments.
    pub(crate) fn provider(&self) -> anyhow::Result<Described<'_>> {
        Ok(Described(&self.of()?["provider"]["block"]))
    }

    /// A resource's, or a data source's; none where the provider has no such type.
    pub(crate) fn block(&self, kind: &str, of_type: &str) -> anyhow::Result<Option<Described<'_>>> {
        let all = match kind {
            "data" => "data_source_schemas",
            _ => "resource_schemas",
        };
        Ok(self.of()?[all]
            .get(of_type)
            .map(|one| Described(&one["block"])))
    }

    /// Every type of a kind.
    pub(crate) fn types(&self, kind: &str) -> anyhow::Result<Vec<&str>> {
        let all = match kind {
            "data" => "data_source_schemas",
            _ => "resource_schemas",
        };
        let all = self.of()?[all].as_object().context("no types")?;
        Ok(all.keys().map(String::as_str).collect())
    }
}

/// The arguments and nested blocks of one block.
#[derive(Clone, Copy)]
pub(crate) struct Described<'a>(&'a Value);

impl<'a> Described<'a> {
    pub(crate) fn attribute(self, name: &str) -> Option<Attribute<'a>> {
        self.0["attributes"].get(name).map(Attribute)
    }

    pub(crate) fn nested(self, name: &str) -> Option<Nested<'a>> {
        self.0["block_types"].get(name).map(Nested)
    }

    pub(crate) fn required(self) -> impl Iterator<Item = &'a str> {
        let all = self.0["attributes"].as_object();
        all.into_iter()
            .flatten()
            .filter(|(_, one)| Attribute(one).is("required"))
            .map(|(name, _)| name.as_str())
    }

    pub(crate) fn all_nested(self) -> impl Iterator<Item = (&'a str, Nested<'a>)> {
        let all = self.0["block_types"].as_object();
        all.into_iter()
            .flatten()
            .map(|(name, one)| (name.as_str(), Nested(one)))
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a>(&'a Value);

impl<'a> Attribute<'a> {
    fn is(self, what: &str) -> bool {
        self.0[what].as_bool().unwrap_or_default()
    }

    pub(crate) fn settable(self) -> bool {
        self.is("required") || self.is("optional")
    }

    pub(crate) fn sensitive(self) -> bool {
        self.is("sensitive")
    }

    pub(crate) fn deprecated(self) -> bool {
        self.is("deprecated")
    }

    pub(crate) fn of_type(self) -> &'a Value {
        &self.0["type"]
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Nested<'a>(&'a Value);

impl<'a> Nested<'a> {
    pub(crate) fn block(self) -> Described<'a> {
        Described(&self.0["block"])
    }

    pub(crate) fn least(self) -> u64 {
        self.0["min_items"].as_u64().unwrap_or_default()
    }

    /// A single block, or as many as the schema says; none is no bound.
    pub(crate) fn most(self) -> Option<u64> {
        if self.0["nesting_mode"] == "single" {
            Some(1)
        } else {
            self.0["max_items"].as_u64()
        }
    }
}
