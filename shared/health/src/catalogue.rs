//! What is watched in this deployment: the probes whose targets are known, and who needs whom.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use settings::{Duration, Flapping, Probe, ProbeTarget, Settings};

/// A probe of this deployment.
#[derive(Clone, Debug)]
pub struct Watched<'a> {
    /// What the configuration says of it.
    pub probe: &'a Probe,
    /// Whom it asks.
    pub target: String,
    /// A secret's ARN or name.
    pub credentials: Option<String>,
    /// The places of what it needs, directly or through others.
    pub(crate) needs: BTreeSet<usize>,
    /// The names of what needs it, directly or through others.
    pub(crate) needed_by: Vec<CompactString>,
}

/// A probe that this deployment gives no target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeftOut {
    /// Its name.
    pub probe: CompactString,
    /// The names that have no value.
    pub missing: Vec<String>,
}

/// What is watched in this deployment.
#[derive(Clone, Debug)]
pub struct Catalogue<'a> {
    pub(crate) project: &'a str,
    pub(crate) flapping: Flapping,
    watched: Vec<Watched<'a>>,
    left_out: Vec<LeftOut>,
}

impl<'a> Catalogue<'a> {
    /// The probes of a configuration with the values that a deployment gives.
    #[must_use]
    pub fn new(settings: &'a Settings, values: &BTreeMap<String, String>) -> Self {
        let (mut watched, mut left_out) = (Vec::new(), Vec::new());
        for probe in &settings.probes {
            let credentials = probe.credentials.as_ref();
            let secret = credentials.map(|text| text.resolve(values));
            match (probe.target.resolve(values), secret) {
                (Some(target), None | Some(Some(_))) => watched.push(Watched {
                    probe,
                    target,
                    credentials: secret_of(probe, values),
                    needs: BTreeSet::new(),
                    needed_by: Vec::new(),
                }),
                (None, _) | (_, Some(None)) => {
                    let names = probe.target.names();
                    let names = names.chain(credentials.into_iter().flat_map(ProbeTarget::names));
                    let missing =
                        names.filter(|name| values.get(*name).is_none_or(String::is_empty));
                    left_out.push(LeftOut {
                        probe: probe.name.clone(),
                        missing: missing.map(str::to_owned).collect(),
                    });
                }
            }
        }
        let mut catalogue = Self {
            project: &settings.project,
            flapping: settings.routing.flapping.unwrap_or(Flapping {
                changes: 6,
                window: Duration::from_minutes(30),
                quiet: Duration::from_minutes(15),
            }),
            watched,
            left_out,
        };
        catalogue.connect(&settings.probes);
        catalogue
    }

    /// The probes, in the order of the configuration.
    #[must_use]
    pub fn watched(&self) -> &[Watched<'a>] {
        &self.watched
    }

    /// The probes without a target.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// A probe by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Watched<'a>> {
        self.watched.iter().find(|one| one.probe.name == name)
    }

    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.watched.iter().position(|one| one.probe.name == name)
    }

    /// A thing that is not probed itself passes on what it needs.
    fn connect(&mut self, probes: &[Probe]) {
        let needs: BTreeMap<&str, &[CompactString]> = (probes.iter())
            .map(|probe| (probe.name.as_str(), probe.depends_on.as_slice()))
            .collect();
        let places: BTreeMap<&str, usize> = (self.watched.iter().enumerate())
            .map(|(place, one)| (one.probe.name.as_str(), place))
            .collect();
        let reached: Vec<BTreeSet<usize>> = (self.watched.iter())
            .map(|one| {
                let (mut open, mut seen) = (vec![one.probe.name.as_str()], BTreeSet::new());
                while let Some(name) = open.pop() {
                    let direct = needs.get(name).into_iter().flat_map(|list| list.iter());
                    for need in direct.map(CompactString::as_str) {
                        if seen.insert(need) {
                            open.push(need);
                        }
                    }
                }
                let own = one.probe.name.as_str();
                let others = seen.into_iter().filter(|name| *name != own);
                others
                    .filter_map(|name| places.get(name).copied())
                    .collect()
            })
            .collect();
        let names: Vec<CompactString> = self
            .watched
            .iter()
            .map(|one| one.probe.name.clone())
            .collect();
        for (place, one) in self.watched.iter_mut().enumerate() {
            let needy = reached
                .iter()
                .zip(&names)
                .filter(|(needs, _)| needs.contains(&place));
            one.needed_by = needy.map(|(_, name)| name.clone()).collect();
        }
        for (one, needs) in self.watched.iter_mut().zip(reached) {
            one.needs = needs;
        }
    }
}

fn secret_of(probe: &Probe, values: &BTreeMap<String, String>) -> Option<String> {
    probe.credentials.as_ref()?.resolve(values)
}
