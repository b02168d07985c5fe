//! A rule's conditions in the syntax of CloudWatch's filter patterns, or why they have no words there.

use settings::logs::LogRule;
use settings::{Matcher, Matchers, Operator};

use super::expression::{Needle, translate};

/// AWS's limits: characters of a pattern, and expressions in one.
const LENGTH: usize = 1_024;
const EXPRESSIONS: usize = 2;
/// And dimensions of a metric filter.
const DIMENSIONS: usize = 3;

/// Where a record's fields stand in a line.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Place {
    /// In the line's own object.
    Direct,
    /// In the object `message` of the line, where Lambda puts what is logged in its JSON format.
    Wrapped,
    /// Anywhere: the pattern looks at the text.
    Text,
}

impl Place {
    const fn root(self) -> &'static str {
        match self {
            Self::Direct | Self::Text => "$.",
            Self::Wrapped => "$.message.",
        }
    }
}

/// A filter pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pattern {
    pub(super) place: Place,
    pub(super) text: String,
    /// Dimensions that have one value for all that the pattern finds: name, selector, value.
    pub(super) dimensions: Vec<(String, String, String)>,
    /// How many expressions there are in it.
    pub(super) expressions: usize,
}

/// The patterns that together find what a rule finds.
pub(super) fn patterns(rule: &LogRule) -> Result<Vec<Pattern>, String> {
    let matchers = &rule.matchers;
    if matchers.is_empty() {
        return Err("it has no condition: every line would be an alarm".to_owned());
    }
    let of_text = |matcher: &Matcher| matcher.name() == "@message";
    let mut all = matchers.all().iter().chain(matchers.any());
    let found = if all.clone().all(of_text) {
        vec![text(matchers)?]
    } else if all.any(of_text) {
        return Err(
            "it looks at fields and at @message: a filter pattern looks at one of them".to_owned(),
        );
    } else {
        vec![
            json(matchers, Place::Direct)?,
            json(matchers, Place::Wrapped)?,
        ]
    };
    for pattern in &found {
        if pattern.text.len() > LENGTH {
            return Err(format!(
                "its pattern would have {} characters, and AWS allows {LENGTH}",
                pattern.text.len()
            ));
        }
        if pattern.expressions > EXPRESSIONS {
            return Err(format!(
                "its pattern would have {} expressions, and AWS allows {EXPRESSIONS}",
                pattern.expressions
            ));
        }
    }
    Ok(found)
}

fn json(matchers: &Matchers, place: Place) -> Result<Pattern, String> {
    let mut expressions = 0;
    let mut of = |matchers: &[Matcher]| -> Result<Vec<String>, String> {
        let conditions = matchers.iter().map(|matcher| {
            let condition = condition(matcher, place)?;
            expressions += condition.matches(" = %").count() + condition.matches(" != %").count();
            Ok(condition)
        });
        conditions.collect()
    };
    let mut conditions = of(matchers.all())?;
    let any = of(matchers.any())?;
    if !any.is_empty() {
        conditions.push(one_of(&any));
    }
    let dimensions = matchers.all().iter().filter_map(|matcher| {
        let (name, value) = matcher.equals()?;
        let fits = !value.is_empty() && value.len() <= 255 && !name.contains('.');
        fits.then(|| {
            let selector = format!("{}{name}", place.root());
            (name.to_owned(), selector, value.to_owned())
        })
    });
    Ok(Pattern {
        place,
        text: format!("{{ {} }}", conditions.join(" && ")),
        dimensions: dimensions.take(DIMENSIONS).collect(),
        expressions,
    })
}

