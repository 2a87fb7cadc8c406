// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.19;

import {IIrm} from "@morpho-org/morpho-blue/src/interfaces/IIrm.sol";
import {Market, MarketParams} from "@morpho-org/morpho-blue/src/interfaces/IMorpho.sol";

/// A rate model that always answers the same rate, in wad a second.
contract FixedRate is IIrm {
    uint256 private immutable RATE;

    constructor(uint256 rate) {
        RATE = rate;
    }

    function borrowRate(MarketParams memory, Market memory) external view returns (uint256) {
        return RATE;
    }

    function borrowRateView(MarketParams memory, Market memory) external view returns (uint256) {
        return RATE;
    }
}
