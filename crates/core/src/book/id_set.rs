//! A persistent set of account numbers: bits in blocks, the blocks in a [`Trie`].

use super::trie::{Iter, Trie};
use std::slice;

/// Bits of a number that one block covers.
const BITS: u32 = 9;
/// Words of a block.
const WORDS: usize = 8;

/// One bit for each of 512 accounts.
type Block = [u64; WORDS];

/// A set of numbers whose clone is one reference count. Iteration costs the blocks that are not
/// empty and the numbers in them.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdSet {
    blocks: Trie<Block>,
    len: usize,
}

impl IdSet {
    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether a number is in the set.
    pub(crate) fn contains(&self, id: u32) -> bool {
        let (block, word, bit) = place(id);
        let held = self.blocks.get(block).and_then(|b| b.get(word));
        held.is_some_and(|held| held & bit != 0)
    }

    /// Adds a number; whether it is new.
    pub(crate) fn insert(&mut self, id: u32) -> bool {
        let (block, word, bit) = place(id);
        let words = self.blocks.get_mut_or(block, [0; WORDS]);
        let place = words.and_then(|words| words.get_mut(word));
        let Some(place) = place.filter(|place| **place & bit == 0) else {
            return false;
        };
        *place |= bit;
        self.len = self.len.saturating_add(1);
        true
    }

    /// Takes a number out; whether it was there.
    pub(crate) fn remove(&mut self, id: u32) -> bool {
        let (block, word, bit) = place(id);
        if !self.contains(id) {
            return false;
        }
        if let Some(words) = self.blocks.reach(block) {
            if let Some(held) = words.get_mut(word) {
                *held &= !bit;
            }
            if words.iter().all(|word| *word == 0) {
                self.blocks.remove(block);
            }
        }
        self.len = self.len.saturating_sub(1);
        true
    }

    /// The numbers, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        Numbers {
            blocks: self.blocks.iter(),
            words: [].iter(),
            start: 0,
            left: 0,
        }
    }
}

/// Block, word in it, and bit in that of a number.
fn place(id: u32) -> (u32, usize, u64) {
    let word = id.wrapping_shr(6) & 7;
    let bit = 1u64.wrapping_shl(id & 63);
    (
        id.wrapping_shr(BITS),
        usize::try_from(word).unwrap_or(0),
        bit,
    )
}

/// The numbers of a set: most words are empty and cost a comparison.
struct Numbers<'a> {
    blocks: Iter<'a, Block>,
    words: slice::Iter<'a, u64>,
    /// The first number of the present word.
    start: u32,
    /// Its numbers that are still to come.
    left: u64,
}

impl Iterator for Numbers<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        while self.left == 0 {
            if let Some(word) = self.words.next() {
                self.start = self.start.wrapping_add(64);
                self.left = *word;
                continue;
            }
            let (block, words) = self.blocks.next()?;
            self.words = words.iter();
            // The first word brings it to where the block begins.
            self.start = block.wrapping_shl(BITS).wrapping_sub(64);
        }
        let bit = self.left.trailing_zeros();
        self.left &= self.left.wrapping_sub(1);
        Some(self.start | bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// Behaves as an ordered set, and a fork does not see what comes later.
        #[test]
        fn agrees_with_an_ordered_set(
            steps in prop::collection::vec(
                (prop_oneof![0u32..1100, any::<u32>(), Just(u32::MAX)], any::<bool>()),
                0..200,
            ),
        ) {
            let (mut set, mut model) = (IdSet::default(), BTreeSet::new());
            let mut forks = Vec::new();
            for (i, (id, adds)) in steps.into_iter().enumerate() {
                if adds {
                    prop_assert_eq!(set.insert(id), model.insert(id));
                } else {
                    prop_assert_eq!(set.remove(id), model.remove(&id));
                }
                if i % 16 == 0 {
                    forks.push((set.clone(), model.clone()));
                }
            }
            forks.push((set, model));
            for (set, model) in forks {
                prop_assert_eq!(set.len(), model.len());
                prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), model.clone());
                prop_assert!(set.iter().eq(model));
            }
        }
    }
}
