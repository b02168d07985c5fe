//! Which fields of a record anybody asks for. A record has many more; only these are read.

use std::collections::HashMap;

use compact_str::CompactString;

/// The number of a field that somebody asks for.
pub(crate) type Slot = u16;

/// Fields that every record has, or that are read out of Lambda's lines; named as Logs Insights does where it has a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u16)]
pub(crate) enum Known {
    Message,
    Log,
    LogStream,
    RequestId,
    Type,
    Level,
    Function,
    Format,
    Duration,
    BilledDuration,
    InitDuration,
    RestoreDuration,
    MemorySize,
    MaxMemoryUsed,
    MemoryUtilization,
    ColdStart,
    Error,
    ErrorKind,
    /// From here on: fields of JSON that the above are made of.
    RawType,
    RawLevel,
    RawSeverity,
    RawLvl,
    RawRequestId,
    RawAwsRequestId,
    RawErrorType,
    RawErrorName,
    RawErrType,
    RecordRequestId,
    RecordStatus,
    RecordErrorType,
    RecordDuration,
    RecordBilled,
    RecordInit,
    RecordRestore,
    RecordMemorySize,
    RecordMaxMemory,
}

/// In the order of [`Known`].
const KNOWN: [&str; 36] = [
    "@message",
    "@log",
    "@logStream",
    "@requestId",
    "@type",
    "@level",
    "@function",
    "@format",
    "@duration",
    "@billedDuration",
    "@initDuration",
    "@restoreDuration",
    "@memorySize",
    "@maxMemoryUsed",
    "@memoryUtilization",
    "@coldStart",
    "@error",
    "@errorKind",
    "type",
    "level",
    "severity",
    "lvl",
    "requestId",
    "awsRequestId",
    "errorType",
    "error.name",
    "err.type",
    "record.requestId",
    "record.status",
    "record.errorType",
    "record.metrics.durationMs",
    "record.metrics.billedDurationMs",
    "record.metrics.initDurationMs",
    "record.metrics.restoreDurationMs",
    "record.metrics.memorySizeMB",
    "record.metrics.maxMemoryUsedMB",
];

/// The field that a JSON record of Lambda has its own line in.
pub(crate) const NESTED: &str = "message";

/// The fields that are asked for, by name and as a tree of names.
#[derive(Debug)]
pub(crate) struct Fields {
    slots: HashMap<CompactString, Slot>,
    names: Vec<CompactString>,
    /// Whether a rule asks for the field, and not only this crate.
    wanted: Vec<bool>,
    pub(crate) root: Node,
}

/// The fields of one object.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// By length, then by name: most names of a record are ruled out by their length.
    edges: Vec<(CompactString, Edge)>,
}

/// What a name leads to.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    pub(crate) slot: Option<Slot>,
    pub(crate) node: Option<Node>,
    /// Whether this is `message` of the outermost object: what is in it counts as if it stood outside.
    pub(crate) nested: bool,
}

impl Fields {
    pub(crate) fn new() -> Self {
        let mut fields = Self {
            slots: HashMap::new(),
            names: Vec::new(),
            wanted: Vec::new(),
            root: Node::default(),
        };
        for name in KNOWN {
            fields.add(name, false);
        }
        fields.root.edge(NESTED).nested = true;
        fields
    }

    /// The slot of a field that a rule asks for.
    pub(crate) fn want(&mut self, name: &str) -> Slot {
        self.add(name, true)
    }

    fn add(&mut self, name: &str, wanted: bool) -> Slot {
        if let Some(slot) = self.slots.get(name).copied() {
            if let Some(known) = self.wanted.get_mut(usize::from(slot)) {
                *known |= wanted;
            }
            return slot;
        }
        // A configuration has no more than some hundred; what is over the type's bound shares the last.
        let slot = Slot::try_from(self.names.len()).unwrap_or(Slot::MAX);
        self.slots.insert(name.into(), slot);
        self.names.push(name.into());
        self.wanted.push(wanted);
        if !name.starts_with('@') {
            self.root.insert(name, slot);
        }
        slot
    }

    pub(crate) fn slot(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).copied()
    }

    pub(crate) fn name(&self, slot: Slot) -> &str {
        self.names.get(usize::from(slot)).map_or("", |name| name)
    }

    pub(crate) fn is_wanted(&self, known: Known) -> bool {
        self.wanted.get(known as usize).copied().unwrap_or_default()
    }
}

impl Node {
    /// `a.b` may be a field `b` of an object `a`, or a field that is called `a.b`.
    fn insert(&mut self, rest: &str, slot: Slot) {
        self.edge(rest).slot = Some(slot);
        if let Some((first, rest)) = rest.split_once('.') {
            let node = self.edge(first).node.get_or_insert_default();
            node.insert(rest, slot);
        }
    }

    fn edge(&mut self, name: &str) -> &mut Edge {
        let at = match self.find(name) {
            Ok(at) => at,
            Err(at) => {
                self.edges.insert(at, (name.into(), Edge::default()));
                at
            }
        };
        #[expect(
            clippy::indexing_slicing,
            reason = "it was found or put there just now"
        )]
        &mut self.edges[at].1
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.edges.binary_search_by(|(known, _)| {
            let length = known.len().cmp(&name.len());
            length.then_with(|| known.as_bytes().cmp(name.as_bytes()))
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Edge> {
        let at = self.find(name).ok()?;
        self.edges.get(at).map(|(_, edge)| edge)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, KNOWN, Known};

    #[test]
    fn known_fields_stand_at_their_places() {
        let fields = Fields::new();
        assert_eq!(KNOWN.len(), Known::RecordMaxMemory as usize + 1);
        for (known, name) in [
            (Known::Message, "@message"),
            (Known::ErrorKind, "@errorKind"),
            (Known::RawType, "type"),
            (Known::RecordRequestId, "record.requestId"),
            (Known::RecordMaxMemory, "record.metrics.maxMemoryUsedMB"),
        ] {
            assert_eq!(fields.slot(name), Some(known as u16), "{name}");
        }
    }

    #[test]
    fn a_path_is_also_a_name() {
        let mut fields = Fields::new();
        let slot = fields.want("user.id");
        let user = fields.root.get("user").unwrap();
        assert_eq!(
            user.node.as_ref().unwrap().get("id").unwrap().slot,
            Some(slot)
        );
        assert_eq!(fields.root.get("user.id").unwrap().slot, Some(slot));
        assert!(fields.root.get("users").is_none());
    }
}
