//! Which children of a route can match at all: a tree of a thousand siblings that each ask for one
//! service need not be asked one by one.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{Lookup, Matcher};

/// The children of one route, by an equality that each of them asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// For each label: for each of its texts: the children that ask for it, in order.
    by_label: BTreeMap<CompactString, BTreeMap<CompactString, Vec<usize>>>,
    /// The children that ask for no such thing, in order.
    others: Vec<usize>,
}

impl Index {
    /// The children with their positions, in order.
    pub(super) fn new<'a>(children: impl Iterator<Item = (usize, &'a [Matcher])> + Clone) -> Self {
        // The rarest equality tells most: where all siblings share `team="a"`, it is of no use.
        let mut shared: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (_, matchers) in children.clone() {
            for matcher in matchers {
                for text in matcher.texts().into_iter().flatten() {
                    *shared.entry((matcher.name(), text)).or_default() += 1;
                }
            }
        }
        let mut index = Self::default();
        for (child, matchers) in children {
            let costs = matchers.iter().filter_map(|matcher| {
                let texts = matcher.texts()?;
                let cost = texts
                    .iter()
                    .map(|text| shared.get(&(matcher.name(), *text)).unwrap_or(&0))
                    .sum::<usize>();
                Some((cost, matcher.name(), texts))
            });
            match costs.min_by_key(|(cost, ..)| *cost) {
                Some((_, name, texts)) => {
                    let texts_of_label = index.by_label.entry(name.into()).or_default();
                    for text in texts {
                        let children = texts_of_label.entry(text.into()).or_default();
                        if children.last() != Some(&child) {
                            children.push(child);
                        }
                    }
                }
                None => index.others.push(child),
            }
        }
        index
    }

    /// The children that may match, in order: all that do are among them.
    pub(super) fn candidates<'a>(&'a self, subject: &impl Lookup) -> Candidates<'a> {
        let mut named: Vec<usize> = Vec::new();
        for (name, texts) in &self.by_label {
            let text = subject.text(name).unwrap_or_default();
            if let Some(children) = texts.get(text) {
                named.extend(children);
            }
        }
        named.sort_unstable();
        Candidates {
            named: named.into_iter().peekable(),
            others: self.others.iter().copied().peekable(),
        }
    }
}

/// Two lists in order, as one.
pub(super) struct Candidates<'a> {
    named: std::iter::Peekable<std::vec::IntoIter<usize>>,
    others: std::iter::Peekable<std::iter::Copied<std::slice::Iter<'a, usize>>>,
}

impl Iterator for Candidates<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match (self.named.peek(), self.others.peek()) {
            (Some(named), Some(other)) if other < named => self.others.next(),
            (Some(_), _) => self.named.next(),
            (None, _) => self.others.next(),
        }
    }
}
