//! The JSON that CloudWatch Logs delivers: whose lines they are, and each line with its time. Lines are handed on
//! while the text is read, so that what is wrong at its end takes nothing from what stands before.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Whose lines a delivery has.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Source {
    pub(crate) group: String,
    pub(crate) stream: String,
}

/// One line of a delivery.
pub(crate) struct Event<'a> {
    pub(crate) id: &'a str,
    /// Milliseconds since 1970, by the log's own clock.
    pub(crate) at: i64,
    pub(crate) line: &'a str,
}

/// What takes the lines.
pub(crate) trait Sink {
    fn source(&mut self, source: &Source);
    fn event(&mut self, event: &Event<'_>);
    /// An event that has no line or no time.
    fn malformed(&mut self);
}

/// What there was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Data,
    /// CloudWatch Logs asks whether somebody is there.
    Control,
    /// No delivery, or only the beginning of one: events before the fault were handed on, and those behind it that
    /// could be found.
    Broken,
}

pub(crate) fn read(text: &str, sink: &mut dyn Sink) -> Kind {
    let mut control = false;
    let mut reader = serde_json::Deserializer::from_str(text);
    let outcome = Envelope {
        sink,
        control: &mut control,
    }
    .deserialize(&mut reader);
    match outcome {
        Ok(()) if control => Kind::Control,
        Ok(()) => Kind::Data,
        Err(error) => {
            if !error.is_eof() {
                resume(text, offset(text, &error), sink);
            }
            Kind::Broken
        }
    }
}

/// Where the reader stopped.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>() + error.column()
}

/// Hands on the events behind a fault: each begins with its id, and what is within a line is escaped there.
fn resume(text: &str, from: usize, sink: &mut dyn Sink) {
    const BEGIN: &str = "{\"id\":\"";
    let mut at = (from..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len());
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(BEGIN)) {
        let begin = at + found;
        let rest = text.get(begin..).unwrap_or_default();
        let mut reader = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        if let Some(Ok(raw)) = reader.next() {
            let mut reader = serde_json::Deserializer::from_str(raw.get());
            if EventSeed(&mut *sink).deserialize(&mut reader).is_err() {
                sink.malformed();
            }
            at = begin + reader_end(raw);
        } else {
            at = begin + BEGIN.len();
        }
    }
}

fn reader_end(raw: &RawValue) -> usize {
    raw.get().len()
}

struct Envelope<'s> {
    sink: &'s mut dyn Sink,
    control: &'s mut bool,
}

impl<'de> DeserializeSeed<'de> for Envelope<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Envelope<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what CloudWatch Logs delivers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut source = Source::default();
        let mut known = 0;
        let mut early: Option<&RawValue> = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "messageType" => {
                    let kind = map.next_value::<Text<'_>>()?.0;
                    *self.control = kind == "CONTROL_MESSAGE";
                }
                "logGroup" => {
                    source.group = map.next_value::<Text<'_>>()?.0.into_owned();
                    known += 1;
                }
                "logStream" => {
                    source.stream = map.next_value::<Text<'_>>()?.0.into_owned();
                    known += 1;
                }
                "logEvents" if *self.control => {
                    map.next_value::<IgnoredAny>()?;
                }
                // Whose lines they are stands before them, as CloudWatch Logs writes it; else they have to wait.
                "logEvents" if known >= 2 => {
                    self.sink.source(&source);
                    map.next_value_seed(Events(&mut *self.sink))?;
                }
                "logEvents" => early = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if let Some(raw) = early
            && !*self.control
        {
            self.sink.source(&source);
            let mut reader = serde_json::Deserializer::from_str(raw.get());
            Events(&mut *self.sink)
                .deserialize(&mut reader)
                .map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }
}

struct Events<'s>(&'s mut dyn Sink);

impl<'de> DeserializeSeed<'de> for Events<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Events<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of log events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while events.next_element_seed(EventSeed(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

struct EventSeed<'s>(&'s mut dyn Sink);

impl<'de> DeserializeSeed<'de> for EventSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // Of another kind than a map it is malformed, and its neighbours are not.
        deserializer.deserialize_any(self)
    }
}

macro_rules! is_malformed {
    ($($name:ident: $kind:ty),*) => {
        $(fn $name<E: serde::de::Error>(self, _value: $kind) -> Result<(), E> {
            self.0.malformed();
            Ok(())
        })*
    };
}

impl<'de> Visitor<'de> for EventSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a log event")
    }

    is_malformed!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.malformed();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        self.0.malformed();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut id = Cow::Borrowed("");
        let mut at = None;
        let mut early: Option<String> = None;
        let mut done = false;
        while let Some(key) = map.next_key_seed(KeySeed)? {
            match key {
                Key::Id => id = map.next_value::<Text<'_>>()?.0,
                Key::Timestamp => at = map.next_value::<Time>()?.0,
                Key::Message => match at {
                    Some(at) => {
                        let sink = &mut *self.0;
                        done |= map.next_value_seed(Line { sink, id: &id, at })?;
                    }
                    None => early = Some(map.next_value::<Text<'_>>()?.0.into_owned()),
                },
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if let (Some(line), Some(at)) = (&early, at) {
            self.0.event(&Event { id: &id, at, line });
            done = true;
        }
        if !done {
            self.0.malformed();
        }
        Ok(())
    }
}

enum Key {
    Id,
    Timestamp,
    Message,
    Other,
}

struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        Ok(match name {
            "id" => Key::Id,
            "timestamp" => Key::Timestamp,
            "message" => Key::Message,
            _ => Key::Other,
        })
    }
}

/// The line goes on from the reader's own memory: most lines are read there and copied nowhere.
struct Line<'s> {
    sink: &'s mut dyn Sink,
    id: &'s str,
    at: i64,
}

impl<'de> DeserializeSeed<'de> for Line<'_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! is_no_line {
    ($($name:ident: $kind:ty),*) => {
        $(fn $name<E>(self, _value: $kind) -> Result<bool, E> { Ok(false) })*
    };
}

impl<'de> Visitor<'de> for Line<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line")
    }

    fn visit_str<E>(self, line: &str) -> Result<bool, E> {
        let (id, at) = (self.id, self.at);
        self.sink.event(&Event { id, at, line });
        Ok(true)
    }

    is_no_line!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }
}

/// A text; of anything else, the empty one.
#[derive(Default)]
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Text<'de>, E> {
                Ok(Text::default())
            }
            fn visit_i64<E>(self, _: i64) -> Result<Text<'de>, E> {
                Ok(Text::default())
            }
            fn visit_u64<E>(self, _: u64) -> Result<Text<'de>, E> {
                Ok(Text::default())
            }
            fn visit_f64<E>(self, _: f64) -> Result<Text<'de>, E> {
                Ok(Text::default())
            }
            fn visit_unit<E>(self) -> Result<Text<'de>, E> {
                Ok(Text::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Text<'de>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Milliseconds since 1970; of anything else, nothing.
struct Time(Option<i64>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time in milliseconds")
            }
            fn visit_u64<E>(self, at: u64) -> Result<Time, E> {
                Ok(Time(i64::try_from(at).ok()))
            }
            fn visit_i64<E>(self, at: i64) -> Result<Time, E> {
                Ok(Time(Some(at)))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Time, E> {
                Ok(Time(None))
            }
            fn visit_str<E>(self, at: &str) -> Result<Time, E> {
                Ok(Time(at.parse().ok()))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Time, E> {
                Ok(Time(None))
            }
            fn visit_unit<E>(self) -> Result<Time, E> {
                Ok(Time(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Time, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Time(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Time, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Time(None))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