/// One condition, in brackets where it is made of several.
fn condition(matcher: &Matcher, place: Place) -> Result<String, String> {
    let name = matcher.name();
    if name.starts_with('@') {
        return Err(format!(
            "`{name}` is made of the line by log-metrics: CloudWatch does not know it"
        ));
    }
    let fits = |part: &str| {
        let mut bytes = part.bytes();
        !part.is_empty() && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    if !name.split('.').all(fits) {
        return Err(format!("`{name}` cannot be written as a selector"));
    }
    let field = format!("{}{name}", place.root());
    let value = matcher.value();
    if let Some(words) = matcher.texts()
        && words.iter().all(|word| !word.is_empty())
    {
        let ways: Result<Vec<_>, _> = words.iter().map(|word| equals(&field, word)).collect();
        return Ok(one_of(&ways?.concat()));
    }
    Ok(match matcher.operator() {
        // Empty means missing, as everywhere in the configuration.
        Operator::Equal => one_of(&[
            format!("{field} NOT EXISTS"),
            format!("{field} IS NULL"),
            format!("{field} = \"\""),
        ]),
        Operator::NotEqual if value.is_empty() => format!("{field} = *"),
        Operator::NotEqual => one_of(&[
            format!("{field} NOT EXISTS"),
            format!("{field} != {}", quote(&value)?),
        ]),
        Operator::Matches => match translate(&value)? {
            Needle::Contains(text) => format!("{field} = {}", quoted(&text, "*")?),
            Needle::Expression(expression) => format!("{field} = %{expression}%"),
        },
        Operator::NotMatches => one_of(&[
            format!("{field} NOT EXISTS"),
            match translate(&value)? {
                Needle::Contains(text) => format!("{field} != {}", quoted(&text, "*")?),
                Needle::Expression(expression) => format!("{field} != %{expression}%"),
            },
        ]),
        Operator::Equals => format!("{field} = {value}"),
        Operator::Above | Operator::AtLeast | Operator::Below | Operator::AtMost => {
            format!("{field} {} {value}", matcher.operator().sign())
        }
    })
}

/// A text may stand in the line as a number or as a truth value: to the rules they are the same.
fn equals(field: &str, word: &str) -> Result<Vec<String>, String> {
    let mut ways = vec![format!("{field} = {}", quote(word)?)];
    match word {
        "true" => ways.push(format!("{field} IS TRUE")),
        "false" => ways.push(format!("{field} IS FALSE")),
        _ => {}
    }
    // `1e3` and `007` are numbers that are not written so.
    if word
        .parse::<f64>()
        .is_ok_and(|number| number.to_string() == word)
    {
        ways.push(format!("{field} = {word}"));
    }
    Ok(ways)
}

fn one_of(ways: &[String]) -> String {
    match ways {
        [one] => one.clone(),
        ways => format!("({})", ways.join(" || ")),
    }
}

fn quote(text: &str) -> Result<String, String> {
    quoted(text, "")
}

fn quoted(text: &str, around: &str) -> Result<String, String> {
    // A star would stand for anything, and how a quote is escaped AWS does not say.
    let odd = |c: char| c == '*' || c == '"' || c == '\\' || c.is_control() || !c.is_ascii();
    match text.chars().find(|c| odd(*c)) {
        Some(c) => Err(format!("{c:?} cannot stand in a filter pattern")),
        None => Ok(format!("\"{around}{text}{around}\"")),
    }
}

/// Conditions on the line as it is.
fn text(matchers: &Matchers) -> Result<Pattern, String> {
    let terms = |matchers: &[Matcher]| -> Result<Vec<(String, bool)>, String> {
        let terms = matchers.iter().map(|matcher| {
            if matcher.operator() != Operator::Matches {
                return Err(format!("`{matcher}`: of the text only `=~` has a counterpart"));
            }
            match translate(&matcher.value())? {
                Needle::Contains(text) => Ok((quote(&text)?, false)),
                Needle::Expression(e) if e.starts_with('^') || e.contains("|^") => Err(
                    "its expression begins where the message does, and a filter pattern sees Lambda's prefix before it"
                        .to_owned(),
                ),
                Needle::Expression(expression) => Ok((format!("%{expression}%"), true)),
            }
        });
        terms.collect()
    };
    let (all, any) = (terms(matchers.all())?, terms(matchers.any())?);
    let expressions = all.iter().chain(&any).filter(|(_, is)| *is).count();
    let text = match (all.as_slice(), any.as_slice()) {
        ([(only, _)], []) | ([], [(only, _)]) => only.clone(),
        (all, []) if expressions == 0 => {
            let terms: Vec<_> = all.iter().map(|(term, _)| term.as_str()).collect();
            terms.join(" ")
        }
        ([], any) if expressions == 0 => {
            let terms: Vec<_> = any.iter().map(|(term, _)| format!("?{term}")).collect();
            terms.join(" ")
        }
        _ => {
            return Err("a filter pattern for text has terms of which all, or terms of which one must be there, or one expression".to_owned());
        }
    };
    Ok(Pattern {
        place: Place::Text,
        text,
        dimensions: Vec::new(),
        expressions,
    })
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
