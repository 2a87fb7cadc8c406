//! A list of pairs of which the first few need no allocation.

use super::math::Ruled;
use super::rejection::Rejection;
use smallvec::SmallVec;
use std::slice;

/// Values by key, in the order in which they came. A key is searched one by one, which is the
/// fastest way among two or three.
#[derive(Debug)]
pub(super) struct Few<K, V, const N: usize>(SmallVec<[(K, V); N]>);

impl<K: Copy + PartialEq, V, const N: usize> Few<K, V, N> {
    pub(super) fn new() -> Self {
        Self(SmallVec::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> slice::Iter<'_, (K, V)> {
        self.0.iter()
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (K, V)> {
        self.0.into_iter()
    }

    pub(super) fn get(&self, key: K) -> Option<&V> {
        let mut pairs = self.iter();
        pairs.find(|(held, _)| *held == key).map(|(_, value)| value)
    }

    /// Adds a pair whose key is not there yet.
    pub(super) fn push(&mut self, key: K, value: V) {
        self.0.push((key, value));
    }

    /// The value of a key, made where it is missing.
    pub(super) fn entry(&mut self, key: K, make: impl FnOnce() -> Ruled<V>) -> Ruled<&mut V> {
        let place = self.iter().position(|(held, _)| *held == key);
        let place = match place {
            Some(place) => place,
            None => {
                self.push(key, make()?);
                self.0.len().saturating_sub(1)
            }
        };
        let found = self.0.get_mut(place);
        found.map(|(_, value)| value).ok_or(Rejection::Panic0x11)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_beyond_its_room() {
        let mut few: Few<u8, u16, 2> = Few::new();
        assert!(few.is_empty());
        for key in [5, 3, 9, 3, 1] {
            let value = few.entry(key, || Ok(0)).unwrap();
            *value += u16::from(key);
        }
        assert_eq!(few.get(3), Some(&6));
        assert_eq!(few.get(1), Some(&1));
        assert_eq!(few.get(2), None);
        assert_eq!(
            few.entry(2, || Err(Rejection::Panic0x12)),
            Err(Rejection::Panic0x12)
        );
        let pairs: Vec<(u8, u16)> = few.iter().copied().collect();
        assert_eq!(pairs, [(5, 5), (3, 6), (9, 9), (1, 1)]);
        assert_eq!(few.into_iter().collect::<Vec<_>>(), pairs);
    }
}
