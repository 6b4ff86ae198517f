//! Groups lines as they come.

use crate::group::{Group, GroupId};
use crate::index::Index;
use crate::likeness::likeness;
use crate::limits::Limits;
use crate::tokens::Tokens;
use crate::written::Written;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// How many masked lines are remembered for each group, so that one which came before finds its group at once.
const REMEMBERED: usize = 8;

/// What a line told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// Its group.
    pub id: GroupId,
    /// Whether the group began with it.
    pub new: bool,
    /// How many lines the group has.
    pub count: u64,
    /// Groups that turned out to be the same one: their lines are this group's now.
    pub absorbed: Vec<GroupId>,
    /// A group that was forgotten for want of room.
    pub forgotten: Option<GroupId>,
}

/// Groups lines that differ only in what changes from line to line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Miner {
    pub(crate) limits: Limits,
    pub(crate) groups: HashMap<GroupId, Group>,
    /// How many lines were learned.
    pub(crate) lines: u64,
    index: Index,
    /// Masked lines that came before.
    remembered: HashMap<u64, GroupId>,
    hasher: RandomState,
    tokens: Tokens,
}

impl Miner {
    /// A miner that knows nothing.
    pub fn new(limits: Limits) -> Self {
        Self::with(limits, Vec::new(), 0)
    }

    pub(crate) fn with(limits: Limits, groups: Vec<Group>, lines: u64) -> Self {
        let mut index = Index::default();
        groups.iter().for_each(|group| index.put(group));
        let groups = groups.into_iter().map(|group| (group.id, group)).collect();
        let (remembered, hasher, tokens) = (HashMap::new(), RandomState::new(), Tokens::default());
        Self { limits, groups, lines, index, remembered, hasher, tokens }
    }

    /// The same miner with other bounds; what they have no room for is forgotten.
    pub fn within(self, limits: Limits) -> Self {
        Written::from(self).within(limits).into()
    }

    /// Takes a line into its group; `None` when it says nothing at all.
    pub fn learn(&mut self, line: &str) -> Option<Learned> {
        let mut tokens = std::mem::take(&mut self.tokens);
        tokens.read(line, &self.limits);
        let learned = (tokens.len() > 0).then(|| self.place(&tokens));
        self.tokens = tokens;
        learned
    }

    /// A group's template, if it is known.
    pub fn template(&self, id: GroupId) -> Option<String> {
        self.groups.get(&id).map(Group::template)
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    fn place(&mut self, tokens: &Tokens) -> Learned {
        self.lines += 1;
        let signature = self.hasher.hash_one(tokens.signature());
        let known = self.remembered.get(&signature).copied().filter(|id| self.groups.contains_key(id));
        let mut learned = match known.or_else(|| self.nearest(tokens)) {
            Some(id) => Learned { id, new: false, count: 0, absorbed: Vec::new(), forgotten: None },
            None => self.begin(tokens),
        };
        if known.is_none() {
            let _widened = self.widen(&mut learned, tokens);
            if self.remembered.len() >= self.limits.groups.saturating_mul(REMEMBERED) {
                self.remembered.clear();
            }
            self.remembered.insert(signature, learned.id);
        }
        if let Some(group) = self.groups.get_mut(&learned.id) {
            group.count += 1;
            group.last = self.lines;
            learned.count = group.count;
        }
        learned
    }

    /// The group that is most like a line, if one is like enough; of equals the older one.
    fn nearest(&self, tokens: &Tokens) -> Option<GroupId> {
        let mut best: Option<(f64, GroupId)> = None;
        for id in self.index.near(tokens.len(), tokens.iter().next().unwrap_or_default()) {
            let Some(group) = self.groups.get(&id) else {
                continue;
            };
            let Some(found) = likeness(&group.words, tokens.iter()) else {
                continue;
            };
            // A line that came before is covered, however open the template has become since.
            let fits = found.covered || found.share >= self.limits.likeness;
            if fits && best.is_none_or(|(most, _)| found.share > most) {
                best = Some((found.share, id));
            }
        }
        best.map(|(_, id)| id)
    }

    fn begin(&mut self, tokens: &Tokens) -> Learned {
        let group = Group::begin(tokens, self.lines);
        let id = group.id;
        // A group that began so, and is too general by now to be found by likeness.
        if self.groups.contains_key(&id) {
            return Learned { id, new: false, count: 0, absorbed: Vec::new(), forgotten: None };
        }
        let forgotten = self.make_room();
        self.index.put(&group);
        self.groups.insert(id, group);
        Learned { id, new: true, count: 0, absorbed: Vec::new(), forgotten }
    }

    fn make_room(&mut self) -> Option<GroupId> {
        let room = self.limits.groups.max(1) as u64;
        if (self.groups.len() as u64) < room {
            return None;
        }
        // Each doubling of its lines lets a group stay for as many more lines as there are groups: a flood of lines that are
        // all different drives itself out before it drives out what is well known.
        let stays =
            |group: &Group| group.last.saturating_add(u64::from(group.count.max(1).ilog2()).saturating_mul(room));
        let oldest = self.groups.values().min_by_key(|group| (stays(group), group.id)).map(|group| group.id)?;
        let group = self.groups.remove(&oldest)?;
        self.index.remove(&group);
        Some(oldest)
    }

    /// Makes the group's template fit the line, and makes one of the groups that differ in one word then.
    fn widen(&mut self, learned: &mut Learned, tokens: &Tokens) -> Option<()> {
        let mut group = self.groups.remove(&learned.id)?;
        self.index.remove(&group);
        group.admit(tokens.iter());
        self.index.put(&group);
        // Each turn makes at least one group less.
        while let Some(alike) = self.index.alike(&group, self.limits.siblings) {
            self.index.remove(&group);
            let mut several = vec![group];
            for id in alike {
                several.extend(self.groups.remove(&id).inspect(|other| self.index.remove(other)));
            }
            group = unite(several, learned)?;
            self.index.put(&group);
        }
        learned.id = group.id;
        self.groups.insert(group.id, group);
        Some(())
    }
}

/// One group of several: the oldest keeps its name, as it may have been told of.
fn unite(groups: Vec<Group>, learned: &mut Learned) -> Option<Group> {
    let (was, was_new) = (learned.id, learned.new);
    let mut groups = groups.into_iter();
    let mut oldest = groups.next()?;
    for mut other in groups {
        if other.first < oldest.first {
            std::mem::swap(&mut oldest, &mut other);
        }
        oldest.admit(other.words.iter().map(AsRef::as_ref));
        oldest.count += other.count;
        oldest.last = oldest.last.max(other.last);
        // Nobody has heard of one that begins with this line.
        if !(was_new && other.id == was) {
            learned.absorbed.push(other.id);
        }
    }
    learned.new = was_new && oldest.id == was;
    learned.id = oldest.id;
    Some(oldest)
}

#[cfg(test)]
mod tests;
