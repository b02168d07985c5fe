//! Steps that say what they do, how long it took and how they ended.

use std::fs::{self, File};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::project::Project;

/// So many lines of a failed program's log are shown.
const TAIL: usize = 60;
/// Where nobody watches a terminal, a long step says this often that it is still at work.
const REMINDER: Duration = Duration::from_secs(30);

/// The steps of one task.
#[derive(Debug)]
pub(crate) struct Steps {
    began: Instant,
    logs: PathBuf,
    root: PathBuf,
    terminal: bool,
    failed: Vec<String>,
    passed: usize,
}

impl Steps {
    pub(crate) fn new(project: &Project) -> Self {
        Self {
            began: Instant::now(),
            logs: project.path(".local/logs"),
            root: project.root().to_owned(),
            terminal: std::io::stdout().is_terminal(),
            failed: Vec::new(),
            passed: 0,
        }
    }

    /// Since the first step.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// A step that runs a program to its end; gives what it printed.
    ///
    /// # Errors
    /// When it fails: the end of its log is printed, and where the log is.
    pub(crate) fn program(&mut self, name: &str, command: &mut Command) -> Result<String> {
        let log = self.log_file(name)?;
        let start = self.begin(name);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;

        let mut reminded = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(50));
            if self.terminal {
                print!(
                    "\r\x1b[2K  ▸ {name} … {:.0} s",
                    start.elapsed().as_secs_f64()
                );
                std::io::stdout().flush()?;
            } else if reminded.elapsed() >= REMINDER {
                println!(
                    "    … still at it after {:.0} s",
                    start.elapsed().as_secs_f64()
                );
                reminded = Instant::now();
            }
        };

        let output = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        self.end(name, start, status.success());
        if !status.success() {
            let lines: Vec<&str> = output.lines().filter(|line| !is_progress(line)).collect();
            for line in lines.iter().skip(lines.len().saturating_sub(TAIL)) {
                println!("    │ {line}");
            }
            let shown = log.strip_prefix(&self.root).unwrap_or(&log).display();
            println!("    └ the whole log: {shown}");
            bail!("{name}: {status}");
        }
        Ok(output)
    }

    /// A step that is done by this program itself.
    ///
    /// # Errors
    /// When the work fails.
    pub(crate) fn check<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = self.begin(name);
        let result = work();
        self.end(name, start, result.is_ok());
        result.with_context(|| name.to_owned())
    }

    /// Notes how a part of the verification ended, and goes on with the next.
    pub(crate) fn note<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => {
                self.passed += 1;
                Some(value)
            }
            Err(error) => {
                println!("    ✗ {error:#}");
                self.failed.push(format!("{error:#}"));
                None
            }
        }
    }

    /// Says whether all that was noted is well.
    ///
    /// # Errors
    /// When something is not.
    pub(crate) fn verdict(self) -> Result<()> {
        let seconds = self.began.elapsed().as_secs();
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        if self.failed.is_empty() {
            println!(
                "\nPASSED: {} checks in {minutes} min {seconds} s",
                self.passed
            );
            return Ok(());
        }
        println!(
            "\nFAILED: {} of {} checks in {minutes} min {seconds} s",
            self.failed.len(),
            self.passed + self.failed.len(),
        );
        for failure in &self.failed {
            println!("  ✗ {failure}");
        }
        bail!("{} checks failed", self.failed.len())
    }

    fn begin(&self, name: &str) -> Instant {
        if self.terminal {
            print!("  ▸ {name} …");
            // A terminal that cannot be flushed shows the line later.
            let _ = std::io::stdout().flush();
        } else {
            println!("  ▸ {name} …");
        }
        Instant::now()
    }

    fn end(&self, name: &str, start: Instant, well: bool) {
        let clear = if self.terminal { "\r\x1b[2K" } else { "" };
        let mark = if well { '✓' } else { '✗' };
        println!(
            "{clear}  {mark} {name} ({:.1} s)",
            start.elapsed().as_secs_f64()
        );
    }

    fn log_file(&self, name: &str) -> Result<PathBuf> {
        fs::create_dir_all(&self.logs)?;
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        Ok(self.logs.join(format!("{name}.log")))
    }
}

/// The lines of a log in which a test runner says how it ended.
pub(crate) fn closing_lines(output: &str) -> Vec<&str> {
    let marks = ["Summary [", "test result:"];
    output
        .lines()
        .map(str::trim)
        .filter(|line| marks.iter().any(|mark| line.contains(mark)))
        // A crate without tests has nothing to say.
        .filter(|line| !line.contains("0 passed; 0 failed"))
        .collect()
}

/// What Cargo says of each crate: of no use to who looks for a fault.
fn is_progress(line: &str) -> bool {
    let words = [
        "Compiling ",
        "Checking ",
        "Downloading ",
        "Downloaded ",
        "Updating ",
        "Locking ",
        "Adding ",
    ];
    words.iter().any(|word| line.trim_start().starts_with(word))
}

/// Reads a file, or says which one could not be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
