//! A market from plain data, checked.

use super::account::{Account, Position};
use super::draft::sums_up;
use super::hub::{HubAsset, HubState};
use super::ledger::Ledger;
use super::machine::Market;
use super::math::{AMOUNT_BITS, DEFICIT_BITS, RATE_BITS};
use super::signed::Signed;
use super::spoke::{Reserve, Spoke};
use super::version::AaveV4Version;
use super::{SpokeId, TokenId};
use crate::book::Book;
use crate::protocol::SetupError;
use crate::protocol::{Asset, AssetId};
use crate::units::{Amount, Price, RAY, Shares, Timestamp, U256};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything that a market starts from. Positions in the lists are the ids.
#[derive(Clone, Debug)]
pub struct MarketSetup {
    /// Which rules hold.
    pub version: AaveV4Version,
    /// The present time.
    pub now: Timestamp,
    /// The underlying tokens; from 6 to 18 decimals.
    pub tokens: Vec<Asset>,
    /// The hubs' assets, each with one part for every spoke.
    pub assets: Vec<HubAsset>,
    /// The spokes.
    pub spokes: Vec<Spoke>,
    /// The reserves of all spokes.
    pub reserves: Vec<Reserve>,
    /// The oracles' answers by reserve, with 8 decimals.
    pub prices: Vec<Price>,
    /// Accounts; ids run from 0 in this order.
    pub accounts: Vec<Account>,
}

type Checked = Result<(), SetupError>;

fn refuse(field: impl Into<String>, problem: impl Into<String>) -> Checked {
    Err(SetupError {
        field: field.into(),
        problem: problem.into(),
    })
}

fn require(holds: bool, field: &str, problem: &str) -> Checked {
    if holds {
        return Ok(());
    }
    refuse(field, problem)
}

fn fits(number: U256, bits: usize, field: &str) -> Checked {
    if number.bit_len() <= bits {
        return Ok(());
    }
    refuse(field, format!("{number} found, at most 2^{bits} − 1"))
}

impl MarketSetup {
    /// Sets each hub asset's ledger to the accounts' supplies and drawn debts at index 1, with
    /// liquidity for what was supplied and not drawn and the curve's rate: the state of a market
    /// that opens with these positions. Premium and recorded deficits start at nothing.
    ///
    /// # Errors
    /// When more of an asset is drawn than supplied, or the rate cannot be computed.
    pub fn open(mut self) -> Result<Self, SetupError> {
        for at in 0..self.assets.len() {
            let parts = self.parts(at);
            let Some(asset) = self.assets.get_mut(at) else {
                continue;
            };
            let fee = asset.state.liquidity_fee;
            asset.state = HubState::fresh(self.now);
            asset.state.liquidity_fee = fee;
            for (spoke, (supplied, drawn)) in asset.spokes.iter_mut().zip(parts) {
                (spoke.added_shares, spoke.drawn_shares) = (supplied, drawn);
                (spoke.premium_shares, spoke.premium_offset) = (Shares::ZERO, Signed::ZERO);
                spoke.deficit.0 = U256::ZERO;
                let state = &mut asset.state;
                state.added_shares = Shares(state.added_shares.0.saturating_add(supplied.0));
                state.drawn_shares = Shares(state.drawn_shares.0.saturating_add(drawn.0));
            }
            let (added, drawn) = (asset.state.added_shares, asset.state.drawn_shares);
            let Ok(rest) = added.minus(drawn) else {
                let problem = format!("{drawn} drawn of {added} supplied");
                refuse(format!("assets.{at}"), problem)?;
                continue;
            };
            asset.state.liquidity = Amount(rest.0);
            if let Err(rejection) = asset.update_rate() {
                refuse(format!("assets.{at}.strategy"), rejection.name())?;
            }
        }
        Ok(self)
    }

    /// Supplied and drawn shares of all accounts, by spoke; saturating.
    fn parts(&self, asset: usize) -> Vec<(Shares, Shares)> {
        let mut parts = vec![(Shares::ZERO, Shares::ZERO); self.spokes.len()];
        for position in self.accounts.iter().flat_map(Account::positions) {
            let reserve = self.reserves.get(usize::from(position.reserve.0));
            if reserve.is_none_or(|reserve| usize::from(reserve.asset.0) != asset) {
                continue;
            }
            if let Some((supplied, drawn)) = parts.get_mut(usize::from(position.spoke.0)) {
                let more = |held: Shares, n: u128| Shares(held.0.saturating_add(U256::from(n)));
                (*supplied, *drawn) = (
                    more(*supplied, position.supplied),
                    more(*drawn, position.drawn),
                );
            }
        }
        parts
    }

