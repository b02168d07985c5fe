//! The 77 functions, and how each writes its logs.

/// How a function writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// JSON lines of its own; Lambda's lines as text.
    Json,
    /// `console.log` of JSON in Node: time, request and level in front; Lambda's lines as text.
    Prefixed,
    /// `key=value`; Lambda's lines as text.
    Pairs,
    /// Lambda's JSON format: what the function says stands in `message`; Lambda's lines are JSON.
    Wrapped,
}

/// A function.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) group: String,
    pub(crate) form: Form,
    pub(crate) memory: u32,
}

/// Domains with their operations, in all 77.
const DOMAINS: [(Domain, &str); 11] = [
    (
        Domain::Auth,
        "login logout refresh verify register reset-password mfa",
    ),
    (
        Domain::Payments,
        "create capture verify webhook refund status methods invoices settle",
    ),
    (
        Domain::Orders,
        "create get list update cancel track history repeat",
    ),
    (
        Domain::Rfid,
        "verify register-card readers heartbeat bulk-verify delivery-status",
    ),
    (
        Domain::Menus,
        "get list create update publish delete plan nutrition",
    ),
    (
        Domain::Users,
        "get update list students parents preferences profile",
    ),
    (
        Domain::Schools,
        "get list create update staff classes settings",
    ),
    (
        Domain::Deliveries,
        "schedule assign verify route status proof",
    ),
    (
        Domain::Notifications,
        "send templates preferences history push whatsapp",
    ),
    (
        Domain::Reports,
        "daily weekly revenue attendance export kitchen",
    ),
    (
        Domain::Realtime,
        "connect disconnect message broadcast presence subscribe heartbeat",
    ),
];

/// What a function is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Domain {
    Auth,
    Payments,
    Orders,
    Rfid,
    Menus,
    Users,
    Schools,
    Deliveries,
    Notifications,
    Reports,
    Realtime,
}

impl Domain {
    const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Payments => "payments",
            Self::Orders => "orders",
            Self::Rfid => "rfid",
            Self::Menus => "menus",
            Self::Users => "users",
            Self::Schools => "schools",
            Self::Deliveries => "deliveries",
            Self::Notifications => "notifications",
            Self::Reports => "reports",
            Self::Realtime => "realtime",
        }
    }
}

/// All functions, by domain.
pub(crate) struct Fleet {
    pub(crate) functions: Vec<Function>,
    domains: Vec<Domain>,
}

impl Fleet {
    pub(crate) fn new() -> Self {
        let mut fleet = Self {
            functions: Vec::new(),
            domains: Vec::new(),
        };
        let forms = [
            Form::Json,
            Form::Prefixed,
            Form::Wrapped,
            Form::Pairs,
            Form::Json,
        ];
        for (domain, operations) in DOMAINS {
            for operation in operations.split(' ') {
                let at = fleet.functions.len();
                fleet.functions.push(Function {
                    group: format!("/aws/lambda/hasivu-{}-{operation}", domain.name()),
                    form: forms.get(at % forms.len()).copied().unwrap_or(Form::Json),
                    memory: [256, 512, 1_024].get(at % 3).copied().unwrap_or(256),
                });
                fleet.domains.push(domain);
            }
        }
        fleet
    }

    /// One of a domain's functions.
    pub(crate) fn pick(&self, domain: Domain, random: &mut fastrand::Rng) -> usize {
        let of = |at: &usize| self.domains.get(*at) == Some(&domain);
        let count = (0..self.functions.len()).filter(of).count().max(1);
        let place = random.usize(..count);
        (0..self.functions.len()).filter(of).nth(place).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_77_functions_in_every_form() {
        let fleet = Fleet::new();
        assert_eq!(fleet.functions.len(), 77);
        for form in [Form::Json, Form::Prefixed, Form::Pairs, Form::Wrapped] {
            assert!(fleet.functions.iter().any(|function| function.form == form));
        }
    }
}
