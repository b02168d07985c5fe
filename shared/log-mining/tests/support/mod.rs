//! Labelled lines: generated ones, and those of a folder that the caller names.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what is wrong with a test's input has to stop the test"
)]

use std::path::Path;

/// Names the folder of labelled logs (`*_structured.csv` with the columns `Content` and `EventId`), if there is one.
pub(crate) const FOLDER: &str = "LOG_MINING_SETS";

/// Lines with the true template of each.
pub(crate) struct Labelled {
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
    pub(crate) truth: Vec<String>,
}

/// The labelled logs of the folder that the environment names.
pub(crate) fn folder() -> Vec<Labelled> {
    let Ok(folder) = std::env::var(FOLDER) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{FOLDER}={folder}: {error}"))
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.to_string_lossy().ends_with("_structured.csv"))
        .collect();
    paths.sort();
    paths.iter().map(|path| labelled(path)).collect()
}

fn labelled(path: &Path) -> Labelled {
    let bytes = std::fs::read(path).expect("a readable file");
    let mut rows = rows(&String::from_utf8_lossy(&bytes)).into_iter();
    let head = rows.next().expect("a head");
    let column = |name: &str| {
        head.iter()
            .position(|cell| cell == name)
            .expect("the column")
    };
    let (content, event) = (column("Content"), column("EventId"));
    let (lines, truth) = rows
        .map(|row| (row[content].clone(), row[event].clone()))
        .unzip();
    Labelled {
        name: path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned(),
        lines,
        truth,
    }
}

/// The rows of a text in CSV's form.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                cell.push('"');
                letters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    rows
}

/// What stands between braces in [`TEMPLATES`] is replaced by one of many values.
const TEMPLATES: &[&str] = &[
    "session opened for user {account} by (uid={number})",
    "session closed for user {account}",
    "Invalid user {account} from {address}",
    "Failed password for invalid user {account} from {address} port {number} ssh2",
    "Accepted publickey for {name} from {address} port {number} ssh2: RSA {hash}",
    "authentication failure; logname= uid={number} euid=0 tty=ssh ruser= rhost={host}  user={account}",
    "order {id} moved from CREATED to PAID in {duration}",
    "order {id} moved from PAID to COOKING in {duration}",
    "order {id} moved from COOKING to DELIVERED in {duration}",
    "order {id} moved from PAID to REFUNDED in {duration}",
    "payment {id} declined by {host}: insufficient funds",
    "payment {id} declined by {host}: card expired",
    "payment.captured id={id} amount={number} currency=INR gateway={account} latency={duration}",
    "{address} - \"GET {path} HTTP/1.1\" {number} {number} {duration}",
    "{address} - \"POST {path} HTTP/1.1\" {number} {number} {duration}",
    "connection to {host}:{number} refused after {number} attempts",
    "{host}:{number} close, {size} sent, {size} received, lifetime {time}",
    "Cannot read properties of undefined (reading '{table}') at {path}:{number}:{number}",
    "lock acquired on {path} by worker-{number}, reentrant=true",
    "lock acquired on {path} by worker-{number}, reentrant=false",
    "kitchen printer {mac} is out of paper",
    "RFID reader {mac} seen at {date}",
    "replication slot {id} is {size} behind",
    "duplicate key value violates unique constraint \"{table}\"",
    "deadlock detected: process {number} waits for ShareLock on transaction {number}",
    "cache warmed with {number} entries in {duration}",
    "cache evicted {number} entries after {duration}",
    "tokens: [{list}]",
    "nodes {list} left the cluster",
    "job {id} failed with {exception}: retries exhausted",
    "job {id} started on {host}",
    "config reloaded",
    "shutting down gracefully",
    "removing {table}",
    "menu {id} published for school {number}, diff={size}, editor=\"{person}\"",
    "SMTP server {host} answered {number} (greylisted), next try at {date}",
    "fetched {url} in {duration}, {size}",
    "heap usage {number}% above threshold {number}%",
    "certificate for {host} expires in {number} days",
];

