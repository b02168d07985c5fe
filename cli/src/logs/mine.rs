//! `tocsin logs mine`: the pattern of each line of a log.

use std::collections::HashMap;
use std::io::{BufRead, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;
use log_mining::{Change, Configuration, Miner, PatternKey, TemplateId};
use serde::Serialize;

use crate::table;

/// The patterns of log lines, one JSON line a log line: `line`, `template_id`, `template`.
///
/// All lines are read first, because a word is known to be a value only when it has varied;
/// `--online` answers each line at once, with what is known until then. The input is one
/// message a line, without time stamps for the best result; any bytes will do.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The log; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Instead of lines, the templates with their counts: a table
    #[arg(long)]
    templates: bool,
    /// With --templates: one JSON line a template
    #[arg(long, requires = "templates")]
    json: bool,
    /// Answer each line before the next is read
    #[arg(long, conflicts_with = "templates")]
    online: bool,
    /// Keep so many patterns at most; the least recently seen make room
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_patterns: u32,
}

/// What is printed of a line.
#[derive(Serialize)]
struct Line<'a> {
    line: u64,
    template_id: TemplateId,
    template: &'a str,
}

/// What is printed of a template.
#[derive(Serialize)]
struct Template<'a> {
    template_id: TemplateId,
    count: u64,
    first_line: u64,
    template: &'a str,
}

/// So many lines wait for their final pattern before they are answered with what is known, which bounds the memory.
const MAX_WAITING: usize = 16 << 20;

/// So many patterns that are no more are remembered for the lines that wait: more come of hostile input only.
const MAX_GONE: usize = 1 << 18;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let name = arguments.file.display();
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let mut mining = Mining::new(arguments);
    if arguments.file.as_os_str() == "-" {
        mining.read(std::io::stdin().lock(), &mut out)
    } else {
        let file = std::fs::File::open(&arguments.file)
            .with_context(|| format!("{name} cannot be read"))?;
        mining.read(std::io::BufReader::with_capacity(1 << 16, file), &mut out)
    }
    .with_context(|| format!("{name} cannot be read to its end"))?;
    mining.finish(&mut out)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// What is known of a pattern that is no more.
enum Gone {
    Joined(PatternKey),
    Forgotten(TemplateId, String),
}

struct Mining<'a> {
    arguments: &'a Arguments,
    miner: Miner,
    /// The patterns of the lines that wait, as they were when the lines were read.
    waiting: Vec<PatternKey>,
    gone: HashMap<PatternKey, Gone>,
    /// Per pattern, when only templates are asked for: lines, and the first one.
    counts: HashMap<PatternKey, (u64, u64)>,
    lines: u64,
    answered: u64,
}

impl<'a> Mining<'a> {
    fn new(arguments: &'a Arguments) -> Self {
        let max_patterns = usize::try_from(arguments.max_patterns).unwrap_or(usize::MAX);
        Self {
            arguments,
            miner: Miner::new(Configuration {
                max_patterns,
                keep_changes: true,
                ..Configuration::default()
            }),
            waiting: Vec::new(),
            gone: HashMap::new(),
            counts: HashMap::new(),
            lines: 0,
            answered: 0,
        }
    }

    fn read(&mut self, mut input: impl BufRead, out: &mut impl Write) -> anyhow::Result<()> {
        let now = Timestamp::now();
        let mut line = Vec::new();
        loop {
            line.clear();
            if read_line(&mut input, &mut line)? == 0 {
                return Ok(());
            }
            self.line(&line, now, out)?;
        }
    }

    fn line(&mut self, line: &[u8], now: Timestamp, out: &mut impl Write) -> anyhow::Result<()> {
        self.lines += 1;
        let key = self.miner.observe(line, now).key;
        if self.arguments.templates {
            let (count, _) = self.counts.entry(key).or_insert((0, self.lines));
            *count += 1;
        } else {
            self.waiting.push(key);
        }
        for change in self.miner.changes() {
            match change {
                Change::Joined { from, into } => self.gone.insert(from, Gone::Joined(into)),
                Change::Forgotten { key, id, text, .. } => {
                    self.gone.insert(key, Gone::Forgotten(id, text))
                }
            };
        }
        if self.arguments.online {
            self.answer(out)?;
            out.flush()?;
        } else if !self.arguments.templates
            && (self.waiting.len() >= MAX_WAITING || self.gone.len() >= MAX_GONE)
        {
            self.answer(out)?;
        }
        Ok(())
    }

    /// The pattern that a key stands for by now.
    fn resolve(&self, mut key: PatternKey) -> (PatternKey, TemplateId, String) {
        loop {
            match self.gone.get(&key) {
                Some(Gone::Joined(into)) => key = *into,
                Some(Gone::Forgotten(id, text)) => return (key, *id, text.clone()),
                None => {
                    return self.miner.pattern(key).map_or_else(
                        || (key, TemplateId::default(), String::new()),
                        |pattern| (key, pattern.id, pattern.template),
                    );
                }
            }
        }
    }

    /// Prints the lines that wait.
    fn answer(&mut self, out: &mut impl Write) -> anyhow::Result<()> {
        let mut known = HashMap::new();
        for key in std::mem::take(&mut self.waiting) {
            self.answered += 1;
            let tail = match known.get(&key) {
                Some(tail) => tail,
                None => {
                    let (_, template_id, template) = self.resolve(key);
                    let line = Line {
                        line: 0,
                        template_id,
                        template: &template,
                    };
                    // All but the line's number is the same for each line of a pattern.
                    let text = serde_json::to_string(&line)?;
                    let tail = text.strip_prefix("{\"line\":0").unwrap_or(&text).to_owned();
                    known.entry(key).or_insert(tail)
                }
            };
            writeln!(out, "{{\"line\":{}{tail}", self.answered)?;
        }
        self.gone.clear();
        Ok(())
    }

    fn finish(&mut self, out: &mut impl Write) -> anyhow::Result<()> {
        if !self.arguments.templates {
            return self.answer(out);
        }
        let mut templates: HashMap<TemplateId, (u64, u64, String)> = HashMap::new();
        for (key, (count, first)) in &self.counts {
            let (_, id, text) = self.resolve(*key);
            let known = templates.entry(id).or_insert((0, *first, text));
            known.0 += count;
            known.1 = known.1.min(*first);
        }
        let mut templates: Vec<_> = templates.into_iter().collect();
        templates.sort_by_key(|(_, (count, first, _))| (std::cmp::Reverse(*count), *first));
        if self.arguments.json {
            for (template_id, (count, first_line, template)) in &templates {
                let line = Template {
                    template_id: *template_id,
                    count: *count,
                    first_line: *first_line,
                    template,
                };
                serde_json::to_writer(&mut *out, &line)?;
                writeln!(out)?;
            }
            return Ok(());
        }
        let rows: Vec<Vec<String>> = templates
            .into_iter()
            .map(|(id, (count, first, text))| {
                vec![count.to_string(), first.to_string(), id.to_string(), text]
            })
            .collect();
        table::write(out, &["lines", "first", "template id", "template"], &rows)?;
        Ok(())
    }
}

/// Reads a line without its end; of a line without end only as much is kept as a pattern is made of. How many bytes were read.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<usize> {
    const MAX_BYTES: usize = 64 * 1024;
    let mut read = 0;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(read);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = buffer
            .get(..end.unwrap_or(buffer.len()))
            .unwrap_or_default();
        let room = MAX_BYTES.saturating_sub(line.len());
        line.extend_from_slice(part.get(..room).unwrap_or(part));
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        read += used;
        if end.is_some() {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(read);
        }
    }
}
