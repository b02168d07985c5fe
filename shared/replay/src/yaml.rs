//! YAML as JSON values; anchors and aliases are resolved.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Value};

/// Reads one YAML document.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let documents = MarkedYaml::load_from_str(text)
        .map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
    match documents.as_slice() {
        [document] => convert(document),
        [] => Err("the file is empty".to_owned()),
        [_, second, ..] => Err(format!(
            "line {}: a second document begins here; keep one document a file",
            second.span.start.line()
        )),
    }
}

fn convert(node: &MarkedYaml<'_>) -> Result<Value, String> {
    Ok(match &node.data {
        YamlData::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => (*value).into(),
            Scalar::Integer(value) => (*value).into(),
            Scalar::FloatingPoint(value) => value.into_inner().into(),
            Scalar::String(value) => value.as_ref().into(),
        },
        YamlData::Sequence(items) => {
            Value::Array(items.iter().map(convert).collect::<Result<_, _>>()?)
        }
        YamlData::Mapping(pairs) => {
            let mut map = Map::new();
            for (key, value) in pairs {
                let name = match &key.data {
                    YamlData::Value(Scalar::String(name)) => name.to_string(),
                    // `on`, `1` and the like as names.
                    YamlData::Value(Scalar::Integer(number)) => number.to_string(),
                    YamlData::Value(Scalar::Boolean(value)) => value.to_string(),
                    YamlData::Value(Scalar::Null | Scalar::FloatingPoint(_))
                    | YamlData::Representation(..)
                    | YamlData::Sequence(_)
                    | YamlData::Mapping(_)
                    | YamlData::Tagged(..)
                    | YamlData::Alias(_)
                    | YamlData::BadValue => {
                        return Err(format!(
                            "line {}: a key is no text; put it in quotes",
                            key.span.start.line()
                        ));
                    }
                };
                map.insert(name, convert(value)?);
            }
            Value::Object(map)
        }
        YamlData::Tagged(_, inner) => convert(inner)?,
        YamlData::Representation(text, ..) => text.as_ref().into(),
        YamlData::Alias(_) | YamlData::BadValue => {
            return Err(format!(
                "line {}: this value cannot be read; check that its anchor stands above",
                node.span.start.line()
            ));
        }
    })
}
