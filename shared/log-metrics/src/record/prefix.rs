//! What Lambda's runtimes put before a line in the text format: Node `time\trequestId\tLEVEL\tmessage`, Python
//! `[LEVEL]\ttime\trequestId\tmessage`.

/// The parts of such a line.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Prefix<'a> {
    pub(crate) request_id: Option<&'a str>,
    pub(crate) level: Option<&'a str>,
    pub(crate) message: &'a str,
}

pub(crate) fn read(line: &str) -> Option<Prefix<'_>> {
    let bytes = line.as_bytes();
    let node = bytes.first().is_some_and(u8::is_ascii_digit) && bytes.get(10) == Some(&b'T');
    let python = bytes.first() == Some(&b'[');
    if !node && !python {
        return None;
    }
    let mut parts = line.splitn(4, '\t');
    let (first, second, third, message) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (time, id, level) = if node {
        (first, second, third)
    } else {
        let level = first.strip_prefix('[')?.strip_suffix(']')?;
        (second, third, level)
    };
    let is_time = time.len() >= 20 && time.ends_with('Z') && time.as_bytes().get(10) == Some(&b'T');
    let is_level =
        (2..=8).contains(&level.len()) && level.bytes().all(|byte| byte.is_ascii_uppercase());
    // Before the first request Node writes `undefined`.
    let id = (id.len() == 36).then_some(id);
    (is_time && is_level).then_some(Prefix {
        request_id: id,
        level: Some(level),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::{Prefix, read};
    use test_case::test_case;

    const ID: &str = "8f5f2b0a-1c2d-4e3f-9a0b-9876543210ab";

    #[test_case(&format!("2026-11-24T00:10:06.123Z\t{ID}\tWARN\ta\tb"), Some(ID), "WARN", "a\tb"; "node")]
    #[test_case("2026-11-24T00:10:06.123Z\tundefined\tINFO\tinit", None, "INFO", "init"; "before a request")]
    #[test_case(&format!("[ERROR]\t2026-11-24T00:10:06.123Z\t{ID}\tno"), Some(ID), "ERROR", "no"; "python")]
    fn reads(line: &str, id: Option<&str>, level: &str, message: &str) {
        let expected = Prefix {
            request_id: id,
            level: Some(level),
            message,
        };
        assert_eq!(read(line), Some(expected));
    }

    #[test_case("2026-11-24T00:10:06.123Z no tabs"; "no tabs")]
    #[test_case("2026-11-24T00:10:06.123Z\ta\tlower\tb"; "no level")]
    #[test_case("a\tb\tINFO\tc"; "no time")]
    fn leaves_alone(line: &str) {
        assert_eq!(read(line), None);
    }
}
