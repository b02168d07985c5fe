//! Reading the environment: once, and with every fault reported at the same time.
//!
//! It knows the names and meanings of no variable; the functions do.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::str::FromStr;

/// Where variables come from.
pub trait Environment {
    /// The value of a variable, if it is set and readable as text.
    fn get(&self, name: &str) -> Option<String>;
}

/// The variables of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// The twin of [`ProcessEnvironment`] for tests and simulations.
#[derive(Clone, Debug, Default)]
pub struct MapEnvironment(BTreeMap<String, String>);

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for MapEnvironment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let pairs = variables.into_iter();
        Self(pairs.map(|(n, v)| (n.into(), v.into())).collect())
    }
}

impl<N: Into<String>, V: Into<String>, const COUNT: usize> From<[(N, V); COUNT]>
    for MapEnvironment
{
    fn from(variables: [(N, V); COUNT]) -> Self {
        variables.into_iter().collect()
    }
}

impl Environment for MapEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// Says that a value could not be read and that the [`Reader`] has noted why.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Noted;

/// One faulty variable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            problem,
            remedy,
        } = self;
        write!(f, "`{name}` {problem}: {remedy}")
    }
}

/// Everything that is wrong with the environment.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the environment has {} fault(s): {}", .0.len(), listed(.0))]
pub struct Faults(pub Vec<Fault>);

fn listed(faults: &[Fault]) -> String {
    let texts: Vec<String> = faults.iter().map(Fault::to_string).collect();
    texts.join("; ")
}

