//! One delivery, or several, through a program.

use std::collections::HashMap;

use detection::SecurityEvent;
use jiff::Timestamp;
use settings::logs::{MetricKind, SecurityRule};

use crate::envelope::{self, Event, Sink, Source};
use crate::fields::Known;
use crate::finding::{Finding, Findings, Scene, cut};
use crate::payload::{Fault, Unpacked};
use crate::program::{Active, Compiled, Program};
use crate::record::{Form, Place, Record, Value};
use crate::series::{Point, Table, dimensions};
use crate::sketch;
use crate::state::{Days, Memory, State, others};

/// Where Lambda's functions log.
const FUNCTIONS: &str = "/aws/lambda/";
/// More security events than this in one delivery are an attack that the first of them show.
const SECURITY_EVENTS: usize = 20_000;

/// Takes lines and adds up what the rules make of them.
#[derive(Debug)]
pub struct Batch<'p> {
    program: &'p Program,
    table: Table,
    findings: Findings,
    security: Vec<SecurityEvent>,
    state: State,
    days: Days,
    counts: Counts,
    active: HashMap<String, Active>,
    own: Option<String>,
}

/// What came out of a batch.
#[derive(Debug)]
pub struct Outcome {
    /// Metrics of the records' minutes. Estimates of distinct values are not among them: those are of the state.
    pub points: Vec<Point>,
    /// What rules found.
    pub findings: Vec<Finding>,
    /// What happened as far as security is concerned, in the order of the lines.
    pub security: Vec<SecurityEvent>,
    /// What is to be merged into what is remembered.
    pub state: State,
    /// What was read.
    pub counts: Counts,
}

/// What was read, and what was not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Lines.
    pub lines: u64,
    /// Events without a line or a time.
    pub malformed: u64,
    /// Lines that were longer than is looked at.
    pub cut: u64,
    /// Lines of CloudWatch's own to see whether somebody is there.
    pub control: u64,
    /// Lines of log groups that are left out.
    pub ignored: u64,
    /// Lines that at least one rule matched.
    pub matched: u64,
    /// Records counted under `other`, because there were too many values of a dimension.
    pub other: u64,
    /// Records whose finding was over the limit, and security events that were.
    pub over: u64,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Delivery {
    /// All of it was read.
    Whole,
    /// It asks whether somebody is there.
    Control,
    /// So much of it was read as could be; coming again would not change that.
    Faulty(Fault),
}

/// A line as it goes by, for those who look at all of them.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The log group.
    pub group: &'a str,
    /// The log stream.
    pub stream: &'a str,
    /// The event's id.
    pub id: &'a str,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What the line says, without the prefix of a runtime.
    pub message: &'a str,
    /// Whether Lambda itself wrote it.
    pub of_lambda: bool,
}

/// Who looks at all lines.
pub type Observer<'o> = dyn FnMut(&Line<'_>) + 'o;

impl<'p> Batch<'p> {
    /// Nothing yet.
    #[must_use]
    pub fn new(program: &'p Program) -> Self {
        Self {
            program,
            table: Table::new(program),
            findings: Findings::default(),
            security: Vec::new(),
            state: State::default(),
            days: Days::default(),
            counts: Counts::default(),
            active: HashMap::new(),
            own: None,
        }
    }

    /// Leaves out log groups whose names begin so: a function that read its own lines would never end.
    #[must_use]
    pub fn without(mut self, own: &str) -> Self {
        self.own = Some(own.to_owned());
        self
    }

    /// Reads what CloudWatch Logs delivers: `awslogs.data`, which is base64 of gzip of JSON.
    pub fn delivery(&mut self, data: &str, observer: &mut Observer<'_>) -> Delivery {
        let unpacked = Unpacked::read(data, self.program.limits.payload_bytes);
        let text = unpacked.text();
        if text.is_empty() {
            return Delivery::Faulty(unpacked.fault.unwrap_or(Fault::Json));
        }
        let kind = self.json(&text, observer);
        unpacked.fault.map_or(kind, Delivery::Faulty)
    }

