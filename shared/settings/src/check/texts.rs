//! A YAML document of another program's, as it was written: that program decides what is a number.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Value};

use super::Fault;

/// Reads a YAML document with every scalar as the text that was written (`1.10` stays that), and what is
/// left empty as null. Keys that a merge (`<<`) brings are those of the map.
///
/// # Errors
/// When it is no YAML, or not one document.
pub fn read_texts(text: &str) -> Result<Value, Fault> {
    let fault = |line: usize, column: usize, problem: String, remedy: &str| Fault {
        line,
        column,
        path: String::new(),
        problem,
        remedy: remedy.to_owned(),
    };
    let documents = MarkedYaml::load_from_str(text).map_err(|error| {
        fault(
            error.marker().line(),
            error.marker().col() + 1,
            format!("this is no YAML: {}", error.info()),
            "check indentation, quotes and colons here and in the line above",
        )
    })?;
    let lines: Vec<&str> = text.lines().collect();
    match documents.as_slice() {
        [document] => Ok(convert(document, &lines)),
        [] => Err(fault(1, 1, "the file is empty".to_owned(), "name another")),
        [_, second, ..] => Err(fault(
            second.span.start.line(),
            second.span.start.col() + 1,
            "a second YAML document begins here".to_owned(),
            "keep one document a file",
        )),
    }
}

fn convert(node: &MarkedYaml<'_>, lines: &[&str]) -> Value {
    match &node.data {
        YamlData::Value(Scalar::Null) => Value::Null,
        YamlData::Value(Scalar::String(text)) => text.as_ref().into(),
        YamlData::Value(Scalar::Boolean(value)) => written(node, lines)
            .unwrap_or_else(|| value.to_string())
            .into(),
        YamlData::Value(Scalar::Integer(value)) => written(node, lines)
            .unwrap_or_else(|| value.to_string())
            .into(),
        YamlData::Value(Scalar::FloatingPoint(value)) => written(node, lines)
            .unwrap_or_else(|| value.to_string())
            .into(),
        YamlData::Representation(text, ..) => text.as_ref().into(),
        YamlData::Sequence(items) => items.iter().map(|item| convert(item, lines)).collect(),
        YamlData::Mapping(pairs) => {
            let mut map = Map::new();
            let mut merged = Vec::new();
            for (key, value) in pairs {
                let value = convert(value, lines);
                let name = match convert(key, lines) {
                    Value::String(name) => name,
                    other @ (Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Array(_)
                    | Value::Object(_)) => other.to_string(),
                };
                if name == "<<" {
                    merged.push(value);
                } else {
                    map.insert(name, value);
                }
            }
            for value in merged {
                merge(&mut map, value);
            }
            Value::Object(map)
        }
        YamlData::Tagged(_, inner) => convert(inner, lines),
        YamlData::Alias(_) | YamlData::BadValue => Value::Null,
    }
}

/// What stands in the map itself outranks what is merged into it, and the earlier the later.
fn merge(map: &mut Map<String, Value>, value: Value) {
    match value {
        Value::Object(other) => {
            for (name, value) in other {
                map.entry(name).or_insert(value);
            }
        }
        Value::Array(several) => {
            for one in several {
                merge(map, one);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A plain scalar stands in one line; where an alias stands for it, it is not there.
fn written(node: &MarkedYaml<'_>, lines: &[&str]) -> Option<String> {
    let (start, end) = (node.span.start, node.span.end);
    let line = lines.get(start.line().saturating_sub(1)).unwrap_or(&"");
    let length = end.col().saturating_sub(start.col());
    let text: String = line.chars().skip(start.col()).take(length).collect();
    // An anchor or a tag may stand in front of it, and a number or a truth has no spaces.
    let text = text.split_whitespace().last()?;
    (!text.starts_with('*')).then(|| text.trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::read_texts;
    use serde_json::json;

    #[test]
    fn keeps_what_was_written() {
        let text = "a: 1.10\nb: [007, yes, true , ~, '5']\nc: { d: 1e3, é: 0x1F }\n4: 2026-01-01\ne:\nf: !!str 12\n";
        let expected = json!({
            "a": "1.10", "b": ["007", "yes", "true", null, "5"], "c": {"d": "1e3", "é": "0x1F"},
            "4": "2026-01-01", "e": null, "f": "12",
        });
        assert_eq!(read_texts(text).unwrap(), expected);
    }

    #[test]
    fn follows_anchors_and_merges() {
        let text = "a: &a { x: 1, y: 2 }\nb: { <<: *a, x: 3 }\nc: *a\ne: [&n 1.5, *n]\nd: { <<: [{ x: 5 }, *a] }\n";
        let expected = json!({
            "a": {"x": "1", "y": "2"}, "b": {"x": "3", "y": "2"}, "c": {"x": "1", "y": "2"},
            "d": {"x": "5", "y": "2"}, "e": ["1.5", "1.5"],
        });
        assert_eq!(read_texts(text).unwrap(), expected);
    }

    #[test]
    fn says_where_it_is_no_yaml() {
        let fault = read_texts("a: [").unwrap_err();
        assert!(fault.problem.contains("no YAML"), "{fault}");
        assert!(read_texts("").unwrap_err().problem.contains("empty"));
    }
}
