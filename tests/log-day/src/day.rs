//! The day itself: minute by minute, so that it takes no more memory however many lines it has.

use jiff::Timestamp;

use crate::attack;
use crate::entry::Entry;
use crate::fleet::Fleet;
use crate::line::{self, Run};
use crate::traffic::{self, Act};
use crate::truth::{Count, Truth};

/// What day is made up.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The same seed gives the same day.
    pub seed: u64,
    /// About so many lines.
    pub lines: u64,
    /// When it begins; it lasts 24 hours.
    pub start: Timestamp,
}

impl Default for Options {
    /// A Monday in India, from midnight to midnight.
    fn default() -> Self {
        Self {
            seed: 1,
            lines: 1_000_000,
            start: Timestamp::from_second(1_772_389_800).unwrap_or_default(),
        }
    }
}

/// One line, as CloudWatch Logs has it.
#[derive(Debug)]
pub struct LogLine<'a> {
    /// The id of its event.
    pub id: String,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The log group.
    pub group: &'a str,
    /// The log stream.
    pub stream: &'a str,
    /// The line.
    pub text: &'a str,
    /// What the application said, if it was the application.
    pub entry: Option<&'a Entry>,
}

/// A made-up day.
pub struct Day {
    options: Options,
    fleet: Fleet,
    random: fastrand::Rng,
    people: u32,
    /// The open streams of each function.
    streams: Vec<Vec<String>>,
    pending: Vec<Pending>,
    count: Count,
    number: u64,
}

struct Pending {
    at: i64,
    number: u64,
    function: usize,
    stream: String,
    text: String,
    entry: Option<Entry>,
}

const MINUTES: i64 = 24 * 60;
/// How many lines a request comes to, on average.
const LINES: f64 = 5.31;
/// How busy each hour in India is.
const HOURS: [f64; 24] = [
    0.15, 0.10, 0.08, 0.08, 0.12, 0.4, 1.0, 2.0, 2.2, 1.6, 1.2, 1.5, 2.4, 2.2, 1.4, 1.2, 1.1, 1.2,
    1.4, 1.7, 1.6, 1.1, 0.6, 0.3,
];

