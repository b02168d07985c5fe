//! Finds the token. It is read, sent and never shown.

use std::path::Path;

use credentials::bearer::Token;

use super::Failure;

/// The token of the named file, else `$TOCSIN_TOKEN`, else the file that `$TOCSIN_TOKEN_FILE` names.
///
/// # Errors
/// When there is none, or it is none.
pub(super) fn token(named: Option<&Path>) -> Result<Token, Failure> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = named {
        return from_file(path);
    }
    if let Some(text) = variable("TOCSIN_TOKEN") {
        return parse(text.to_str().unwrap_or_default(), "TOCSIN_TOKEN");
    }
    if let Some(path) = variable("TOCSIN_TOKEN_FILE") {
        return from_file(Path::new(&path));
    }
    Err(Failure::Usage(
        "there is no token: set TOCSIN_TOKEN, or name a file with --token-file or TOCSIN_TOKEN_FILE"
            .to_owned(),
    ))
}

fn from_file(path: &Path) -> Result<Token, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("cannot read the token file {name}: {error}")))?;
    if is_open_to_others(path) {
        eprintln!("tocsin: others may read the token file {name}; close it with `chmod 600`");
    }
    parse(&text, &name)
}

fn parse(text: &str, place: &str) -> Result<Token, Failure> {
    // What was given is not repeated: it may be a token with a slip of the pen.
    Token::parse(text.trim())
        .map_err(|error| Failure::Usage(format!("{place} has no token: {error}")))
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> bool {
    false
}
