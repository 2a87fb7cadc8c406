//! A list of pairs of which the first few need no allocation.

use super::math::Ruled;
use super::rejection::Rejection;

/// Values by key, in the order in which they came. A key is searched one by one, which is the
/// fastest way among two or three.
#[derive(Debug)]
pub(super) struct Few<K, V, const N: usize> {
    first: [Option<(K, V)>; N],
    rest: Vec<(K, V)>,
}

impl<K: Copy + PartialEq, V, const N: usize> Few<K, V, N> {
    pub(super) fn new() -> Self {
        Self {
            first: [const { None }; N],
            rest: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.first.iter().flatten().chain(&self.rest)
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (K, V)> {
        self.first.into_iter().flatten().chain(self.rest)
    }

    pub(super) fn get(&self, key: K) -> Option<&V> {
        let mut pairs = self.iter();
        pairs.find(|(held, _)| *held == key).map(|(_, value)| value)
    }

    /// Adds a pair whose key is not there yet.
    pub(super) fn push(&mut self, key: K, value: V) {
        match self.first.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some((key, value)),
            None => self.rest.push((key, value)),
        }
    }

    /// The value of a key, made where it is missing.
    pub(super) fn entry(&mut self, key: K, make: impl FnOnce() -> Ruled<V>) -> Ruled<&mut V> {
        if self.get(key).is_none() {
            self.push(key, make()?);
        }
        let mut pairs = self.first.iter_mut().flatten().chain(&mut self.rest);
        let found = pairs.find(|(held, _)| *held == key);
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