    /// Reads the JSON of a delivery.
    pub fn json(&mut self, text: &str, observer: &mut Observer<'_>) -> Delivery {
        let mut reader = Reader {
            batch: self,
            source: Source::default(),
            active: None,
            observer,
        };
        let kind = envelope::read(text, &mut reader);
        reader.leave();
        match kind {
            envelope::Kind::Data => Delivery::Whole,
            envelope::Kind::Control => {
                self.counts.control += 1;
                Delivery::Control
            }
            envelope::Kind::Broken => Delivery::Faulty(Fault::Json),
        }
    }

    /// Reads one line.
    pub fn line(
        &mut self,
        group: &str,
        stream: &str,
        at: i64,
        line: &str,
        observer: &mut Observer<'_>,
    ) {
        let active = self.active.remove(group);
        let active = active.unwrap_or_else(|| self.program.activate(group));
        let place = place(group, stream);
        self.event(&active, place, &Event { id: "", at, line }, observer);
        self.active.insert(group.to_owned(), active);
    }

    /// What came out.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        self.counts.other = self.table.over;
        self.counts.over += self.findings.over;
        Outcome {
            points: self.table.points(self.program),
            findings: self.findings.finish(),
            security: self.security,
            state: self.state,
            counts: self.counts,
        }
    }

    fn event(
        &mut self,
        active: &Active,
        place: Place<'_>,
        event: &Event<'_>,
        observer: &mut Observer<'_>,
    ) {
        self.counts.lines += 1;
        let line = cut(event.line, self.program.limits.line_bytes);
        self.counts.cut += u64::from(line.len() < event.line.len());
        let extract = active.extractors.iter();
        let extract = extract.filter_map(|at| self.program.extract.get(*at));
        let extractors: Vec<_> = extract.map(|(_, extractor)| extractor).collect();
        let record = Record::read(&self.program.fields, &extractors, place, line);
        observer(&Line {
            group: place.group,
            stream: place.stream,
            id: event.id,
            at: event.at,
            message: record.message,
            of_lambda: record.form == Form::Lambda,
        });
        self.memory(place, &record, event.at);
        let program = self.program;
        let mut matched = false;
        for at in active.candidates(|slot| record.text_of(slot)) {
            let Some(rule) = program.rules.get(at) else {
                continue;
            };
            if rule.rule.matchers.is_match(&record) {
                matched = true;
                self.apply(rule, place, &record, event);
            }
        }
        self.counts.matched += u64::from(matched);
    }

    fn apply(
        &mut self,
        compiled: &Compiled,
        place: Place<'_>,
        record: &Record<'_>,
        event: &Event<'_>,
    ) {
        let program = self.program;
        let minute = event.at.div_euclid(60_000);
        for (metric, measured) in compiled.rule.metrics.iter().zip(&compiled.metrics) {
            if metric.kind == MetricKind::Distinct {
                self.distinct(measured.of, &measured.series, record, event.at);
                continue;
            }
            let number = measured
                .value
                .or_else(|| record.get(measured.of?)?.number())
                .map(|number| number * measured.scale)
                .filter(|number| number.is_finite());
            // A record without the number has nothing to add.
            let Some(number) = number else { continue };
            for series in &measured.series {
                self.table.add(program, *series, record, minute, number);
            }
        }
        if compiled.rule.finding.is_none() && compiled.rule.security.is_none() {
            return;
        }
        let Ok(at) = Timestamp::from_millisecond(event.at) else {
            return;
        };
        if let Some(finding) = &compiled.rule.finding {
            let scene = Scene {
                group: place.group,
                stream: place.stream,
                function: place.function,
                request_id: record.known(Known::RequestId).map(Value::text),
                at,
                limit: program.limits.findings,
            };
            self.findings
                .add(&compiled.rule.name, finding, record, &scene);
        }
        if let Some(rule) = &compiled.rule.security {
            if self.security.len() < SECURITY_EVENTS {
                self.security.push(security(rule, at, event.id, record));
            } else {
                self.counts.over += 1;
            }
        }
    }

    fn distinct(&mut self, of: Option<u16>, series: &[usize], record: &Record<'_>, at: i64) {
        let program = self.program;
        let Some(value) = of.and_then(|slot| record.text_of(slot)) else {
            return;
        };
        if !self.days.look_up(at, &program.zone) {
            return;
        }
        let hash = sketch::hash(value.as_bytes());
        for kind in series.iter().filter_map(|place| program.series.get(*place)) {
            let lacks = |(_, slot): &(_, u16)| record.text_of(*slot).is_none();
            if kind.dimensions.iter().any(lacks) {
                continue;
            }
            let mut own = dimensions(kind, record, false);
            let (metric, period) = (&kind.metric.name, self.days.label(kind.metric.per));
            if self
                .state
                .is_full(metric, &own, period, program.limits.dimension_values)
            {
                own = others(&own);
            }
            let minute = at.div_euclid(60_000).saturating_mul(60_000);
            self.state.see(metric, &own, period, hash, minute);
        }
    }

    /// How much memory a function used, for hints about its size.
    fn memory(&mut self, place: Place<'_>, record: &Record<'_>, at: i64) {
        let Some(function) = place.function else {
            return;
        };
        let megabytes = |known: Known| {
            let bytes = record.known(known)?.number()?;
            Some((bytes / 1_000_000.0).clamp(0.0, 1e6) as u32)
        };
        let (Some(size), Some(used)) = (
            megabytes(Known::MemorySize),
            megabytes(Known::MaxMemoryUsed),
        ) else {
            return;
        };
        if self.days.look_up(at, &self.program.zone) {
            let hours = self.days.hour(at);
            let day = self.days.label(settings::logs::Period::Day);
            self.state
                .remember(function, day, Memory { size, used, hours });
        }
    }
}

