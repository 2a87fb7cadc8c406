//! A persistent map from `u32` to anything: a radix trie whose clone is one reference count.
//!
//! A write copies the nodes on the path to its key where another clone still sees them, and
//! works in place where none does. Every node has up to 64 children, kept densely.

use std::fmt;
use std::slice;
use std::sync::Arc;

/// Bits of the key that one level consumes.
const BITS: u32 = 6;
/// Mask of one level's bits.
const MASK: u32 = 63;

/// Up to 64 items, stored densely in the order of their slots.
#[derive(Clone)]
struct Sparse<C> {
    present: u64,
    items: Vec<C>,
}

impl<C> Sparse<C> {
    fn single(slot: u32, item: C) -> Self {
        let mut items = Vec::with_capacity(Self::FIRST);
        items.push(item);
        Self {
            present: bit(slot),
            items,
        }
    }

    /// Room of a new node: few small items cost no more memory than one, and growing costs time.
    const FIRST: usize = if size_of::<C>() <= 16 { 4 } else { 1 };

    /// Where the item of a slot stands, or would stand.
    fn rank(&self, slot: u32) -> usize {
        let below = self.present & bit(slot).wrapping_sub(1);
        usize::try_from(below.count_ones()).unwrap_or(usize::MAX)
    }

    fn get(&self, slot: u32) -> Option<&C> {
        if self.present & bit(slot) == 0 {
            return None;
        }
        self.items.get(self.rank(slot))
    }

    fn get_mut(&mut self, slot: u32) -> Option<&mut C> {
        if self.present & bit(slot) == 0 {
            return None;
        }
        let rank = self.rank(slot);
        self.items.get_mut(rank)
    }

    /// Adds an item to an empty slot.
    fn add(&mut self, slot: u32, item: C) {
        let rank = self.rank(slot);
        self.present |= bit(slot);
        self.items.insert(rank, item);
    }

    /// Removes the item of a slot that is not empty.
    fn take(&mut self, slot: u32) -> C {
        let rank = self.rank(slot);
        self.present &= !bit(slot);
        self.items.remove(rank)
    }
}

fn bit(slot: u32) -> u64 {
    1u64.wrapping_shl(slot)
}

#[derive(Clone)]
enum Node<T> {
    Branch(Sparse<Arc<Self>>),
    Leaf(Sparse<T>),
}

/// A persistent map from `u32` to `T`, iterated in ascending order of its keys.
pub(super) struct Trie<T> {
    root: Option<Arc<Node<T>>>,
    /// Levels of branches above the leaves.
    height: u32,
    len: usize,
}

impl<T> Clone for Trie<T> {
    fn clone(&self) -> Self {
        Self {
            root: self.root.clone(),
            height: self.height,
            len: self.len,
        }
    }
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Self {
            root: None,
            height: 0,
            len: 0,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Trie<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<T> Trie<T> {
    /// How many keys have a value.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The value of a key.
    pub(super) fn get(&self, key: u32) -> Option<&T> {
        let mut node = self.root.as_deref()?;
        if !covers(self.height, key) {
            return None;
        }
        let mut level = self.height;
        loop {
            match node {
                Node::Leaf(values) => return values.get(key & MASK),
                Node::Branch(children) => node = children.get(slot(key, level))?,
            }
            level = level.saturating_sub(1);
        }
    }

    /// Keys and values, ascending by key.
    pub(super) fn iter(&self) -> Iter<'_, T> {
        let mut iter = Iter {
            stack: Vec::new(),
            leaf: None,
        };
        if let Some(root) = &self.root {
            iter.enter(root, 0);
        }
        iter
    }
}

impl<T: Clone> Trie<T> {
    /// Gives a key its value; returns the former one.
    pub(super) fn insert(&mut self, key: u32, value: T) -> Option<T> {
        let former = match &mut self.root {
            None => {
                self.height = height_of(key);
                self.root = Some(Arc::new(path(self.height, key, value)));
                None
            }
            Some(root) => {
                while !covers(self.height, key) {
                    let below = Arc::clone(root);
                    *root = Arc::new(Node::Branch(Sparse::single(0, below)));
                    self.height = self.height.saturating_add(1);
                }
                insert(root, self.height, key, value)
            }
        };
        if former.is_none() {
            self.len = self.len.saturating_add(1);
        }
        former
    }

