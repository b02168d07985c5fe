//! Items and their attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::body::Body;

/// An item as the client gives it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A text.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number.
pub(super) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// A document.
pub(super) fn document(body: Body) -> AttributeValue {
    match body {
        Body::Text(text) => AttributeValue::S(text),
        Body::Deflated(bytes) => AttributeValue::B(Blob::new(bytes)),
    }
}

/// The two parts of a primary key.
pub(super) fn primary_key(partition: impl Into<String>, sort_key: impl Into<String>) -> Item {
    HashMap::from([
        ("pk".to_owned(), text(partition)),
        ("sk".to_owned(), text(sort_key)),
    ])
}

/// A text of an item.
pub(super) fn read_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A number of an item.
pub(super) fn read_number<N: std::str::FromStr>(item: &Item, name: &str) -> Option<N> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Takes a document out of an item.
pub(super) fn take_document(item: &mut Item) -> Option<Body> {
    match item.remove("body")? {
        AttributeValue::S(text) => Some(Body::Text(text)),
        AttributeValue::B(bytes) => Some(Body::Deflated(bytes.into_inner())),
        AttributeValue::Bool(_)
        | AttributeValue::Bs(_)
        | AttributeValue::L(_)
        | AttributeValue::M(_)
        | AttributeValue::N(_)
        | AttributeValue::Ns(_)
        | AttributeValue::Null(_)
        | AttributeValue::Ss(_)
        | _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_survives_the_table_as_text_and_as_bytes() {
        for body in [Body::Text("{}".to_owned()), Body::Deflated(vec![1, 2])] {
            let mut item = Item::from([("body".to_owned(), document(body.clone()))]);
            assert_eq!(take_document(&mut item), Some(body));
        }
    }

    #[test]
    fn what_is_of_another_type_is_not_there() {
        let mut item = Item::from([
            ("body".to_owned(), number(1)),
            ("version".to_owned(), text("7")),
            (
                "lease_until".to_owned(),
                AttributeValue::N("1e3".to_owned()),
            ),
        ]);
        assert_eq!(read_number::<u64>(&item, "version"), None);
        assert_eq!(read_number::<i64>(&item, "lease_until"), None);
        assert_eq!(read_text(&item, "body"), None);
        assert_eq!(take_document(&mut item), None);
    }
}
