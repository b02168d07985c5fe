//! The people: who they are in the logs, and from where they come.

/// Cities with their degrees north and east.
const CITIES: [(f64, f64); 6] = [
    (19.07, 72.87),
    (12.97, 77.59),
    (28.61, 77.20),
    (13.08, 80.27),
    (18.52, 73.85),
    (17.38, 78.48),
];

/// So many schools there are, each behind one address.
pub(crate) const SCHOOLS: u32 = 120;

/// One person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person(pub(crate) u32);

impl Person {
    pub(crate) fn account(self) -> String {
        format!("parent-{:06}", self.0)
    }

    pub(crate) fn user(self) -> String {
        format!("u-{:06}", self.0)
    }

    pub(crate) fn device(self) -> String {
        format!("device-{:06}", self.0)
    }

    pub(crate) fn card(self) -> String {
        format!("card_{:08x}", self.0.wrapping_mul(0x9e37_79b9))
    }

    pub(crate) fn school(self) -> u32 {
        self.0 % SCHOOLS
    }

    pub(crate) fn place(self) -> (f64, f64) {
        let city = usize::try_from(self.0 % 6).unwrap_or(0);
        CITIES.get(city).copied().unwrap_or((19.07, 72.87))
    }

    /// At home, on the road behind an address of the carrier that many share, or at school.
    pub(crate) fn address(self, random: &mut fastrand::Rng) -> String {
        let n = self.0;
        match random.u8(..10) {
            0..=4 => format!("49.{}.{}.{}", 36 + n / 62_500 % 100, n / 250 % 250, n % 250),
            5..=8 => format!("106.{}.{}.{}", 192 + n % 6, n % 32, random.u32(..200)),
            _ => school_address(self.school()),
        }
    }
}

pub(crate) fn school_address(school: u32) -> String {
    format!("103.21.{school}.1")
}