    /// The value of a key, to be changed in place.
    pub(super) fn get_mut(&mut self, key: u32) -> Option<&mut T> {
        self.get(key)?;
        self.reach(key)
    }

    /// [`Trie::get_mut`] of a key that has a value: where it has none, the path to its place is copied for
    /// nothing.
    pub(super) fn reach(&mut self, key: u32) -> Option<&mut T> {
        let mut node = Arc::make_mut(self.root.as_mut()?);
        let mut level = self.height;
        loop {
            match node {
                Node::Leaf(values) => return values.get_mut(key & MASK),
                Node::Branch(children) => {
                    node = Arc::make_mut(children.get_mut(slot(key, level))?);
                }
            }
            level = level.saturating_sub(1);
        }
    }

    /// The value of a key, to be changed in place; this one where there is none.
    pub(super) fn get_mut_or(&mut self, key: u32, value: T) -> Option<&mut T> {
        if self.root.is_none() || !covers(self.height, key) {
            self.insert(key, value);
            return self.get_mut(key);
        }
        let mut missing = Some(value);
        let mut node = Arc::make_mut(self.root.as_mut()?);
        let mut level = self.height;
        loop {
            match node {
                Node::Leaf(values) => {
                    let slot = key & MASK;
                    if values.get(slot).is_none() {
                        values.add(slot, missing?);
                        self.len = self.len.saturating_add(1);
                    }
                    return values.get_mut(slot);
                }
                Node::Branch(children) => {
                    let slot = slot(key, level);
                    level = level.saturating_sub(1);
                    if children.get(slot).is_none() {
                        children.add(slot, Arc::new(path(level, key, missing.take()?)));
                        self.len = self.len.saturating_add(1);
                    }
                    node = Arc::make_mut(children.get_mut(slot)?);
                }
            }
        }
    }

    /// Takes a key's value away.
    pub(super) fn remove(&mut self, key: u32) -> Option<T> {
        self.get(key)?;
        let root = self.root.as_mut()?;
        let (value, empty) = remove(root, self.height, key)?;
        if empty {
            self.root = None;
        }
        self.len = self.len.saturating_sub(1);
        Some(value)
    }
}

/// The slot of a key at a level; level 0 is a leaf's.
fn slot(key: u32, level: u32) -> u32 {
    key.checked_shr(level.saturating_mul(BITS)).unwrap_or(0) & MASK
}

/// Whether a trie of a height can hold a key.
fn covers(height: u32, key: u32) -> bool {
    let bits = height.saturating_add(1).saturating_mul(BITS);
    key.checked_shr(bits).unwrap_or(0) == 0
}

fn height_of(key: u32) -> u32 {
    let mut height = 0u32;
    while !covers(height, key) {
        height = height.saturating_add(1);
    }
    height
}

/// A node of a level that holds one key.
fn path<T>(level: u32, key: u32, value: T) -> Node<T> {
    let mut node = Node::Leaf(Sparse::single(key & MASK, value));
    for above in 1..=level {
        node = Node::Branch(Sparse::single(slot(key, above), Arc::new(node)));
    }
    node
}

fn insert<T: Clone>(node: &mut Arc<Node<T>>, level: u32, key: u32, value: T) -> Option<T> {
    match Arc::make_mut(node) {
        Node::Leaf(values) => match values.get_mut(key & MASK) {
            Some(place) => Some(std::mem::replace(place, value)),
            None => {
                values.add(key & MASK, value);
                None
            }
        },
        Node::Branch(children) => {
            let below = level.saturating_sub(1);
            let slot = slot(key, level);
            match children.get_mut(slot) {
                Some(child) => insert(child, below, key, value),
                None => {
                    children.add(slot, Arc::new(path(below, key, value)));
                    None
                }
            }
        }
    }
}

/// Removes a key that is present; says whether the node is empty afterwards.
fn remove<T: Clone>(node: &mut Arc<Node<T>>, level: u32, key: u32) -> Option<(T, bool)> {
    match Arc::make_mut(node) {
        Node::Leaf(values) => {
            let value = values.take(key & MASK);
            Some((value, values.items.is_empty()))
        }
        Node::Branch(children) => {
            let slot = slot(key, level);
            let (value, empty) = remove(children.get_mut(slot)?, level.saturating_sub(1), key)?;
            if empty {
                children.take(slot);
            }
            Some((value, children.items.is_empty()))
        }
    }
}

/// Slots of a node that are still to be visited, with their items and the key's upper bits.
struct Rest<'a, C> {
    present: u64,
    items: slice::Iter<'a, C>,
    prefix: u32,
}

