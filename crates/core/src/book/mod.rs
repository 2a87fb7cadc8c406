//! Accounts, their O(1) fork, and the indexes over them.
