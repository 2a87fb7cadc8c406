//! Who lost what: the losses behind a payment, and their sum by payer.

use crate::protocol::AccountId;
use crate::units::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Whose money a payment was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Payer {
    /// The protocol: fees that it had set aside.
    Protocol,
    /// Penalties that the protocol kept as a buffer.
    Surplus,
    /// The organisation behind the protocol, which promised to bear a first loss.
    Organisation,
    /// Whoever put capital into an insurance fund.
    Fund,
    /// Depositors of a backstop pool, together.
    Depositors,
    /// Stakers of a safety module, together.
    Stakers,
    /// Holders of the protocol's token, whom new tokens dilute.
    TokenHolders,
    /// A tranche of the suppliers; 0 is the most junior.
    Tranche(u8),
    /// One supplier.
    Supplier(AccountId),
    /// One borrower that takes over a part of others' debt.
    Borrower(AccountId),
    /// One trader that pays by its open base.
    Trader(AccountId),
    /// One trader whose contracts are closed at a worse price than the mark.
    Counterparty(AccountId),
    /// All suppliers, by what they supplied.
    Suppliers,
}

impl fmt::Display for Payer {
    /// Who it is, for reports.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol => f.write_str("the protocol's treasury"),
            Self::Surplus => f.write_str("the protocol's surplus"),
            Self::Organisation => f.write_str("the organisation behind the protocol"),
            Self::Fund => f.write_str("owners of the insurance fund"),
            Self::Depositors => f.write_str("depositors of the backstop pool"),
            Self::Stakers => f.write_str("stakers of the safety module"),
            Self::TokenHolders => f.write_str("holders of the protocol's token"),
            Self::Tranche(0) => f.write_str("suppliers of the junior tranche"),
            Self::Tranche(above) => {
                let place = u16::from(*above).saturating_add(1);
                write!(
                    f,
                    "suppliers of tranche {place}, counted from the junior one"
                )
            }
            Self::Supplier(id) => write!(f, "supplier {}", id.0),
            Self::Borrower(id) => write!(f, "borrower {}", id.0),
            Self::Trader(id) => write!(f, "trader {}", id.0),
            Self::Counterparty(id) => write!(f, "counterparty {}", id.0),
            Self::Suppliers => f.write_str("all suppliers"),
        }
    }
}

/// What one payer lost by one payment, in the base currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Who.
    pub payer: Payer,
    /// Held before; `None` where nobody counts it.
    pub before: Option<Value>,
    /// Lost.
    pub paid: Value,
    /// Held after; `None` where nobody counts it.
    pub after: Option<Value>,
}

impl Loss {
    /// The loss of a payer that held `before`, of which `paid` is at most all.
    pub fn of(payer: Payer, before: Value, paid: Value) -> Self {
        Self {
            payer,
            before: Some(before),
            paid,
            after: Some(before.minus_or_zero(paid)),
        }
    }

    /// The loss of a payer whose holdings nobody counts.
    pub fn uncounted(payer: Payer, paid: Value) -> Self {
        Self {
            payer,
            before: None,
            paid,
            after: None,
        }
    }
}

/// Losses of many deficits by payer.
///
/// ```
/// use backstop_core::coverage::{Ledger, Loss, Payer};
/// use backstop_core::units::Value;
///
/// let mut ledger = Ledger::default();
/// ledger.add(&Loss::of(Payer::Stakers, Value::new(100), Value::new(30)));
/// ledger.add(&Loss::of(Payer::Stakers, Value::new(70), Value::new(20)));
/// let want = Loss::of(Payer::Stakers, Value::new(100), Value::new(50));
/// assert_eq!(ledger.losses().collect::<Vec<_>>(), [want]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger(BTreeMap<Payer, Loss>);

impl Ledger {
    /// Adds a loss: what was held before the first one stays, what is held after is the last one's.
    /// Sums stop at [`Value::MAX`].
    pub fn add(&mut self, loss: &Loss) {
        let sum = self.0.entry(loss.payer).or_insert(Loss {
            paid: Value::ZERO,
            ..*loss
        });
        sum.paid = Value(sum.paid.0.saturating_add(loss.paid.0));
        sum.after = loss.after;
    }

    /// The sums by payer, in the order of [`Payer`].
    pub fn losses(&self) -> impl Iterator<Item = Loss> + '_ {
        self.0.values().copied()
    }
}
