// The real contracts of Aave v3.0.2 on a local EVM node.

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ethers } from 'ethers';
import { GAS, MAX, must } from './local.mjs';

const require = createRequire(import.meta.url);
const RAY = 10n ** 27n;
const ZERO = ethers.ZeroAddress;

/** Every contract of the package by name. */
function artifacts() {
  const root = join(dirname(require.resolve('@aave/core-v3/package.json')), 'artifacts', 'contracts');
  const found = new Map();
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith('.json') && !entry.name.endsWith('.dbg.json')) {
        const name = entry.name.slice(0, -5);
        if (!found.has(name)) found.set(name, path);
      }
    }
  };
  walk(root);
  return (name) => {
    if (!found.has(name)) throw new Error(`@aave/core-v3 has no contract ${name}`);
    return JSON.parse(readFileSync(found.get(name), 'utf8'));
  };
}

/** Deploys contracts, linking libraries as they are needed. */
class Deployer {
  constructor(provider, owner) {
    this.provider = provider;
    this.owner = owner;
    this.artifact = artifacts();
    this.libraries = new Map();
  }

  async library(name) {
    if (!this.libraries.has(name)) {
      const contract = await this.deploy(name);
      this.libraries.set(name, contract.target);
    }
    return this.libraries.get(name);
  }

  async deploy(name, ...args) {
    const { abi, bytecode, linkReferences } = this.artifact(name);
    let code = bytecode;
    for (const file of Object.values(linkReferences ?? {})) {
      for (const [library, places] of Object.entries(file)) {
        const address = (await this.library(library)).slice(2).toLowerCase();
        for (const { start, length } of places) {
          const at = 2 + start * 2;
          code = code.slice(0, at) + address + code.slice(at + length * 2);
        }
      }
    }
    const factory = new ethers.ContractFactory(abi, code, this.owner);
    const contract = await factory.deploy(...args, GAS);
    await contract.waitForDeployment();
    return contract;
  }

  at(name, address) {
    return new ethers.Contract(address, this.artifact(name).abi, this.owner);
  }
}

/** Revert strings to the names of the contract's own list of errors. */
async function errorNames(deployer) {
  const errors = await deployer.deploy('Errors');
  const names = new Map();
  for (const item of errors.interface.fragments.filter((f) => f.type === 'function')) {
    names.set(await errors[item.name](), item.name);
  }
  return names;
}

/** The market's assets; parameters come per case. */
export const ASSETS = [
  { symbol: 'WETH', decimals: 18, price: 2000_00000000n },
  { symbol: 'WBTC', decimals: 8, price: 30000_00000000n },
  { symbol: 'USDC', decimals: 6, price: 1_00000000n },
  { symbol: 'DAI', decimals: 18, price: 1_00000000n },
  { symbol: 'ISO', decimals: 18, price: 5_00000000n },
];
export const USERS = ['alice', 'bob', 'carol', 'lender', 'liquidator'];

/** Deploys the whole market. */
export async function deployMarket(provider) {
  const accounts = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((i) => provider.getSigner(i)));
  const owner = accounts[0];
  const deployer = new Deployer(provider, owner);
  const addresses = await deployer.deploy('PoolAddressesProvider', 'market', owner.address);
  await must(addresses.setACLAdmin(owner.address, GAS));
  const acl = await deployer.deploy('ACLManager', addresses.target);
  await must(addresses.setACLManager(acl.target, GAS));
  await must(acl.addPoolAdmin(owner.address, GAS));
  await must(acl.addRiskAdmin(owner.address, GAS));
  await must(acl.addAssetListingAdmin(owner.address, GAS));
  const oracle = await deployer.deploy('PriceOracle');
  await must(addresses.setPriceOracle(oracle.target, GAS));
  const data = await deployer.deploy('AaveProtocolDataProvider', addresses.target);
  await must(addresses.setPoolDataProvider(data.target, GAS));
  const poolCode = await deployer.deploy('Pool', addresses.target);
  await must(addresses.setPoolImpl(poolCode.target, GAS));
  const pool = deployer.at('Pool', await addresses.getPool());
  const configuratorCode = await deployer.deploy('PoolConfigurator');
  await must(addresses.setPoolConfiguratorImpl(configuratorCode.target, GAS));
  const configurator = deployer.at('PoolConfigurator', await addresses.getPoolConfigurator());
  const market = {
    provider, deployer, owner, addresses, pool, configurator, oracle,
    treasury: accounts[6].address,
    signers: new Map(USERS.map((name, i) => [name, accounts[i + 1]])),
    errors: await errorNames(deployer),
    assets: [],
  };
  await listAssets(market);
  return market;
}

async function listAssets(market) {
  const { deployer, pool, configurator, oracle } = market;
  const aToken = await deployer.deploy('AToken', pool.target);
  const stable = await deployer.deploy('StableDebtToken', pool.target);
  const variable = await deployer.deploy('VariableDebtToken', pool.target);
  for (const asset of ASSETS) {
    const token = await deployer.deploy('MintableERC20', asset.symbol, asset.symbol, asset.decimals);
    const strategy = await rateStrategy(market, { optimal: 80n, base: 0n, slope1: 4n, slope2: 75n });
    await must(configurator.initReserves([{
      aTokenImpl: aToken.target, stableDebtTokenImpl: stable.target, variableDebtTokenImpl: variable.target,
      underlyingAssetDecimals: asset.decimals, interestRateStrategyAddress: strategy, underlyingAsset: token.target,
      treasury: market.treasury, incentivesController: ZERO,
      aTokenName: 'a', aTokenSymbol: 'a', variableDebtTokenName: 'v', variableDebtTokenSymbol: 'v',
      stableDebtTokenName: 's', stableDebtTokenSymbol: 's', params: '0x',
    }], GAS));
    const listed = await pool.getReserveData(token.target);
    await must(oracle.setAssetPrice(token.target, asset.price, GAS));
    market.assets.push({
      ...asset, id: Number(listed.id), token, address: token.target,
      aToken: deployer.at('AToken', listed.aTokenAddress),
      debtToken: deployer.at('VariableDebtToken', listed.variableDebtTokenAddress),
    });
  }
  for (const [, signer] of market.signers) {
    for (const asset of market.assets) {
      await must(asset.token.connect(signer).approve(pool.target, MAX, GAS));
    }
  }
}

/** Deploys a rate strategy from whole percents. */
export async function rateStrategy(market, { optimal, base, slope1, slope2 }) {
  const percent = (n) => (n * RAY) / 100n;
  const strategy = await market.deployer.deploy(
    'DefaultReserveInterestRateStrategy', market.addresses.target, percent(optimal), percent(base),
    percent(slope1), percent(slope2), 0n, 0n, 0n, 0n, 0n,
  );
  return strategy.target;
}
