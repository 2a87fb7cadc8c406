//! The versions of the Euler Vault Kit as rows of one table.

use crate::protocol::versions;
use crate::units::{Bps, U256};

/// The contracts' constants.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Counts beside the real assets and the real shares in every conversion.
    pub virtual_deposit: U256,
    /// Liability value, in the unit of account, from which on a rest without collateral is written
    /// off.
    pub socialization_min: U256,
    /// Largest interest rate, ray a second.
    pub rate_max: U256,
    /// Interest fees from here to 100 % need nobody's leave.
    pub interest_fee_min: Bps,
    /// Largest share of the fees that goes to the protocol.
    pub protocol_share_max: Bps,
    /// How many members a set of the connector has at most.
    pub set_max: usize,
}

versions! {
    /// A version of the contracts, named by its commit.
    pub enum EvkVersion: Rules;

    /// `5b98b42`, with the connector at `34bb788`.
    Commit5b98b42 = "5b98b42" => Rules {
        virtual_deposit: U256::from_limbs([1_000_000, 0, 0, 0]),
        socialization_min: U256::from_limbs([1_000_000, 0, 0, 0]),
        // 291867278914945094175: a million per cent a year.
        rate_max: U256::from_limbs([15_166_117_809_301_819_935, 15, 0, 0]),
        interest_fee_min: Bps(1_000),
        protocol_share_max: Bps(5_000),
        set_max: 10,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_rate_is_as_written() {
        let written = "291867278914945094175".parse();
        assert_eq!(Ok(Commit5b98b42.rate_max), written);
    }
}
