//! Time zones by their IANA name, from the database that is compiled in.

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A name that is no time zone.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{name}` is no time zone: {remedy}")]
pub struct UnknownTimeZone {
    /// What was written.
    pub name: String,
    /// What to write instead.
    pub remedy: String,
}

/// Says whether there is a time zone of this name.
///
/// # Errors
/// When there is none.
pub fn check_time_zone(name: &str) -> Result<(), UnknownTimeZone> {
    find(name).map(drop)
}

/// The time zone of this name. The global database of `jiff` would look into the file system first, if any other crate
/// of the build asked for that; the answer must not depend on the machine.
///
/// # Errors
/// When there is none.
pub fn find(name: &str) -> Result<TimeZone, UnknownTimeZone> {
    let database = TimeZoneDatabase::bundled();
    match database.get(name) {
        Ok(zone) if !zone.is_unknown() => Ok(zone),
        Ok(_) | Err(_) => Err(UnknownTimeZone {
            remedy: remedy(&database, name),
            name: name.chars().take(60).collect(),
        }),
    }
}

fn remedy(database: &TimeZoneDatabase, name: &str) -> String {
    let city = name.rsplit('/').next().unwrap_or(name).replace(' ', "_");
    let near = database.available().find(|known| {
        let known = known.as_str();
        known
            .rsplit('/')
            .next()
            .is_some_and(|last| !city.is_empty() && last.eq_ignore_ascii_case(&city))
    });
    near.map_or_else(
        || "write a name of the IANA database, such as Europe/Berlin, or UTC".to_owned(),
        |near| format!("write {}", near.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use super::check_time_zone;
    use test_case::test_case;

    #[test_case("UTC")]
    #[test_case("Europe/Berlin")]
    #[test_case("America/Argentina/Buenos_Aires")]
    fn knows_the_names_of_the_iana_database(name: &str) {
        assert_eq!(check_time_zone(name), Ok(()));
    }

    #[test_case("Berlin", "write Europe/Berlin"; "a city alone")]
    #[test_case("Asia/New York", "write America/New_York"; "the wrong continent and a space")]
    #[test_case("Mars/Olympus", "write a name of the IANA database, such as Europe/Berlin, or UTC"; "nowhere")]
    #[test_case("", "write a name of the IANA database, such as Europe/Berlin, or UTC"; "nothing")]
    #[test_case("Etc/Unknown", "write a name of the IANA database, such as Europe/Berlin, or UTC"; "a placeholder")]
    fn names_what_to_write_instead(name: &str, remedy: &str) {
        assert_eq!(check_time_zone(name).unwrap_err().remedy, remedy);
    }
}