const NAMES: &[&str] = &[
    "root", "admin", "kiosk", "meera", "arjun", "guest", "oracle", "deploy", "postgres", "nagios",
    "backup", "lata", "pi",
];
const HOSTS: &[&str] = &[
    "db.internal.example.com",
    "api.example.org",
    "cache.example.net",
    "mx.example.com",
    "gate-way.example.in",
    "queue.example.com",
];
const TABLES: &[&str] = &[
    "orders", "pupils", "schools", "menus", "payments", "refunds", "readers", "sessions",
    "kitchens", "drivers", "routes", "badges",
];
const EXCEPTIONS: &[&str] = &[
    "java.io.IOException",
    "java.net.SocketTimeoutException",
    "com.example.orders.StockException",
    "com.example.pay.GatewayException",
];
const PEOPLE: &[&str] = &["Meera K", "Arjun", "Lata S P", "A. Rao"];

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }

    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn value(&mut self, kind: &str) -> String {
        let number = self.below(90_000);
        match kind {
            "name" => match self.below(8) {
                0 => format!("user{number}"),
                _ => self.one_of(NAMES).to_owned(),
            },
            // What somebody typed: nothing, or a word that means something else.
            "account" => match self.below(8) {
                0 => String::new(),
                1 => "user".to_owned(),
                _ => self.value("name"),
            },
            "number" => number.to_string(),
            "address" => match self.below(6) {
                0 => format!("2001:db8::{number:x}1:a2"),
                _ => format!(
                    "10.{}.{}.{}",
                    self.below(255),
                    self.below(255),
                    self.below(255)
                ),
            },
            "host" => match self.below(3) {
                0 => format!("10.0.{}.{}", self.below(255), self.below(255)),
                _ => self.one_of(HOSTS).to_owned(),
            },
            "id" => format!(
                "{:08x}-{:04x}-4{:03x}-9{number:015x}",
                number * 77,
                number % 65_536,
                number % 4096
            ),
            "hash" => format!("SHA256:{:x}Qk{number}", number * 31),
            "duration" => match self.below(4) {
                0 => format!("{number} ms"),
                1 => format!("{}.{} seconds", number % 60, number % 7),
                2 => "<1 sec".to_owned(),
                _ => format!("{number}ms"),
            },
            "size" => match self.below(3) {
                0 => format!("{number} bytes"),
                1 => format!("{number} bytes ({}.{} KB)", number / 1024, number % 9),
                _ => format!("{number} bytes ({}.1 MB)", number / 9000),
            },
            "time" => match self.below(2) {
                0 => "<1 sec".to_owned(),
                _ => format!("{:02}:{:02}", number % 24, number % 60),
            },
            "date" => format!(
                "Tue Mar {} {:02}:{:02}:07 UTC 2026",
                1 + number % 28,
                number % 24,
                number % 60
            ),
            "path" => format!("/srv/app/{}/{number}.js", self.one_of(TABLES)),
            "mac" => format!(
                "DE:AD:BE:EF:{:02X}:{:02X}",
                number % 256,
                number / 256 % 256
            ),
            "table" => self.one_of(TABLES).to_owned(),
            "list" => (0..=self.below(5))
                .map(|at| format!("n{}", number + at))
                .collect::<Vec<_>>()
                .join(", "),
            "exception" => self.one_of(EXCEPTIONS).to_owned(),
            "url" => format!(
                "https://{}/v1/{}?page={number}",
                self.one_of(HOSTS),
                self.one_of(TABLES)
            ),
            "person" => self.one_of(PEOPLE).to_owned(),
            other => panic!("{other} is no kind of value"),
        }
    }
}

/// Lines of [`TEMPLATES`], some of them often and others seldom, as in real logs.
pub(crate) fn generated(lines: usize, seed: u64) -> Labelled {
    let mut dice = Dice(seed);
    let mut labelled = Labelled {
        name: "generated".to_owned(),
        lines: Vec::with_capacity(lines),
        truth: Vec::with_capacity(lines),
    };
    for _ in 0..lines {
        let skewed = dice
            .below(TEMPLATES.len())
            .min(dice.below(TEMPLATES.len() * 2));
        let template = TEMPLATES[skewed];
        let mut line = String::new();
        for (at, part) in template.split(['{', '}']).enumerate() {
            line += &if at % 2 == 1 {
                dice.value(part)
            } else {
                part.to_owned()
            };
        }
        labelled.lines.push(line);
        labelled.truth.push(template.to_owned());
    }
    labelled
}
