//! v1: the list of troves by nominal ratio, with its hints. Equal ratios stand as the search finds
//! them: without hints a newcomer goes before its equals.

use super::action::Hints;
use super::draft::Draft;
use super::math::{Ruled, nominal_ratio};
use super::rejection::Rejection;
use super::version::Order;
use crate::protocol::AccountId;
use crate::units::U256;

/// A place between two neighbours; an end of the list has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    larger: Option<AccountId>,
    smaller: Option<AccountId>,
}

impl Draft<'_> {
    fn nominal(&self, id: AccountId) -> Ruled<U256> {
        let latest = self.latest(id)?;
        Ok(nominal_ratio(latest.collateral, latest.debt)?)
    }

    fn is_listed(&self, id: AccountId) -> bool {
        self.trove(id)
            .is_ok_and(|trove| trove.larger.is_some() || trove.smaller.is_some())
            || self.branch.largest == Some(id)
    }

    /// Puts a trove into the list.
    pub(super) fn enlist(&mut self, id: AccountId, nominal: U256, hints: Hints) -> Ruled<()> {
        if self.rules().order == Order::None {
            return Ok(());
        }
        if nominal.is_zero() {
            return Err(Rejection::NominalRatioZero);
        }
        let hinted = Place {
            larger: hints.larger,
            smaller: hints.smaller,
        };
        let place = if self.fits(nominal, hinted)? {
            hinted
        } else {
            self.search(nominal, hinted)?
        };
        match place.larger {
            Some(larger) => self.trove_mut(larger)?.smaller = Some(id),
            None => self.branch.largest = Some(id),
        }
        match place.smaller {
            Some(smaller) => self.trove_mut(smaller)?.larger = Some(id),
            None => self.branch.smallest = Some(id),
        }
        let trove = self.trove_mut(id)?;
        (trove.larger, trove.smaller) = (place.larger, place.smaller);
        Ok(())
    }

    /// Takes a trove out of the list; one that is not in it stays out.
    pub(super) fn unlist(&mut self, id: AccountId) -> Ruled<()> {
        if self.rules().order == Order::None || !self.is_listed(id) {
            return Ok(());
        }
        let trove = self.trove_mut(id)?;
        let (larger, smaller) = (trove.larger.take(), trove.smaller.take());
        match larger {
            Some(larger) => self.trove_mut(larger)?.smaller = smaller,
            None => self.branch.largest = smaller,
        }
        match smaller {
            Some(smaller) => self.trove_mut(smaller)?.larger = larger,
            None => self.branch.smallest = larger,
        }
        Ok(())
    }

    /// Whether two neighbours stand together and the ratio belongs between them.
    fn fits(&self, nominal: U256, place: Place) -> Ruled<bool> {
        Ok(match (place.larger, place.smaller) {
            (None, None) => self.branch.largest.is_none(),
            (None, Some(smaller)) => {
                self.branch.largest == Some(smaller) && nominal >= self.nominal_or_none(smaller)?
            }
            (Some(larger), None) => {
                self.branch.smallest == Some(larger) && nominal <= self.nominal_or_none(larger)?
            }
            (Some(larger), Some(smaller)) => {
                let next = self.trove(larger).ok().and_then(|trove| trove.smaller);
                next == Some(smaller)
                    && self.nominal_or_none(larger)? >= nominal
                    && nominal >= self.nominal_or_none(smaller)?
            }
        })
    }

    /// As the contract answers for any address: what holds nothing has no debt.
    fn nominal_or_none(&self, id: AccountId) -> Ruled<U256> {
        match self.trove(id) {
            Ok(_) => self.nominal(id),
            Err(_) => Ok(U256::MAX),
        }
    }

    /// Searches from whichever hint still makes sense.
    fn search(&self, nominal: U256, hinted: Place) -> Ruled<Place> {
        let mut place = hinted;
        if let Some(larger) = place.larger
            && (!self.is_listed(larger) || nominal > self.nominal(larger)?)
        {
            place.larger = None;
        }
        if let Some(smaller) = place.smaller
            && (!self.is_listed(smaller) || nominal < self.nominal(smaller)?)
        {
            place.smaller = None;
        }
        match (place.larger, place.smaller) {
            (None, Some(smaller)) => self.ascend(nominal, smaller),
            (Some(larger), _) => self.descend(nominal, larger),
            (None, None) => match self.branch.largest {
                Some(largest) => self.descend(nominal, largest),
                None => Ok(place),
            },
        }
    }

    fn descend(&self, nominal: U256, start: AccountId) -> Ruled<Place> {
        if self.branch.largest == Some(start) && nominal >= self.nominal(start)? {
            return Ok(Place {
                larger: None,
                smaller: Some(start),
            });
        }
        let mut larger = start;
        loop {
            let smaller = self.trove(larger)?.smaller;
            let place = Place {
                larger: Some(larger),
                smaller,
            };
            match smaller {
                Some(next) if !self.fits(nominal, place)? => larger = next,
                _ => return Ok(place),
            }
        }
    }

    fn ascend(&self, nominal: U256, start: AccountId) -> Ruled<Place> {
        if self.branch.smallest == Some(start) && nominal <= self.nominal(start)? {
            return Ok(Place {
                larger: Some(start),
                smaller: None,
            });
        }
        let mut smaller = start;
        loop {
            let larger = self.trove(smaller)?.larger;
            let place = Place {
                larger,
                smaller: Some(smaller),
            };
            match larger {
                Some(next) if !self.fits(nominal, place)? => smaller = next,
                _ => return Ok(place),
            }
        }
    }
}
