//! The logger of a function: one JSON object a line on standard output.
//!
//! It ships nothing and buffers nothing; Lambda takes the lines from there.

use tracing::Level;
use tracing::level_filters::LevelFilter;

use crate::env::Environment;

/// Installs the logger; a second call changes nothing.
pub(crate) fn install(environment: &dyn Environment) {
    let level = level(environment);
    let builder = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_max_level(level);
    // CloudWatch dates every line itself. Only where Lambda filters by level
    // itself does a line need a time of its own; without one it counts as INFO.
    let format = environment.get("AWS_LAMBDA_LOG_FORMAT");
    let installed = if format.is_some_and(|format| format.eq_ignore_ascii_case("json")) {
        tracing::subscriber::set_global_default(builder.finish())
    } else {
        tracing::subscriber::set_global_default(builder.without_time().finish())
    };
    // A test or an embedding program has a logger already: it keeps it.
    drop(installed);
}

/// `RUST_LOG`, else `AWS_LAMBDA_LOG_LEVEL`, else INFO.
///
/// Lambda drops every line below its own level, metrics without a level among them; so that one stays
/// low, and how much is logged is said in `RUST_LOG`.
///
/// Parsed by hand: the filter language of `RUST_LOG` would bring a regular
/// expression engine into every function for what is always one word.
fn level(environment: &dyn Environment) -> LevelFilter {
    ["RUST_LOG", "AWS_LAMBDA_LOG_LEVEL"]
        .into_iter()
        .filter_map(|name| environment.get(name))
        .find_map(|word| parse(word.trim()))
        .unwrap_or(LevelFilter::INFO)
}

fn parse(word: &str) -> Option<LevelFilter> {
    // Lambda's own scale has FATAL, which tracing lacks.
    if word.eq_ignore_ascii_case("fatal") {
        return Some(LevelFilter::ERROR);
    }
    word.parse::<Level>().ok().map(LevelFilter::from_level)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::env::MapEnvironment;

    #[test_case("", "", LevelFilter::INFO; "nothing is set")]
    #[test_case("INFO", "error", LevelFilter::ERROR; "our own level comes first")]
    #[test_case("DEBUG", "", LevelFilter::DEBUG; "Lambda's level")]
    #[test_case("WARN", "tocsin=debug", LevelFilter::WARN; "Lambda's level when ours is not understood")]
    #[test_case("", "warn", LevelFilter::WARN; "RUST_LOG as one word")]
    #[test_case("FATAL", "", LevelFilter::ERROR; "a level that tracing lacks")]
    #[test_case("", "tocsin=debug,info", LevelFilter::INFO; "directives are not understood")]
    fn the_level_comes_from_the_environment(lambda: &str, rust: &str, expected: LevelFilter) {
        let variables = [("AWS_LAMBDA_LOG_LEVEL", lambda), ("RUST_LOG", rust)];
        assert_eq!(level(&MapEnvironment::from(variables)), expected);
    }
}
