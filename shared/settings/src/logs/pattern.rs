//! Names of log groups with `*` for any characters.

use compact_str::CompactString;

/// A log group's name, or many: `/aws/lambda/hasivu-*`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupPattern(CompactString);

impl GroupPattern {
    /// Takes any text; what no log group can be called matches none.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the group is one of these.
    #[must_use]
    pub fn is_match(&self, group: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = group.strip_prefix(first) else {
            return false;
        };
        let mut last = None;
        for part in parts {
            // What stands between two stars is taken where it comes first, so that most is left for the others.
            if let Some(between) = last.replace(part) {
                match rest.find(between) {
                    Some(at) => rest = rest.get(at + between.len()..).unwrap_or_default(),
                    None => return false,
                }
            }
        }
        last.map_or(rest.is_empty(), |last| rest.ends_with(last))
    }
}

/// What is wrong with such a text: problem and remedy.
#[cfg(feature = "yaml")]
pub(crate) fn problem(text: &str) -> Option<(String, String)> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-/.#*".contains(c);
    (text.is_empty() || text.len() > 512 || !text.chars().all(fits)).then(|| {
        (
            format!("`{text}` is no name of a log group"),
            "use at most 512 letters, digits, `_`, `-`, `/`, `.` and `#`, and `*` for any of them"
                .to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::GroupPattern;
    use test_case::test_case;

    #[test_case("/aws/lambda/pay", "/aws/lambda/pay", true)]
    #[test_case("/aws/lambda/pay", "/aws/lambda/payments", false)]
    #[test_case("/aws/lambda/*", "/aws/lambda/pay", true)]
    #[test_case("*", "", true)]
    #[test_case("*pay*", "/aws/lambda/pay", true; "nothing behind the last star")]
    #[test_case("/a*b*c", "/axbxbxc", true)]
    #[test_case("/a*b*c", "/axbxbx", false)]
    #[test_case("/a*aa", "/aa", false; "what the beginning took is taken")]
    #[test_case("a*b*b", "ab", false)]
    fn matches(pattern: &str, group: &str, expected: bool) {
        assert_eq!(GroupPattern::new(pattern).is_match(group), expected);
    }
}