    /// The market.
    ///
    /// # Errors
    /// The first field that is out of range or inconsistent.
    pub fn build(self) -> Result<Market, SetupError> {
        for (at, token) in self.tokens.iter().enumerate() {
            let known = (6..=18).contains(&token.decimals);
            require(known, &format!("tokens.{at}.decimals"), "not from 6 to 18")?;
        }
        for (at, asset) in self.assets.iter().enumerate() {
            self.check_asset(asset, &format!("assets.{at}"))?;
            self.check_sums(asset, at)?;
        }
        for (at, spoke) in self.spokes.iter().enumerate() {
            self.check_spoke(spoke, at)?;
        }
        self.check_reserves()?;
        for (at, account) in self.accounts.iter().enumerate() {
            self.check_account(account, &format!("accounts.{at}"))?;
        }
        let shared = |reserve: Vec<Reserve>| reserve.into_iter().map(Arc::new).collect();
        Ok(Market {
            ledger: Ledger {
                version: self.version,
                rules: self.version.rules(),
                now: self.now,
                tokens: self.tokens.into(),
                assets: Arc::new(self.assets.into_iter().map(Arc::new).collect()),
                spokes: Arc::new(self.spokes),
                reserves: Arc::new(shared(self.reserves)),
                prices: self.prices.into(),
                book: self.accounts.into_iter().map(Arc::new).collect::<Book<_>>(),
            },
        })
    }

    fn check_asset(&self, asset: &HubAsset, field: &str) -> Checked {
        let token = self.tokens.get(usize::from(asset.token.0));
        let decimals = token.is_some_and(|token| token.decimals == asset.decimals);
        require(
            decimals,
            &format!("{field}.decimals"),
            "not those of a listed token",
        )?;
        let all = asset.spokes.len() == self.spokes.len();
        require(
            all,
            &format!("{field}.spokes"),
            "not one part for every spoke",
        )?;
        let receiver = asset.spoke(asset.fee_receiver).is_ok_and(|s| s.listed);
        require(
            receiver,
            &format!("{field}.fee_receiver"),
            "not a listed spoke",
        )?;
        if let Err(rejection) = asset.strategy.check() {
            return refuse(format!("{field}.strategy"), rejection.name());
        }
        let unlisted = asset.spokes.iter().filter(|spoke| !spoke.listed);
        let unused = unlisted.clone().all(|spoke| {
            let (mut empty, config) = (spoke.clone(), spoke.config);
            empty.config = Default::default();
            empty == Default::default() && !config.active
        });
        require(
            unused,
            &format!("{field}.spokes"),
            "used without being listed",
        )?;
        self.check_state(&asset.state, &format!("{field}.state"))?;
        let premium = |shares: Shares, offset| {
            super::hub::premium_ray(shares.0, offset, asset.state.drawn_index).is_ok()
        };
        let owed = asset
            .spokes
            .iter()
            .all(|s| premium(s.premium_shares, s.premium_offset));
        require(owed, &format!("{field}.spokes"), "a premium below zero")?;
        require(
            sums_up(asset),
            &format!("{field}.spokes"),
            "not the parts of the whole",
        )
    }

    fn check_state(&self, state: &HubState, field: &str) -> Checked {
        let at = |name: &str| format!("{field}.{name}");
        for (name, number, bits) in [
            ("liquidity", state.liquidity.0, AMOUNT_BITS),
            ("swept", state.swept.0, AMOUNT_BITS),
            ("realized_fees", state.realized_fees.0, AMOUNT_BITS),
            ("added_shares", state.added_shares.0, AMOUNT_BITS),
            ("drawn_shares", state.drawn_shares.0, AMOUNT_BITS),
            ("premium_shares", state.premium_shares.0, AMOUNT_BITS),
            ("drawn_index", state.drawn_index.0, AMOUNT_BITS),
            ("drawn_rate", state.drawn_rate.0, RATE_BITS),
            ("deficit", state.deficit.0, DEFICIT_BITS),
        ] {
            fits(number, bits, &at(name))?;
        }
        let offset = state.premium_offset.fits(200);
        require(offset, &at("premium_offset"), "more than 200 bits")?;
        require(
            state.drawn_index.0 >= RAY,
            &at("drawn_index"),
            "below 10^27",
        )?;
        require(
            state.last_update <= self.now,
            &at("last_update"),
            "after the present time",
        )?;
        let fee = state.liquidity_fee.0 <= 10_000;
        require(fee, &at("liquidity_fee"), "above 10 000")
    }

