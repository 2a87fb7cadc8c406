//! Which levels a deployed protocol has a switch for.

use super::level::{Level, Operation};
use std::fmt;

/// How far a switch reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One asset, market or vault.
    Asset,
    /// All of them at once.
    Protocol,
}

/// What brings a protocol to a level, and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Switch {
    /// What is set, in the contract's own words.
    pub what: &'static str,
    /// How far it reaches. Where a guard asks for one asset and the switch knows no single one, all of
    /// them are held back.
    pub scope: Scope,
    /// What goes on at this level all the same, because nothing there can stop it.
    pub leaves: &'static [Operation],
}

impl Switch {
    /// A switch of one asset that holds back all that its level does.
    pub const fn of_asset(what: &'static str) -> Self {
        Self {
            what,
            scope: Scope::Asset,
            leaves: &[],
        }
    }

    /// A switch of the whole protocol that holds back all that its level does.
    pub const fn of_protocol(what: &'static str) -> Self {
        Self {
            what,
            scope: Scope::Protocol,
            leaves: &[],
        }
    }

    /// The same where these operations go on.
    #[must_use]
    pub const fn leaving(self, leaves: &'static [Operation]) -> Self {
        Self { leaves, ..self }
    }
}

/// A switch, or the reason why there is none.
pub type Has = Result<Switch, &'static str>;

/// What a deployed protocol can hold back, and undo again. A switch that is final does not count,
/// because guards release what they hold.
///
/// ```
/// use backstop_core::guard::{Halts, Level};
///
/// let immutable = Halts::none("the contracts have no owner");
/// assert_eq!(immutable.at(Level::Stopped), Err("the contracts have no owner"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halts {
    /// [`Level::NoBorrowing`].
    pub no_borrowing: Has,
    /// [`Level::NoNewLiquidations`].
    pub no_new_liquidations: Has,
    /// [`Level::TakesOnly`].
    pub takes_only: Has,
    /// [`Level::Stopped`].
    pub stopped: Has,
    /// A limit on what liquidations may begin with in some time.
    pub limit: Has,
    /// Liquidations withheld from all but accounts below a harder health.
    pub exemption: Has,
}

impl Halts {
    /// Every switch that guards know, each of one asset: for designs that are not deployed yet.
    pub const ALL: Self = {
        let any = Ok(Switch::of_asset("a switch of its own"));
        Self {
            no_borrowing: any,
            no_new_liquidations: any,
            takes_only: any,
            stopped: any,
            limit: any,
            exemption: any,
        }
    };

    /// No switch at all.
    pub const fn none(why: &'static str) -> Self {
        Self {
            no_borrowing: Err(why),
            no_new_liquidations: Err(why),
            takes_only: Err(why),
            stopped: Err(why),
            limit: Err(why),
            exemption: Err(why),
        }
    }

    /// The switch of a level.
    ///
    /// # Errors
    /// Why there is none.
    pub fn at(&self, level: Level) -> Has {
        match level {
            Level::Open => Ok(Switch::of_protocol("nothing")),
            Level::NoBorrowing => self.no_borrowing,
            Level::NoNewLiquidations => self.no_new_liquidations,
            Level::TakesOnly => self.takes_only,
            Level::Stopped => self.stopped,
        }
    }

    /// Whether an operation goes on at a level.
    pub fn leaves(&self, level: Level, operation: Operation) -> bool {
        let left = |switch: Switch| switch.leaves.contains(&operation);
        level <= operation.highest() || self.at(level).is_ok_and(left)
    }
}

/// What a guard needs of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A switch for a level.
    Level(Level),
    /// A limit on what liquidations may begin with in some time.
    Limit,
    /// Liquidations withheld from all but accounts below a harder health.
    Exemption,
}

impl Need {
    /// What meets it.
    ///
    /// # Errors
    /// Why nothing does.
    pub fn met_by(self, halts: &Halts) -> Has {
        match self {
            Self::Level(level) => halts.at(level),
            Self::Limit => halts.limit,
            Self::Exemption => halts.exemption,
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level) => write!(f, "a switch for the level {level}"),
            Self::Limit => f.write_str("a limit on liquidations"),
            Self::Exemption => f.write_str("an exception for accounts in worse health"),
        }
    }
}

/// A guard that a protocol cannot have, or one whose settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardError {
    /// The protocol lacks what the guard needs.
    Unsupported {
        /// Name of the guard.
        guard: &'static str,
        /// What it needs.
        need: Need,
        /// Why the protocol has none.
        reason: &'static str,
    },
    /// A setting is out of its range.
    Setting {
        /// Name of the guard.
        guard: &'static str,
        /// Name of the setting.
        field: &'static str,
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// An asset has more decimals than 256 bits hold.
    Decimals {
        /// Its symbol.
        symbol: String,
        /// What was found.
        found: u8,
    },
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported {
                guard,
                need,
                reason,
            } => write!(f, "{guard} needs {need}, which is not to be had: {reason}"),
            Self::Setting {
                guard,
                field,
                found,
                allowed,
            } => write!(f, "{guard}.{field}: found {found}, allowed {allowed}"),
            Self::Decimals { symbol, found } => {
                write!(f, "{symbol} has {found} decimals, allowed 0 to 77")
            }
        }
    }
}

impl std::error::Error for GuardError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_switch_leaves_goes_on() {
        const PAUSE: Halts = Halts {
            stopped: Ok(Switch::of_protocol("pause").leaving(&[Operation::Repay])),
            ..Halts::none("no switch")
        };
        assert!(PAUSE.leaves(Level::Stopped, Operation::Repay));
        assert!(!PAUSE.leaves(Level::Stopped, Operation::TopUp));
        assert!(PAUSE.leaves(Level::TakesOnly, Operation::TopUp));
        assert!(!PAUSE.leaves(Level::TakesOnly, Operation::Start));
    }

    #[test]
    fn errors_name_what_was_found() {
        let errors = [
            (
                GuardError::Unsupported {
                    guard: "price-breaker",
                    need: Need::Level(Level::NoNewLiquidations),
                    reason: "the contracts are immutable",
                },
                "price-breaker needs a switch for the level no-new-liquidations, which is not to \
                 be had: the contracts are immutable",
            ),
            (
                GuardError::Setting {
                    guard: "price-breaker",
                    field: "trip",
                    found: "0".to_owned(),
                    allowed: "1 to 10000".to_owned(),
                },
                "price-breaker.trip: found 0, allowed 1 to 10000",
            ),
        ];
        for (error, want) in errors {
            assert_eq!(error.to_string(), want);
        }
    }
}
