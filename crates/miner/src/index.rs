//! Finds the groups that may be meant: by length and first word, and those that differ in one word only. Pure.

use crate::group::{Group, GroupId};
use crate::likeness::{is_prose, is_state, says_something};
use crate::mask::ANY;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

/// The index of a miner's groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    buckets: HashMap<u64, Vec<GroupId>>,
    /// The groups that are equal but for one place.
    siblings: HashMap<u64, Vec<GroupId>>,
    /// Seeded by chance, so that nobody can make up words that meet.
    hasher: RandomState,
}

impl Index {
    pub(crate) fn put(&mut self, group: &Group) {
        let bucket = self.bucket(group.key());
        self.buckets.entry(bucket).or_default().push(group.id);
        for place in places(group) {
            let key = self.without(group, place);
            self.siblings.entry(key).or_default().push(group.id);
        }
    }

    pub(crate) fn remove(&mut self, group: &Group) {
        let bucket = self.bucket(group.key());
        take_out(&mut self.buckets, bucket, group.id);
        for place in places(group) {
            let key = self.without(group, place);
            take_out(&mut self.siblings, key, group.id);
        }
    }

    /// The groups of a length that begin with a word, or with anything.
    pub(crate) fn near(&self, length: usize, first: &str) -> impl Iterator<Item = GroupId> {
        let named = self.buckets.get(&self.bucket((length, first)));
        let open = self.buckets.get(&self.bucket((length, ANY))).filter(|_| first != ANY);
        named.into_iter().chain(open).flatten().copied()
    }

    /// The groups that differ from this one in one and the same place, itself among them, when they are at least so many.
    pub(crate) fn alike(&self, group: &Group, enough: usize) -> Option<Vec<GroupId>> {
        let lists = places(group).map(|place| self.siblings.get(&self.without(group, place)));
        lists.flatten().find(|list| list.len() >= enough.max(2)).cloned()
    }

    fn bucket(&self, key: (usize, &str)) -> u64 {
        self.hasher.hash_one(key)
    }

    fn without(&self, group: &Group, place: usize) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        place.hash(&mut hasher);
        for (index, word) in group.words.iter().enumerate() {
            if index == place { ANY.hash(&mut hasher) } else { word.hash(&mut hasher) }
        }
        hasher.finish()
    }
}

fn take_out(lists: &mut HashMap<u64, Vec<GroupId>>, key: u64, id: GroupId) {
    if let Some(list) = lists.get_mut(&key) {
        list.retain(|other| *other != id);
        if list.is_empty() {
            lists.remove(&key);
        }
    }
}

/// The places of a template that may turn out to be a variable: not the first word of a sentence, not a state's name, and
/// never the last thing that it says.
fn places(group: &Group) -> impl Iterator<Item = usize> {
    let words = || group.words.iter().map(AsRef::as_ref);
    let may_change = move |(place, word): &(usize, &str)| {
        let fixed = *word == ANY || (*place == 0 && is_prose(word)) || is_state(word);
        let others = words().enumerate().filter(|(other, _)| other != place).map(|(_, word)| word);
        !fixed && says_something(others)
    };
    words().enumerate().filter(may_change).map(|(place, _)| place)
}

#[cfg(test)]
impl Index {
    /// How many entries there are, to see that none is left behind.
    pub(crate) fn entries(&self) -> usize {
        self.buckets.values().chain(self.siblings.values()).map(Vec::len).sum()
    }

    /// How many entries a group has.
    pub(crate) fn entries_of(group: &Group) -> usize {
        1 + places(group).count()
    }
}
