//! JSON: the fields that are asked for, without building the rest. What is in the object `message` of the outermost
//! object (Lambda's JSON format puts what a function logs there, as an object or as text with JSON in it) counts as if
//! it stood outside, unless it stands there too.

use std::fmt;

use compact_str::{CompactString, ToCompactString as _};
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Value;
use crate::fields::{Edge, Node, Slot};

type Values<'a> = Vec<(Slot, Value<'a>)>;

/// Whether the text is a JSON object and nothing else. If not, what was found before the fault is taken away again.
pub(crate) fn read<'a>(text: &'a str, root: &Node, values: &mut Values<'a>) -> bool {
    let before = values.len();
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut nested = Vec::new();
    let object = Object {
        nodes: [Some(root), None],
        root,
        values,
        nested: &mut nested,
    };
    let done = object.deserialize(&mut reader).is_ok() && reader.end().is_ok();
    if done {
        // What stands outside has the last word, so it stands last.
        nested.append(&mut values.split_off(before));
        values.append(&mut nested);
    } else {
        values.truncate(before);
    }
    done
}

struct Object<'o, 'a> {
    /// The tree of names here, and for what is in `message` that of the outermost object.
    nodes: [Option<&'o Node>; 2],
    root: &'o Node,
    values: &'o mut Values<'a>,
    nested: &'o mut Values<'a>,
}

impl<'de> DeserializeSeed<'de> for Object<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(edges) = map.next_key_seed(Name(self.nodes))? {
            if edges == [None, None] {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Field {
                    edges,
                    root: self.root,
                    values: &mut *self.values,
                    nested: &mut *self.nested,
                })?;
            }
        }
        Ok(())
    }
}

impl PartialEq for Edge {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

struct Name<'o>([Option<&'o Node>; 2]);

impl<'de, 'o> DeserializeSeed<'de> for Name<'o> {
    type Value = [Option<&'o Edge>; 2];
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'o> Visitor<'_> for Name<'o> {
    type Value = [Option<&'o Edge>; 2];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.map(|node| node.and_then(|node| node.get(name))))
    }
}

struct Field<'o, 'a> {
    edges: [Option<&'o Edge>; 2],
    root: &'o Node,
    values: &'o mut Values<'a>,
    nested: &'o mut Values<'a>,
}

impl<'a> Field<'_, 'a> {
    fn put(self, value: Value<'a>) {
        let [own, alias] = self.edges.map(|edge| edge.and_then(|edge| edge.slot));
        if let Some(slot) = alias {
            self.nested.push((slot, value.clone()));
        }
        if let Some(slot) = own {
            self.values.push((slot, value));
        }
    }

    fn is_nested(&self) -> bool {
        matches!(self.edges, [Some(edge), _] if edge.nested)
    }

    /// JSON that is text in `message`, with its own quotes escaped.
    fn inner(&mut self, text: &str) {
        let mut found = Vec::new();
        if self.is_nested() && text.starts_with('{') && read(text, self.root, &mut found) {
            let found = found
                .into_iter()
                .map(|(slot, value)| (slot, value.into_owned()));
            self.nested.extend(found);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Field<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Field<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.put(Value::Text(if value { "true" } else { "false" }));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.put(Value::Number(value as f64, value.to_compact_string()));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.put(Value::Number(value as f64, value.to_compact_string()));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.put(Value::Number(value, value.to_compact_string()));
        Ok(())
    }

    fn visit_borrowed_str<E>(mut self, text: &'de str) -> Result<(), E> {
        self.inner(text);
        self.put(Value::Text(text));
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        self.inner(text);
        self.put(Value::Owned(CompactString::new(text)));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let [own, alias] = self
            .edges
            .map(|edge| edge.and_then(|edge| edge.node.as_ref()));
        let alias = if self.is_nested() {
            Some(self.root)
        } else {
            alias
        };
        let object = Object {
            nodes: [own, alias],
            root: self.root,
            values: self.values,
            nested: self.nested,
        };
        object.visit_map(map)
    }
}
