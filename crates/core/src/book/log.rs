//! A list that is only added to, with a fork that copies nothing.

use std::sync::Arc;

/// Items in the order in which they came. `clone` is one reference count; what is added after a fork goes
/// into a part of its own, on top of the parts that both see.
#[derive(Clone, Debug)]
pub(super) struct Log<T> {
    last: Option<Arc<Part<T>>>,
    /// Items for which the next part has room.
    room: usize,
}

#[derive(Debug)]
struct Part<T> {
    before: Option<Arc<Self>>,
    items: Vec<T>,
}

impl<T> Drop for Part<T> {
    /// One part after another, as many forks may have made many of them.
    fn drop(&mut self) {
        let mut before = self.before.take();
        while let Some(mut part) = before.and_then(Arc::into_inner) {
            before = part.before.take();
        }
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self {
            last: None,
            room: 0,
        }
    }
}

impl<T> Log<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// Adds an item.
    pub(super) fn push(&mut self, item: T) {
        match self.last.as_mut().and_then(Arc::get_mut) {
            Some(part) => part.items.push(item),
            None => {
                let mut items = Vec::with_capacity(std::mem::take(&mut self.room));
                items.push(item);
                let before = self.last.take();
                self.last = Some(Arc::new(Part { before, items }));
            }
        }
    }

    /// Takes all items out; what comes next has room for twice as many.
    pub(super) fn take(&mut self) -> Self {
        let items = self.last.as_ref().map_or(0, |part| part.items.len());
        let room = items.saturating_mul(2);
        std::mem::replace(self, Self { last: None, room })
    }

    /// All items, the last one first.
    pub(super) fn backward(&self) -> impl Iterator<Item = &T> + '_ {
        let parts = std::iter::successors(self.last.as_deref(), |part| part.before.as_deref());
        parts.flat_map(|part| part.items.iter().rev())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Forks see what was added before, and never each other's additions.
        #[test]
        fn agrees_with_a_list(steps in prop::collection::vec((any::<u8>(), 0usize..4, any::<bool>()), 0..200)) {
            let mut forks: Vec<(Log<u8>, Vec<u8>)> = vec![(Log::default(), Vec::new())];
            for (item, at, forked) in steps {
                let at = at % forks.len();
                if forked && forks.len() < 8 {
                    forks.push(forks[at].clone());
                }
                forks[at].0.push(item);
                forks[at].1.push(item);
            }
            for (log, list) in forks {
                prop_assert_eq!(log.is_empty(), list.is_empty());
                prop_assert!(log.backward().eq(list.iter().rev()));
            }
        }
    }

    /// A part on top of the other, so many that dropping them one within the other would need too much stack.
    #[test]
    fn a_long_chain_of_forks_is_dropped() {
        let mut log = Log::default();
        for item in 0..1_000_000 {
            let fork = log.clone();
            log.push(item);
            drop(fork);
        }
        assert_eq!(log.backward().count(), 1_000_000);
    }
}
