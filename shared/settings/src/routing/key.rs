//! Names of routes and inhibition rules: their matchers, as Alertmanager writes them.

use std::fmt::Write as _;

use compact_str::CompactString;

use crate::Matcher;

/// `{a="b",c=~"d"}`.
pub(super) fn braces(matchers: &[Matcher]) -> CompactString {
    let mut text = CompactString::from("{");
    for (at, matcher) in matchers.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&matcher.key());
    }
    text.push('}');
    text
}

/// A name for each of a list, in order: the same text for the second time has `#2` behind it.
#[derive(Default)]
pub(super) struct Names(std::collections::HashMap<CompactString, u32>);

impl Names {
    pub(super) fn tell_apart(&mut self, mut text: CompactString) -> CompactString {
        let count = self.0.entry(text.clone()).or_default();
        *count += 1;
        if *count > 1 {
            // Writing to a text in memory does not fail.
            let _ = write!(text, "#{count}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, braces};
    use crate::Matcher;
    use test_case::test_case;

    #[test_case(&[], "{}"; "none")]
    #[test_case(&["a=b", "c=~d"], r#"{a="b",c=~"d"}"#; "two")]
    #[test_case(&[r#"a=~"\d\"""#], r#"{a=~"\\d\""}"#; "escapes")]
    #[test_case(&["a > 5"], "{a>5}"; "a number")]
    fn writes_what_alertmanager_writes(matchers: &[&str], expected: &str) {
        let matchers: Vec<Matcher> = matchers
            .iter()
            .map(|text| Matcher::try_new(text).unwrap())
            .collect();
        assert_eq!(braces(&matchers), expected);
    }

    #[test]
    fn tells_the_same_texts_apart() {
        let mut names = Names::default();
        let given = ["{}", "{a}", "{}", "{}"].map(|text| names.tell_apart(text.into()));
        assert_eq!(given, ["{}", "{a}", "{}#2", "{}#3"]);
    }
}
