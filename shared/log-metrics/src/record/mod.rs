//! A line of a log as a record: the fields that somebody asks for, whatever form the line has.

mod derive;
mod json;
mod lambda;
mod pairs;
mod prefix;
mod value;

pub(crate) use derive::derive;
pub(crate) use value::Value;

use regex::Regex;
use settings::Lookup;

use crate::fields::{Fields, Known, Slot};

/// Which form a line has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Form<'p> {
    /// A JSON object.
    Json,
    /// A format of the configuration.
    Extract(&'p str),
    /// A line of Lambda's own.
    Lambda,
    /// `key=value`, at least once.
    Pairs,
    /// Anything else.
    Plain,
}

impl Form<'_> {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Json => "json",
            Self::Extract(name) => name,
            Self::Lambda => "lambda",
            Self::Pairs => "pairs",
            Self::Plain => "plain",
        }
    }
}

/// A format of plain text that is read in the group at hand.
#[derive(Debug)]
pub(crate) struct Extractor {
    pub(crate) name: String,
    pub(crate) regex: Regex,
    /// The slots of its named groups, by the number of the group.
    pub(crate) slots: Vec<(usize, Slot)>,
}

/// Where a line comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) group: &'a str,
    pub(crate) stream: &'a str,
    /// The function, if the group is one's.
    pub(crate) function: Option<&'a str>,
}

/// One line of a log.
pub(crate) struct Record<'a> {
    fields: &'a Fields,
    values: Vec<(Slot, Value<'a>)>,
    /// What the line says itself, without the prefix that Lambda puts before it.
    pub(crate) message: &'a str,
    pub(crate) form: Form<'a>,
}

impl<'a> Record<'a> {
    /// Reads a line. There is no line that cannot be read: what is of no known form is plain text.
    pub(crate) fn read(
        fields: &'a Fields,
        extractors: &[&'a Extractor],
        place: Place<'a>,
        line: &'a str,
    ) -> Self {
        let line = line.trim_end_matches(['\n', '\r']);
        let mut record = Self {
            fields,
            values: Vec::with_capacity(16),
            message: line,
            form: Form::Plain,
        };
        let mut level = None;
        if line.starts_with('{') {
            if json::read(line, &fields.root, &mut record.values) {
                record.form = Form::Json;
            }
        } else if let Some(platform) = lambda::read(line, place.function.is_some()) {
            record.form = Form::Lambda;
            platform.put(&mut record.values);
        } else {
            if let Some(prefix) = prefix::read(line) {
                record.message = prefix.message;
                level = prefix.level;
                if let Some(id) = prefix.request_id {
                    record.put(Known::RequestId, Value::Text(id));
                }
            }
            record.plain(extractors, place.function.is_some());
        }
        if record.form == Form::Json && place.function.is_some() {
            lambda::of_json(&mut record.values);
        }
        derive(fields, place, level, &mut record);
        record
    }

    fn plain(&mut self, extractors: &[&'a Extractor], of_lambda: bool) {
        let text = self.message;
        // Node puts an error's JSON behind words: `ERROR\tInvoke Error \t{…}`.
        let object = if text.starts_with('{') {
            Some(text)
        } else {
            text.split_once("\t{")
                .map(|(head, _)| text.get(head.len() + 1..).unwrap_or_default())
        };
        if let Some(object) = object
            && json::read(object, &self.fields.root, &mut self.values)
        {
            self.form = Form::Json;
            return;
        }
        self.values
            .retain(|(slot, _)| *slot == Known::RequestId as Slot);
        for extractor in extractors {
            if let Some(captures) = extractor.regex.captures(text) {
                for (group, slot) in &extractor.slots {
                    if let Some(found) = captures.get(*group) {
                        self.values.push((*slot, Value::Text(found.as_str())));
                    }
                }
                self.form = Form::Extract(&extractor.name);
                return;
            }
        }
        if of_lambda && let Some(kind) = lambda::python_error(text) {
            self.put(Known::RawErrorType, Value::Text(kind));
        }
        if pairs::read(text, self.fields, &mut self.values) {
            self.form = Form::Pairs;
        }
    }

    pub(crate) fn put(&mut self, known: Known, value: Value<'a>) {
        self.values.push((known as Slot, value));
    }

    /// The value of a field; of two, the one that stands last.
    pub(crate) fn get(&self, slot: Slot) -> Option<&Value<'a>> {
        let mut values = self.values.iter().rev();
        values.find_map(|(known, value)| (*known == slot).then_some(value))
    }

    pub(crate) fn known(&self, known: Known) -> Option<&Value<'a>> {
        self.get(known as Slot)
    }

    pub(crate) fn text_of(&self, slot: Slot) -> Option<&str> {
        let text = self.get(slot)?.text();
        (!text.is_empty()).then_some(text)
    }

    /// What is known of it, for people.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        let values = self.values.iter();
        values.map(|(slot, value)| (self.fields.name(*slot), value.text()))
    }
}

impl Lookup for Record<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.text_of(self.fields.slot(name)?)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(self.fields.slot(name)?)?.number()
    }
}