    /// Positions may be a part of what the spokes have, never more.
    fn check_sums(&self, asset: &HubAsset, at: usize) -> Checked {
        let parts = asset.spokes.iter().zip(self.parts(at));
        for (id, (spoke, (supplied, drawn))) in parts.enumerate() {
            let field = format!("assets.{at}.spokes.{id}");
            let enough = supplied <= spoke.added_shares && drawn <= spoke.drawn_shares;
            require(enough, &field, "less than the accounts' positions")?;
        }
        Ok(())
    }

    fn check_spoke(&self, spoke: &Spoke, at: usize) -> Checked {
        let field = format!("spokes.{at}");
        if let Err(rejection) = spoke.liquidation.check() {
            return refuse(format!("{field}.liquidation"), rejection.name());
        }
        let some = spoke.max_user_reserves > 0;
        require(some, &format!("{field}.max_user_reserves"), "zero")?;
        let mut reserves = self.reserves.iter();
        let lends = reserves.any(|reserve| usize::from(reserve.spoke.0) == at);
        let owned = spoke.owner.is_some();
        require(
            !(lends && owned),
            &format!("{field}.owner"),
            "a spoke with reserves has no owner that acts for it",
        )
    }

    fn check_reserves(&self) -> Checked {
        let (prices, reserves) = (self.prices.len(), self.reserves.len());
        require(prices == reserves, "prices", "not one for every reserve")?;
        require(reserves < usize::from(u16::MAX), "reserves", "too many")?;
        let mut pairs = BTreeSet::new();
        for (at, reserve) in self.reserves.iter().enumerate() {
            let field = format!("reserves.{at}");
            let asset = self.assets.get(usize::from(reserve.asset.0));
            let decimals = asset.is_some_and(|asset| asset.decimals == reserve.decimals);
            require(decimals, &field, "not the decimals of a listed hub asset")?;
            let spoke = self.spokes.get(usize::from(reserve.spoke.0));
            require(spoke.is_some(), &field, "not on a known spoke")?;
            let new = pairs.insert((reserve.spoke, reserve.asset));
            require(new, &field, "listed twice on the spoke")?;
            let sets = &reserve.dynamic;
            require(!sets.is_empty(), &format!("{field}.dynamic"), "no set")?;
            let checks = sets.iter().map(|set| set.check());
            for checked in checks.chain([reserve.config.check()]) {
                if let Err(rejection) = checked {
                    return refuse(field, rejection.name());
                }
            }
        }
        Ok(())
    }

    fn check_account(&self, account: &Account, field: &str) -> Checked {
        for position in account.positions() {
            self.check_position(position, &format!("{field}.{}", position.reserve.0))?;
        }
        let known = |TokenId(token): TokenId| usize::from(token) < self.tokens.len();
        let tokens = account.wallet().iter().all(|(token, _)| known(*token));
        require(
            tokens,
            &format!("{field}.wallet"),
            "a token that is not listed",
        )?;
        let risks = account.risks().iter().all(|(SpokeId(spoke), risk)| {
            usize::from(*spoke) < self.spokes.len() && *risk < 1 << 24
        });
        require(
            risks,
            &format!("{field}.risks"),
            "not on a known spoke, or too large",
        )
    }

    fn check_position(&self, position: &Position, field: &str) -> Checked {
        let AssetId(reserve) = position.reserve;
        let Some(reserve) = self.reserves.get(usize::from(reserve)) else {
            return refuse(field, "the reserve is not listed");
        };
        let spoke = position.spoke == reserve.spoke;
        require(spoke, &format!("{field}.spoke"), "not the reserve's")?;
        let key = position.config_key <= reserve.latest_key();
        require(
            key,
            &format!("{field}.config_key"),
            "a set that does not exist",
        )?;
        for (name, shares) in [
            ("supplied", position.supplied),
            ("drawn", position.drawn),
            ("premium", position.premium),
        ] {
            fits(U256::from(shares), AMOUNT_BITS, &format!("{field}.{name}"))?;
        }
        let index = self.assets.get(usize::from(reserve.asset.0));
        let index = index.map(|asset| asset.state.drawn_index);
        let owed = index.is_some_and(|index| position.premium_debt(index).is_ok());
        require(owed, &format!("{field}.premium"), "below zero")?;
        let marked = position.is_borrowing == (position.drawn > 0);
        require(
            marked,
            &format!("{field}.is_borrowing"),
            "not as the drawn debt says",
        )
    }
}