/// Reads variables and keeps their faults until all are read.
///
/// ```
/// use lambda_support::env::{MapEnvironment, Reader};
///
/// let environment = MapEnvironment::from([("TABLE_NAME", "tocsin")]);
/// let mut reader = Reader::new(&environment);
/// let table = reader.required("TABLE_NAME", "the name of the table");
/// let attempts = reader.parsed_or("MAX_ATTEMPTS", "a number", 5_u32);
/// let (table, attempts) = reader.finish(|| Ok((table?, attempts?)))?;
/// assert_eq!((table.as_str(), attempts), ("tocsin", 5));
/// # Ok::<(), lambda_support::env::Faults>(())
/// ```
pub struct Reader<'a> {
    environment: &'a dyn Environment,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// A reader of these variables.
    #[must_use]
    pub fn new(environment: &'a dyn Environment) -> Self {
        Self {
            environment,
            faults: Vec::new(),
        }
    }

    /// A variable that may be absent. An empty one counts as absent, because a
    /// template cannot leave a variable out depending on a parameter.
    #[must_use]
    pub fn optional(&self, name: &'static str) -> Option<String> {
        let value = self.environment.get(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A variable that must be there; `meaning` completes "set it to …".
    ///
    /// # Errors
    /// When it is absent or empty.
    pub fn required(&mut self, name: &'static str, meaning: &str) -> Result<String, Noted> {
        let value = self.optional(name);
        value.ok_or_else(|| self.absent(name, meaning))
    }

    /// A required variable as a value of its own type.
    ///
    /// # Errors
    /// When it is absent, empty or not such a value.
    pub fn parsed<T>(&mut self, name: &'static str, meaning: &str) -> Result<T, Noted>
    where
        T: FromStr<Err: Display>,
    {
        let value = self.required(name, meaning)?;
        self.parse(name, meaning, &value)
    }

    /// An optional variable as a value of its own type.
    ///
    /// # Errors
    /// When it is there but not such a value: a typing error must not turn into the default.
    pub fn parsed_or<T>(
        &mut self,
        name: &'static str,
        meaning: &str,
        default: T,
    ) -> Result<T, Noted>
    where
        T: FromStr<Err: Display>,
    {
        match self.optional(name) {
            Some(value) => self.parse(name, meaning, &value),
            None => Ok(default),
        }
    }

    /// A required list, separated by commas, with at least one element.
    ///
    /// # Errors
    /// When it is absent, has no element, or an element is not such a value; each is noted.
    pub fn list<T>(&mut self, name: &'static str, meaning: &str) -> Result<Vec<T>, Noted>
    where
        T: FromStr<Err: Display>,
    {
        let value = self.optional(name).unwrap_or_default();
        let elements = value.split(',').map(str::trim).filter(|e| !e.is_empty());
        let mut values = Vec::new();
        let mut faulty = None;
        for element in elements {
            match self.parse(name, meaning, element) {
                Ok(value) => values.push(value),
                Err(noted) => faulty = Some(noted),
            }
        }
        match faulty {
            Some(noted) => Err(noted),
            None if values.is_empty() => Err(self.absent(name, meaning)),
            None => Ok(values),
        }
    }

    /// Notes a fault that the caller found, for example in two variables together.
    pub fn fault(&mut self, name: &'static str, problem: String, remedy: String) -> Noted {
        self.faults.push(Fault {
            name,
            problem,
            remedy,
        });
        Noted
    }

    /// Builds the settings if every variable could be read.
    ///
    /// # Errors
    /// With every fault that was noted.
    pub fn finish<T>(self, build: impl FnOnce() -> Result<T, Noted>) -> Result<T, Faults> {
        if self.faults.is_empty() {
            build().map_err(|Noted| Faults(Vec::new()))
        } else {
            Err(Faults(self.faults))
        }
    }

    fn absent(&mut self, name: &'static str, meaning: &str) -> Noted {
        self.fault(
            name,
            "is not set".to_owned(),
            format!("set it to {meaning}"),
        )
    }

    fn parse<T>(&mut self, name: &'static str, meaning: &str, value: &str) -> Result<T, Noted>
    where
        T: FromStr<Err: Display>,
    {
        value.parse().map_err(|error: T::Err| {
            let shown: String = value.chars().take(80).collect();
            self.fault(
                name,
                format!("is `{shown}`, which cannot be read ({error})"),
                format!("set it to {meaning}"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_reported_at_once() {
        let environment = MapEnvironment::from([
            ("MAX_ATTEMPTS", "many"),
            ("EMPTY", "  "),
            ("NUMBERS", "1, x,3,y"),
        ]);
        let mut reader = Reader::new(&environment);
        let table = reader.required("TABLE_NAME", "the name of the table");
        let attempts = reader.parsed_or("MAX_ATTEMPTS", "a number of attempts", 5_u32);
        let empty = reader.required("EMPTY", "anything");
        let numbers = reader.list::<u8>("NUMBERS", "numbers, separated by commas");
        let faults = reader
            .finish(|| Ok((table?, attempts?, empty?, numbers?)))
            .unwrap_err();
        assert_eq!(
            faults.to_string(),
            "the environment has 5 fault(s): \
             `TABLE_NAME` is not set: set it to the name of the table; \
             `MAX_ATTEMPTS` is `many`, which cannot be read (invalid digit found in string): \
             set it to a number of attempts; \
             `EMPTY` is not set: set it to anything; \
             `NUMBERS` is `x`, which cannot be read (invalid digit found in string): \
             set it to numbers, separated by commas; \
             `NUMBERS` is `y`, which cannot be read (invalid digit found in string): \
             set it to numbers, separated by commas"
        );
    }

    #[test]
    fn good_values_are_trimmed_and_read() {
        let environment =
            MapEnvironment::from([("A", " x "), ("N", "7"), ("L", "a@x.org, b@x.org,")]);
        let mut reader = Reader::new(&environment);
        let a = reader.required("A", "a");
        let n = reader.parsed::<u32>("N", "a number");
        let absent = reader.parsed_or("M", "a number", 3_u8);
        let list = reader.list::<String>("L", "addresses");
        let read = reader
            .finish(|| Ok((a?, n?, absent?, list?)))
            .expect("no faults");
        assert_eq!(
            read,
            (
                "x".to_owned(),
                7,
                3,
                vec!["a@x.org".to_owned(), "b@x.org".to_owned()]
            )
        );
    }

    #[test]
    fn an_empty_list_is_a_fault() {
        let environment = MapEnvironment::from([("L", " , ")]);
        let mut reader = Reader::new(&environment);
        assert!(reader.list::<String>("L", "addresses").is_err());
        assert!(reader.finish(|| Ok(())).is_err());
    }
}