impl Day {
    /// A day that is still to come.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let fleet = Fleet::new();
        Self {
            people: u32::try_from((options.lines / 50).clamp(2_000, 200_000)).unwrap_or(2_000),
            streams: vec![Vec::new(); fleet.functions.len()],
            random: fastrand::Rng::with_seed(options.seed),
            fleet,
            pending: Vec::new(),
            count: Count::default(),
            number: 0,
            options,
        }
    }

    /// Lets it happen: each line is handed over in the order of time, and in the end there is the truth.
    ///
    /// # Errors
    /// Those of whoever takes the lines.
    pub fn run<E>(
        mut self,
        mut take: impl FnMut(&LogLine<'_>) -> Result<(), E>,
    ) -> Result<Truth, E> {
        let start = self.options.start.as_millisecond();
        let plan = attack::plan(start, self.options.seed, self.people);
        let mut planted = plan.acts.into_iter().peekable();
        let busy: f64 = HOURS.iter().sum::<f64>() * 60.0;
        let mut owed = 0.0;
        for minute in 0..MINUTES {
            let from = start + minute * 60_000;
            let hour = usize::try_from((from / 60_000 + 330).rem_euclid(MINUTES) / 60).unwrap_or(0);
            owed +=
                HOURS.get(hour).copied().unwrap_or(1.0) / busy * self.options.lines as f64 / LINES;
            while owed >= 1.0 {
                owed -= 1.0;
                self.number += 1;
                let act = traffic::ordinary(self.people, self.number, &mut self.random);
                let at = from + self.random.i64(0..60_000);
                self.request(&act, at);
            }
            while let Some((at, act)) = planted.next_if(|(at, _)| *at < from + 60_000) {
                self.request(&act, at);
            }
            self.hand_over(from + 60_000, &mut take)?;
        }
        self.hand_over(i64::MAX, &mut take)?;
        let mut truth = self.count.finish();
        truth.seed = self.options.seed;
        truth.start = self.options.start.to_string();
        truth.attacks = plan.attacks;
        truth.decoys = plan.decoys;
        Ok(truth)
    }

    fn request(&mut self, act: &Act, at: i64) {
        let function = self.fleet.pick(act.domain, &mut self.random);
        let Some(of) = self.fleet.functions.get(function).cloned() else {
            return;
        };
        let (stream, cold) = self.stream(function, at);
        let bits = self.random.u128(..);
        let request = format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            bits >> 96,
            (bits >> 80) & 0xffff,
            (bits >> 64) & 0xfff,
            (bits >> 48) & 0xfff,
            bits & 0xffff_ffff_ffff
        );
        let hundredths = |random: &mut fastrand::Rng, from: u32, to: u32| {
            f64::from(random.u32(from..to)) / 100.0
        };
        let run = Run {
            request,
            init_ms: cold.then(|| hundredths(&mut self.random, 18_000, 90_000)),
            duration_ms: act.duration_ms as f64 + hundredths(&mut self.random, 100, 600),
            used_mb: of.memory * self.random.u32(30..70) / 100,
            function: &of,
        };
        let mut put = |at: i64, text: String, entry: Option<&Entry>| {
            let number = self.pending.len() as u64 + self.count.truth.lines;
            self.pending.push(Pending {
                at,
                number,
                function,
                stream: stream.clone(),
                text,
                entry: entry.cloned(),
            });
        };
        for text in run.before(at) {
            put(at, text, None);
        }
        let end = at + act.duration_ms;
        for (entry, place) in act.entries.iter().zip(1..) {
            let of = i64::try_from(act.entries.len()).unwrap_or(1);
            let at = at + act.duration_ms * place / of;
            put(at, line::entry(entry, &run, at), Some(entry));
        }
        if act.entries.len() < 2 || self.random.u8(..6) == 0 {
            put(at, line::chatter(&mut self.random, &run, at), None);
        }
        for text in run.after(end) {
            put(end, text, None);
        }
        let truth = &mut self.count.truth;
        truth.invocations += 1;
        truth.cold_starts += u64::from(cold);
        truth.billed_ms += run.duration_ms.ceil() as u64;
    }

    /// A stream of a function that is free, or a new one: then it starts cold.
    fn stream(&mut self, function: usize, at: i64) -> (String, bool) {
        let fresh = self.random.u8(..100) == 0;
        let bits = self.random.u128(..);
        let place = self.random.usize(..3);
        let day: String = Timestamp::from_millisecond(at)
            .unwrap_or_default()
            .to_string()
            .chars()
            .take(10)
            .collect();
        let name = || format!("{}/[$LATEST]{bits:032x}", day.replace('-', "/"));
        let Some(open) = self.streams.get_mut(function) else {
            return (name(), true);
        };
        match open.get_mut(place) {
            Some(known) if !fresh => (known.clone(), false),
            Some(known) => {
                *known = name();
                (known.clone(), true)
            }
            None => {
                open.push(name());
                (name(), true)
            }
        }
    }

    fn hand_over<E>(
        &mut self,
        until: i64,
        take: &mut impl FnMut(&LogLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.pending.sort_by_key(|line| (line.at, line.number));
        let due = self.pending.partition_point(|line| line.at < until);
        for line in self.pending.drain(..due) {
            if let Some(entry) = &line.entry {
                self.count.entry(entry, line.at);
            }
            self.count.truth.lines += 1;
            let group = self.fleet.functions.get(line.function);
            take(&LogLine {
                id: format!("{:056}", self.count.truth.lines),
                at: line.at,
                group: group.map_or("", |function| function.group.as_str()),
                stream: &line.stream,
                text: &line.text,
                entry: line.entry.as_ref(),
            })?;
        }
        Ok(())
    }
}
