//! A YAML document as JSON, with the place of every value and key.

use std::collections::HashMap;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Value};

use super::Fault;

/// The document, and where each path stands.
pub(super) struct Tree {
    pub(super) value: Value,
    places: HashMap<String, (usize, usize)>,
}

impl Tree {
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let documents = MarkedYaml::load_from_str(text).map_err(|error| Fault {
            line: error.marker().line(),
            column: error.marker().col() + 1,
            path: String::new(),
            problem: format!("this is no YAML: {}", error.info()),
            remedy: "check indentation, quotes and colons here and in the line above".to_owned(),
        })?;
        let mut tree = Self {
            value: Value::Null,
            places: HashMap::new(),
        };
        match documents.as_slice() {
            [document] => tree.value = tree.convert(document, String::new())?,
            [] => return Err(Fault::at_start("the file is empty".to_owned())),
            [_, second, ..] => {
                return Err(Fault {
                    line: second.span.start.line(),
                    column: second.span.start.col() + 1,
                    path: String::new(),
                    problem: "a second YAML document begins here".to_owned(),
                    remedy: "keep one document a file: remove the `---`".to_owned(),
                });
            }
        }
        Ok(tree)
    }

    /// A fault at a path; where the path is a key that is missing, the place of its parent.
    pub(super) fn fault(&self, path: &str, problem: String, remedy: impl Into<String>) -> Fault {
        let mut known = path;
        let (line, column) = loop {
            match self.places.get(known) {
                Some(place) => break *place,
                None => match known.rfind(['.', '[']).and_then(|at| known.get(..at)) {
                    Some(parent) => known = parent,
                    None => break self.places.get("").copied().unwrap_or((1, 1)),
                },
            }
        };
        Fault {
            line,
            column,
            path: path.to_owned(),
            problem,
            remedy: remedy.into(),
        }
    }

    fn convert(&mut self, node: &MarkedYaml<'_>, path: String) -> Result<Value, Fault> {
        let place = (node.span.start.line(), node.span.start.col() + 1);
        // A key's place, once known, is better than its value's: that may stand lines below.
        self.places.entry(path.clone()).or_insert(place);
        Ok(match &node.data {
            YamlData::Value(scalar) => match scalar {
                Scalar::Null => Value::Null,
                Scalar::Boolean(value) => (*value).into(),
                Scalar::Integer(value) => (*value).into(),
                Scalar::FloatingPoint(value) => value.into_inner().into(),
                Scalar::String(value) => value.as_ref().into(),
            },
            YamlData::Sequence(items) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| self.convert(item, format!("{path}[{at}]")))
                    .collect::<Result<_, _>>()?,
            ),
            YamlData::Mapping(pairs) => {
                let mut map = Map::new();
                for (key, value) in pairs {
                    let YamlData::Value(Scalar::String(name)) = &key.data else {
                        return Err(Fault {
                            line: key.span.start.line(),
                            column: key.span.start.col() + 1,
                            path,
                            problem: "a key is no text".to_owned(),
                            remedy: "put it in quotes, or check the indentation".to_owned(),
                        });
                    };
                    let below = join(&path, name);
                    let place = (key.span.start.line(), key.span.start.col() + 1);
                    self.places.insert(below.clone(), place);
                    map.insert(name.to_string(), self.convert(value, below)?);
                }
                Value::Object(map)
            }
            YamlData::Tagged(_, inner) => self.convert(inner, path)?,
            YamlData::Representation(text, ..) => text.as_ref().into(),
            YamlData::Alias(_) | YamlData::BadValue => {
                return Err(Fault {
                    line: place.0,
                    column: place.1,
                    path,
                    problem: "this value cannot be read".to_owned(),
                    remedy: "write it out, or check that its anchor stands above".to_owned(),
                });
            }
        })
    }
}

/// The path of a key below another.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
