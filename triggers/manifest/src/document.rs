//! A document as a plain tree in which everything knows its place.
//!
//! TOML has several ways to write one thing (`[a.b]`, `a = { b = {} }`, `a.b.c = 1`,
//! `[[a]]`). Here they are the same, so that what reads the tree need not know.

use toml_edit::{Item, Key, TableLike, Value};

/// A value and the byte of the text at which it begins.
#[derive(Clone, Debug)]
pub struct Node {
    pub(crate) at: usize,
    pub(crate) data: Data,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Data {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// A float, date or time, or JSON's `null`: nothing in a manifest is one.
    Other(&'static str),
    /// An array.
    List(Vec<Node>),
    /// A table, in the order of the document.
    Table(Vec<Entry>),
}

/// One key of a table, with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(crate) key: String,
    pub(crate) node: Node,
    /// The byte of the text at which the key begins.
    pub(crate) at: usize,
}

impl Node {
    /// What it is, with its article.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Text(_) => "a string",
            Data::Integer(_) => "an integer",
            Data::Boolean(_) => "a boolean",
            Data::Other(kind) => kind,
            Data::List(_) => "an array",
            Data::Table(_) => "a table",
        }
    }

    /// Whether it is as good as absent: an empty array or table, or `false`.
    pub(crate) fn is_void(&self) -> bool {
        match &self.data {
            Data::List(list) => list.is_empty(),
            Data::Table(entries) => entries.is_empty(),
            Data::Boolean(value) => !value,
            _ => false,
        }
    }
}

/// A value at a place.
pub(crate) fn at_place(at: usize, data: Data) -> Node {
    Node { at, data }
}

/// A value at a place, under a key there.
pub(crate) fn with_key(key: &str, at: usize, node: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        node,
        at,
    }
}

/// A table at a place, under a key there.
pub(crate) fn named(key: &str, at: usize, entries: Vec<Entry>) -> Entry {
    with_key(key, at, at_place(at, Data::Table(entries)))
}

/// Reads a document of TOML into a table.
///
/// # Errors
///
/// The byte and the message of the first error of syntax.
pub(crate) fn parse(text: &str) -> Result<Node, (usize, String)> {
    let document = toml_edit::Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let mut message = error.message().replace('\n', ", ");
        if message.contains("duplicate key")
            && let Some(key) = error.span().and_then(|span| text.get(span))
        {
            message.push_str(&format!(" `{key}`: write its table once"));
        }
        (at, message)
    })?;
    Ok(Node {
        at: 0,
        data: table(document.as_table()),
    })
}

fn table(table: &dyn TableLike) -> Data {
    let entries = table.iter().filter_map(|(name, _)| {
        let (key, item) = table.get_key_value(name)?;
        let node = item_node(item, key_place(key))?;
        // A table that only its sub-tables' headers mention has no place of its own.
        let at = key_place(key).unwrap_or(node.at);
        Some(Entry {
            key: name.to_owned(),
            at,
            node,
        })
    });
    Data::Table(entries.collect())
}

fn key_place(key: &Key) -> Option<usize> {
    key.span().map(|span| span.start)
}

fn item_node(item: &Item, key: Option<usize>) -> Option<Node> {
    let own = item.span().map(|span| span.start);
    Some(match item {
        Item::None => return None,
        Item::Value(value) => value_node(value),
        Item::Table(inner) => Node {
            at: own.or(key).unwrap_or(0),
            data: table(inner),
        },
        Item::ArrayOfTables(tables) => {
            let list = tables.iter().map(|inner| Node {
                at: inner.span().map_or(0, |span| span.start),
                data: table(inner),
            });
            Node {
                at: own.or(key).unwrap_or(0),
                data: Data::List(list.collect()),
            }
        }
    })
}

fn value_node(value: &Value) -> Node {
    let data = match value {
        Value::String(text) => Data::Text(text.value().clone()),
        Value::Integer(number) => Data::Integer(*number.value()),
        Value::Boolean(value) => Data::Boolean(*value.value()),
        Value::Float(_) => Data::Other("a float"),
        Value::Datetime(_) => Data::Other("a date or time"),
        Value::Array(list) => Data::List(list.iter().map(value_node).collect()),
        Value::InlineTable(inner) => table(inner),
    };
    Node {
        at: value.span().map_or(0, |span| span.start),
        data,
    }
}
