//! JSON whose objects keep the order of their members: the page follows the document's.
//!
//! `serde_json` does so too, by a feature. That would be on in every build tool of the
//! functions, which cargo would then compile once with it and once without.

use std::fmt::{self, Formatter};
use std::ops::Index;
use std::slice;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

static NOTHING: Json = Json::Plain(Value::Null);

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Json {
    /// Neither of those below.
    Plain(Value),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A string's text; nothing for what is none.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Plain(Value::String(text)) => text,
            _ => "",
        }
    }

    /// An array's items; nothing for what is none.
    pub(crate) fn items(&self) -> slice::Iter<'_, Self> {
        match self {
            Self::Array(items) => items.iter(),
            _ => [].iter(),
        }
    }

    /// An object's members, in their order; nothing for what is none.
    pub(crate) fn members(&self) -> slice::Iter<'_, (String, Self)> {
        match self {
            Self::Object(members) => members.iter(),
            _ => [].iter(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let member = self.members().find(|(known, _)| known == name);
        member.map(|(_, value)| value)
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Plain(Value::Null))
    }
}

/// A member of an object, or null.
impl Index<&str> for Json {
    type Output = Self;

    fn index(&self, name: &str) -> &Self {
        self.get(name).unwrap_or(&NOTHING)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Plain(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = array.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    object.serialize_entry(name, value)?;
                }
                object.end()
            }
        }
    }
}
