//! Regular expressions of Go's package as this one reads them.

/// The same expression, or `None` where there is none.
pub(super) fn translate(source: &str) -> Option<String> {
    let mut output = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    let mut class = Class::Outside;
    while let Some(c) = chars.next() {
        match (c, class) {
            ('\\', _) => match chars.next()? {
                // Quoted: everything up to `\E` means itself.
                'Q' if class == Class::Outside => {
                    let rest: String = chars.by_ref().collect();
                    let (quoted, after) = rest.split_once("\\E").unwrap_or((&rest, ""));
                    for c in quoted.chars() {
                        escape(&mut output, c);
                    }
                    return Some(output + &translate(after)?);
                }
                // One byte, which a text of characters does not have.
                'C' => return None,
                // Octal numbers are not read here.
                '0'..='9' => return None,
                // An escaped sign is that sign; here these two are ends of words.
                sign @ ('<' | '>') => output.push(sign),
                other => output.extend(['\\', other]),
            },
            ('[', Class::Outside) => {
                output.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    output.push('^');
                }
                // A bracket that closes is a member when it comes first.
                if chars.next_if_eq(&']').is_some() {
                    output.push_str("\\]");
                }
                class = Class::Inside;
            }
            (']', Class::Inside) => {
                output.push(']');
                class = Class::Outside;
            }
            ('[', Class::Inside) => {
                if chars.peek() == Some(&':') {
                    // A named class: up to its end as it is.
                    output.push('[');
                    while let Some(c) = chars.next() {
                        output.push(c);
                        if c == ':' && chars.next_if_eq(&']').is_some() {
                            output.push(']');
                            break;
                        }
                    }
                } else {
                    output.push_str("\\[");
                }
            }
            // Doubled, these are operations between classes here.
            ('&' | '~', Class::Inside) => output.extend(['\\', c]),
            ('-', Class::Inside) if chars.peek() == Some(&'-') => output.push_str("\\-"),
            ('{', Class::Outside) => {
                let rest: String = chars.clone().take_while(|c| *c != '}').collect();
                let counts = rest.split(',').collect::<Vec<_>>();
                let digits = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
                let is_count = counts.len() <= 2
                    && counts.iter().all(digits)
                    && counts.first().is_some_and(|first| !first.is_empty())
                    && chars.clone().any(|c| c == '}');
                output.push_str(if is_count { "{" } else { "\\{" });
            }
            (other, _) => output.push(other),
        }
    }
    Some(output)
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Outside,
    Inside,
}

fn escape(output: &mut String, c: char) {
    if r"\.+*?()|[]{}^$#&-~".contains(c) {
        output.push('\\');
    }
    output.push(c);
}

#[cfg(test)]
mod tests {
    use super::translate;
    use test_case::test_case;

    #[test_case("a.*(b|c)", "a.*(b|c)"; "most are the same")]
    #[test_case(r"\Qa.b\E.c", r"a\.b.c"; "quoted")]
    #[test_case("[[]", r"[\[]"; "a bracket among others")]
    #[test_case("[]a]", r"[\]a]"; "a bracket that closes comes first")]
    #[test_case("[[:alpha:]_]", "[[:alpha:]_]"; "a named class")]
    #[test_case("[a&&b]", r"[a\&\&b]"; "and twice")]
    #[test_case("a{2,3}", "a{2,3}"; "a count")]
    #[test_case("{a}", r"\{a}"; "no count")]
    #[test_case(r"\<a\>", "<a>"; "signs")]
    fn writes_it_as_it_is_read_here(go: &str, expected: &str) {
        let translated = translate(go).unwrap();
        assert_eq!(translated, expected);
        settings::Matcher::try_new(&format!("a=~{translated}")).unwrap();
    }

    #[test_case(r"\C"; "a byte")]
    #[test_case(r"\101"; "octal")]
    fn says_where_there_is_none(go: &str) {
        assert_eq!(translate(go), None);
    }
}
