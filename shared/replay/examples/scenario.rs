//! Prints what scenarios tell, a line of JSON for each message, for tools that compare it with others:
//! `cargo run -p replay --example scenario -- FILE...`, or `-` for file names on standard input.

use std::error::Error;
use std::io::{BufWriter, Read as _, Write as _};

use replay::{Scenario, run};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    if files == ["-"] {
        let mut names = String::new();
        std::io::stdin().read_to_string(&mut names)?;
        files = names.lines().map(str::to_owned).collect();
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    for file in files {
        let lines = told(&file).unwrap_or_else(|error| vec![json!({ "error": error.to_string() })]);
        for mut line in lines {
            if let Some(line) = line.as_object_mut() {
                line.insert("file".to_owned(), Value::from(file.as_str()));
            }
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn told(file: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let scenario = Scenario::from_yaml(&std::fs::read_to_string(file)?)?;
    let lines = run(&scenario, None)?;
    Ok(lines
        .iter()
        .map(serde_json::to_value)
        .collect::<Result<_, _>>()?)
}
