//! `log-day`: writes a made-up day of logs and the truth about it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use log_day::{Day, LogLine, Options, Payloads};

/// A made-up day of the platform's logs with attacks in it, and the truth about both.
#[derive(Parser)]
struct Cli {
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// About so many lines.
    #[arg(long, default_value_t = 1_000_000)]
    lines: u64,
    /// When the day begins (RFC 3339). Default: a Monday in India, at midnight.
    #[arg(long)]
    start: Option<jiff::Timestamp>,
    /// The folder for `day.log`, `day.jsonl` or `payloads.jsonl`, and `truth.json`; `-` writes the lines to
    /// standard output, and the truth nowhere.
    #[arg(long, default_value = "-")]
    out: PathBuf,
    /// What is written.
    #[arg(long, value_enum, default_value = "lines")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// The lines as they are.
    Lines,
    /// JSON lines as `aws logs filter-log-events` has them: with group, stream, time and id.
    Events,
    /// The event of a subscribed function a line: JSON, gzip, base64.
    Payloads,
}

impl Format {
    const fn file(self) -> &'static str {
        match self {
            Self::Lines => "day.log",
            Self::Events => "day.jsonl",
            Self::Payloads => "payloads.jsonl",
        }
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let defaults = Options::default();
    let options = Options {
        seed: cli.seed,
        lines: cli.lines,
        start: cli.start.unwrap_or(defaults.start),
    };
    let stream = cli.out.as_os_str() == "-";
    let mut out: Box<dyn Write> = if stream {
        Box::new(BufWriter::new(io::stdout().lock()))
    } else {
        fs::create_dir_all(&cli.out)
            .with_context(|| format!("{} cannot be made", cli.out.display()))?;
        let path = cli.out.join(cli.format.file());
        let file =
            File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        Box::new(BufWriter::with_capacity(1 << 20, file))
    };
    let mut payloads = Payloads::default();
    let truth = Day::new(options).run(|line: &LogLine<'_>| -> Result<()> {
        match cli.format {
            Format::Lines => writeln!(out, "{}", line.text)?,
            Format::Events => {
                let event = serde_json::json!({
                    "logGroupName": line.group, "logStreamName": line.stream, "timestamp": line.at,
                    "message": line.text, "eventId": line.id,
                });
                writeln!(out, "{event}")?;
            }
            Format::Payloads => {
                for payload in payloads.add(line)? {
                    writeln!(out, "{payload}")?;
                }
            }
        }
        Ok(())
    })?;
    for payload in payloads.finish()? {
        writeln!(out, "{payload}")?;
    }
    out.flush()?;
    if !stream {
        let path = cli.out.join("truth.json");
        let text = serde_json::to_string_pretty(&truth)?;
        fs::write(&path, text + "\n")
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}
