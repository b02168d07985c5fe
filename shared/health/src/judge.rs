//! How good an answer is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use settings::{Measured, Operator, Probe};

use crate::fault::{Fault, FaultKind};
use crate::result::ProbeResult;

/// How good an answer is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Well.
    Up,
    /// It works, but not as it should.
    Degraded,
    /// It does not work.
    Down,
    /// It could not be asked.
    Unknown,
}

impl Grade {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it is trouble: degraded or down.
    pub(crate) const fn is_bad(self) -> bool {
        matches!(self, Self::Degraded | Self::Down)
    }
}

/// A number that is beyond a limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Crossed {
    pub(crate) what: Measured,
    pub(crate) value: f64,
    pub(crate) sign: String,
    pub(crate) threshold: f64,
}

/// An answer, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// When it was asked.
    pub at: Timestamp,
    /// How good it is.
    pub grade: Grade,
    /// Why it is not better.
    pub fault: Option<Fault>,
    /// Days until the certificate expires, when that is too few.
    pub certificate_days: Option<f64>,
    pub(crate) crossed: Option<Crossed>,
}

/// Judges an answer by what its probe expects.
#[must_use]
pub fn judge(probe: &Probe, result: &ProbeResult) -> Judgement {
    let days = result.measured.get(&Measured::CertificateDays).copied();
    let too_few = |days: &f64| *days < f64::from(probe.certificate_days);
    let judged = |grade, fault, crossed| Judgement {
        at: result.at,
        grade,
        fault,
        certificate_days: days.filter(too_few),
        crossed,
    };
    if let Some(fault) = &result.fault {
        let grade = if fault.kind.says_nothing() {
            Grade::Unknown
        } else {
            Grade::Down
        };
        return judged(grade, Some(fault.clone()), None);
    }
    let lists = [
        (Grade::Down, &probe.down_when),
        (Grade::Degraded, &probe.degraded_when),
    ];
    for (grade, matchers) in lists {
        let Some(matcher) = matchers.iter().find(|matcher| matcher.is_match(result)) else {
            continue;
        };
        let crossed = crossed(matcher, result);
        let value = crossed.as_ref().map_or(0.0, |crossed| crossed.value);
        let detail = format!(
            "{} is {}, and {matcher} is a limit",
            matcher.name(),
            plain(value)
        );
        return judged(grade, Some(Fault::new(FaultKind::Limit, detail)), crossed);
    }
    judged(Grade::Up, None, None)
}

fn crossed(matcher: &settings::Matcher, result: &ProbeResult) -> Option<Crossed> {
    let what = Measured::by_name(matcher.name())?;
    let sign = match matcher.operator() {
        Operator::Above | Operator::AtLeast | Operator::Below | Operator::AtMost => {
            matcher.operator().sign().to_owned()
        }
        Operator::Equal
        | Operator::NotEqual
        | Operator::Matches
        | Operator::NotMatches
        | Operator::Equals => String::new(),
    };
    Some(Crossed {
        what,
        value: *result.measured.get(&what)?,
        sign,
        threshold: matcher.value().parse().ok()?,
    })
}

/// A number as people write it: at most one place behind the point.
pub(crate) fn plain(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