impl<'a, C> Rest<'a, C> {
    fn new(sparse: &'a Sparse<C>, prefix: u32) -> Self {
        Self {
            present: sparse.present,
            items: sparse.items.iter(),
            prefix: prefix.wrapping_shl(BITS),
        }
    }

    fn next(&mut self) -> Option<(u32, &'a C)> {
        let item = self.items.next()?;
        let slot = self.present.trailing_zeros();
        self.present &= self.present.wrapping_sub(1);
        Some((self.prefix | slot, item))
    }
}

/// Keys and values of a [`Trie`], ascending by key.
pub(super) struct Iter<'a, T> {
    stack: Vec<Rest<'a, Arc<Node<T>>>>,
    leaf: Option<Rest<'a, T>>,
}

impl<'a, T> Iter<'a, T> {
    fn enter(&mut self, node: &'a Node<T>, prefix: u32) {
        match node {
            Node::Leaf(values) => self.leaf = Some(Rest::new(values, prefix)),
            Node::Branch(children) => self.stack.push(Rest::new(children, prefix)),
        }
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = (u32, &'a T);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.leaf.as_mut().and_then(Rest::next) {
                return Some(found);
            }
            self.leaf = None;
            match self.stack.last_mut()?.next() {
                Some((prefix, child)) => self.enter(child, prefix),
                None => {
                    self.stack.pop();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u32, u16),
        Remove(u32),
        Change(u32, u16),
        /// The value of a key, or else this one, plus 1.
        Raise(u32, u16),
        Fork,
    }

    /// Keys that collide often, cross level boundaries and reach the top bits.
    fn key() -> impl Strategy<Value = u32> {
        prop_oneof![0u32..140, 4000u32..4200, any::<u32>(), Just(u32::MAX)]
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (key(), any::<u16>()).prop_map(|(k, v)| Step::Insert(k, v)),
            2 => key().prop_map(Step::Remove),
            1 => (key(), any::<u16>()).prop_map(|(k, v)| Step::Change(k, v)),
            1 => (key(), any::<u16>()).prop_map(|(k, v)| Step::Raise(k, v)),
            1 => Just(Step::Fork),
        ]
    }

    fn check(trie: &Trie<u16>, model: &BTreeMap<u32, u16>) {
        let got: Vec<(u32, u16)> = trie.iter().map(|(k, v)| (k, *v)).collect();
        let want: Vec<(u32, u16)> = model.iter().map(|(k, v)| (*k, *v)).collect();
        assert_eq!(got, want);
        assert_eq!(trie.len(), model.len());
        for (k, v) in model {
            assert_eq!(trie.get(*k), Some(v));
        }
    }

    proptest! {
        /// Behaves as an ordered map, and a fork never sees what the other one writes.
        #[test]
        fn agrees_with_an_ordered_map(steps in prop::collection::vec(step(), 0..120)) {
            let mut kept: Vec<(Trie<u16>, BTreeMap<u32, u16>)> = Vec::new();
            let mut trie = Trie::default();
            let mut model = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Insert(k, v) => {
                        prop_assert_eq!(trie.insert(k, v), model.insert(k, v));
                    }
                    Step::Remove(k) => {
                        prop_assert_eq!(trie.remove(k), model.remove(&k));
                        prop_assert_eq!(trie.get(k), None);
                    }
                    Step::Change(k, v) => {
                        let (got, want) = (trie.get_mut(k), model.get_mut(&k));
                        prop_assert_eq!(&got, &want);
                        if let (Some(got), Some(want)) = (got, want) {
                            *got = v;
                            *want = v;
                        }
                    }
                    Step::Raise(k, v) => {
                        let (got, want) = (trie.get_mut_or(k, v).unwrap(), model.entry(k).or_insert(v));
                        prop_assert_eq!(&*got, &*want);
                        *got = got.wrapping_add(1);
                        *want = want.wrapping_add(1);
                    }
                    Step::Fork => kept.push((trie.clone(), model.clone())),
                }
            }
            check(&trie, &model);
            for (trie, model) in &kept {
                check(trie, model);
            }
        }
    }
}