fn security(rule: &SecurityRule, at: Timestamp, id: &str, record: &Record<'_>) -> SecurityEvent {
    let mut event = SecurityEvent::new(rule.event, at);
    event.id = cut(id, 200).into();
    for (field, name) in &rule.fields {
        if let Some(text) = settings::Lookup::text(record, name) {
            event.set(*field, text);
        }
    }
    event
}

pub(crate) fn place<'a>(group: &'a str, stream: &'a str) -> Place<'a> {
    Place {
        group,
        stream,
        function: group
            .strip_prefix(FUNCTIONS)
            .filter(|name| !name.is_empty()),
    }
}

/// Hands the lines of a delivery on.
struct Reader<'b, 'p, 'o> {
    batch: &'b mut Batch<'p>,
    source: Source,
    active: Option<Active>,
    observer: &'b mut Observer<'o>,
}

impl Reader<'_, '_, '_> {
    fn leave(&mut self) {
        if let Some(active) = self.active.take() {
            let group = std::mem::take(&mut self.source.group);
            self.batch.active.insert(group, active);
        }
    }
}

impl Sink for Reader<'_, '_, '_> {
    fn source(&mut self, source: &Source) {
        self.leave();
        self.source = source.clone();
        let own = self.batch.own.as_deref();
        if own.is_some_and(|own| source.group.starts_with(own)) {
            return;
        }
        let known = self.batch.active.remove(&source.group);
        self.active = Some(known.unwrap_or_else(|| self.batch.program.activate(&source.group)));
    }

    fn event(&mut self, event: &Event<'_>) {
        let place = place(&self.source.group, &self.source.stream);
        match &self.active {
            Some(active) => self.batch.event(active, place, event, self.observer),
            None => self.batch.counts.ignored += 1,
        }
    }

    fn malformed(&mut self) {
        self.batch.counts.malformed += 1;
    }
}
