//! One record an account, with a fork that copies nothing.

use super::trie::Trie;
use crate::protocol::AccountId;
use std::sync::Arc;

/// The accounts of one protocol: a shared immutable base and a sparse patch.
///
/// `clone` is a fork: it takes three words and two reference counts, whatever the number of
/// accounts or of earlier changes. A write after a fork copies the path to one account in the
/// patch, O(log) of the largest id; later writes nearby work in place.
///
/// ```
/// use backstop_core::book::Book;
/// use backstop_core::protocol::AccountId;
///
/// let parent: Book<u64> = (0..1_000).collect();
/// let mut fork = parent.clone();
/// fork.set(AccountId(7), 70);
/// let fresh = fork.push(5);
///
/// assert_eq!(fork.get(AccountId(7)), Some(&70));
/// assert_eq!(fork.get(fresh), Some(&5));
/// assert_eq!(parent.get(AccountId(7)), Some(&7));
/// assert_eq!((parent.len(), fork.len()), (1_000, 1_001));
/// ```
#[derive(Debug)]
pub struct Book<T> {
    base: Arc<Vec<T>>,
    patch: Trie<T>,
    len: u32,
}

impl<T> Clone for Book<T> {
    fn clone(&self) -> Self {
        Self {
            base: Arc::clone(&self.base),
            patch: self.patch.clone(),
            len: self.len,
        }
    }
}

impl<T> Default for Book<T> {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<T> FromIterator<T> for Book<T> {
    fn from_iter<I: IntoIterator<Item = T>>(accounts: I) -> Self {
        Self::new(accounts.into_iter().collect())
    }
}

impl<T> Book<T> {
    /// A book of these accounts; ids run from 0 in their order.
    ///
    /// # Panics
    /// With 2^32 accounts or more.
    pub fn new(accounts: Vec<T>) -> Self {
        let len = u32::try_from(accounts.len());
        assert!(len.is_ok(), "a book holds fewer than 2^32 accounts");
        Self {
            base: Arc::new(accounts),
            patch: Trie::default(),
            len: len.unwrap_or(0),
        }
    }

    /// How many accounts there are; ids run from 0 to one less.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether there is no account.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many accounts differ from the shared base, new ones included.
    pub fn patched(&self) -> usize {
        self.patch.len()
    }

    /// One account.
    pub fn get(&self, id: AccountId) -> Option<&T> {
        self.patch.get(id.0).or_else(|| self.in_base(id))
    }

    /// All accounts, ascending by id.
    pub fn iter(&self) -> impl Iterator<Item = (AccountId, &T)> + '_ {
        let mut patch = self.patch.iter().peekable();
        (0..self.len).filter_map(move |id| {
            let id = AccountId(id);
            match patch.next_if(|(patched, _)| *patched == id.0) {
                Some((_, account)) => Some((id, account)),
                None => self.in_base(id).map(|account| (id, account)),
            }
        })
    }

    fn in_base(&self, id: AccountId) -> Option<&T> {
        self.base.get(usize::try_from(id.0).ok()?)
    }
}

impl<T: Clone> Book<T> {
    /// Replaces an account.
    ///
    /// # Panics
    /// Where the book has no such account.
    pub fn set(&mut self, id: AccountId, account: T) {
        assert!(id.0 < self.len, "account {} of {}", id.0, self.len);
        self.patch.insert(id.0, account);
    }

    /// One account, to be changed in place; copies it out of the base first where needed.
    pub fn get_mut(&mut self, id: AccountId) -> Option<&mut T> {
        if self.patch.get(id.0).is_none() {
            let account = self.in_base(id)?.clone();
            self.patch.insert(id.0, account);
        }
        self.patch.get_mut(id.0)
    }

    /// Adds an account; returns its id, the former [`Book::len`].
    ///
    /// # Panics
    /// With 2^32 − 1 accounts already there.
    pub fn push(&mut self, account: T) -> AccountId {
        let id = self.len;
        assert!(id < u32::MAX, "a book holds fewer than 2^32 accounts");
        self.patch.insert(id, account);
        self.len = id.saturating_add(1);
        AccountId(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Set(u32, u16),
        Change(u32, u16),
        Push(u16),
        Fork,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (any::<u32>(), any::<u16>()).prop_map(|(k, v)| Step::Set(k, v)),
            2 => (any::<u32>(), any::<u16>()).prop_map(|(k, v)| Step::Change(k, v)),
            2 => any::<u16>().prop_map(Step::Push),
            1 => Just(Step::Fork),
        ]
    }

    fn check(book: &Book<u16>, model: &[u16]) {
        let got: Vec<(u32, u16)> = book.iter().map(|(id, a)| (id.0, *a)).collect();
        let want: Vec<(u32, u16)> = (0..).zip(model.iter().copied()).collect();
        assert_eq!(got, want);
        assert_eq!(usize::try_from(book.len()), Ok(model.len()));
        for (id, account) in (0..).zip(model) {
            assert_eq!(book.get(AccountId(id)), Some(account));
        }
        assert_eq!(book.get(AccountId(book.len())), None);
        assert_eq!(book.get(AccountId(u32::MAX)), None);
    }

    proptest! {
        /// Behaves as a list, and forks are independent in both directions.
        #[test]
        fn agrees_with_a_list(
            start in prop::collection::vec(any::<u16>(), 0..80),
            steps in prop::collection::vec(step(), 0..80),
        ) {
            let mut kept: Vec<(Book<u16>, Vec<u16>)> = Vec::new();
            let mut model = start.clone();
            let mut book = Book::new(start);
            for step in steps {
                let len = u32::try_from(model.len()).unwrap();
                match step {
                    Step::Set(k, v) if len > 0 => {
                        book.set(AccountId(k % len), v);
                        model[(k % len) as usize] = v;
                    }
                    Step::Change(k, v) if len > 0 => {
                        *book.get_mut(AccountId(k % len)).unwrap() = v;
                        model[(k % len) as usize] = v;
                    }
                    Step::Push(v) => {
                        prop_assert_eq!(book.push(v), AccountId(len));
                        model.push(v);
                    }
                    Step::Fork => {
                        kept.push((book.clone(), model.clone()));
                    }
                    Step::Set(k, _) | Step::Change(k, _) => {
                        prop_assert_eq!(book.get_mut(AccountId(k)), None);
                    }
                }
            }
            check(&book, &model);
            for (book, model) in &kept {
                check(book, model);
            }
        }
    }

    /// A fork is a handful of words, and every account in it is the parent's.
    #[test]
    fn fork_shares_every_account() {
        let parent: Book<u64> = (0..100_000).collect();
        let mut fork = parent.clone();
        assert!(size_of_val(&fork) <= 64);
        fork.set(AccountId(31), 1);
        for (id, account) in fork.iter().filter(|(id, _)| id.0 != 31) {
            assert!(
                parent
                    .get(id)
                    .is_some_and(|other| std::ptr::eq(account, other))
            );
        }
        let second = fork.clone();
        for ((_, one), (_, other)) in fork.iter().zip(second.iter()) {
            assert!(std::ptr::eq(one, other));
        }
    }

    #[test]
    #[should_panic(expected = "account 3 of 3")]
    fn refuses_an_unknown_account() {
        Book::new(vec![1, 2, 3]).set(AccountId(3), 4);
    }
}
