//! Texts with fields of a record in them: `card refused by {gateway}`.

use compact_str::CompactString;

/// A text with fields in it. `{{` and `}}` stand for braces.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Template(Vec<Piece>);

/// A part of a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// It stands as it is.
    Text(CompactString),
    /// The field of this name stands here.
    Field(CompactString),
}

/// A text that is no template.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidTemplate {
    /// A brace has no partner.
    #[error("a brace has no partner: write `{{field}}` for a field, and two braces for one")]
    Brace,
    /// There is no name in the braces.
    #[error("there is no name of a field in the braces: write `{{field}}`")]
    Name,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When its braces do not pair up or hold no name.
    pub fn try_new(text: &str) -> Result<Self, InvalidTemplate> {
        let mut pieces = Vec::new();
        let mut plain = CompactString::default();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(rest.get(..at).unwrap_or_default());
            let tail = rest.get(at..).unwrap_or_default();
            if let Some(more) = tail.strip_prefix("{{").or_else(|| tail.strip_prefix("}}")) {
                plain.push_str(tail.get(..1).unwrap_or_default());
                rest = more;
                continue;
            }
            let inner = tail.strip_prefix('{').ok_or(InvalidTemplate::Brace)?;
            let (name, more) = inner.split_once('}').ok_or(InvalidTemplate::Brace)?;
            if !crate::matcher::is_label_name(name) {
                return Err(InvalidTemplate::Name);
            }
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Field(name.into()));
            rest = more;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// Its parts, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The fields in it.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Field(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidTemplate, Piece, Template};
    use test_case::test_case;

    #[test]
    fn reads_fields_and_braces() {
        let template = Template::try_new("{{a}} by {user.id}{b}").unwrap();
        let expected = [
            Piece::Text("{a} by ".into()),
            Piece::Field("user.id".into()),
            Piece::Field("b".into()),
        ];
        assert_eq!(template.pieces(), expected);
    }

    #[test_case("a {b", InvalidTemplate::Brace)]
    #[test_case("a } b", InvalidTemplate::Brace)]
    #[test_case("a {} b", InvalidTemplate::Name)]
    #[test_case("a {b c}", InvalidTemplate::Name)]
    fn says_what_is_wrong(text: &str, expected: InvalidTemplate) {
        assert_eq!(Template::try_new(text), Err(expected));
    }
}
