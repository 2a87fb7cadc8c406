// A local EVM node with the real contracts of Aave v3.0.2 on it. Loopback only; the node is a child
// process that ends with this one.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ethers } from 'ethers';

const require = createRequire(import.meta.url);
export const START = 1_700_000_000;
export const RAY = 10n ** 27n;
export const MAX = (1n << 256n) - 1n;
const ZERO = ethers.ZeroAddress;
const GAS = { gasLimit: 12_000_000n, gasPrice: 0n };

/** The file of the node's program for this platform. */
function nodeProgram() {
  const folder = dirname(require.resolve('@foundry-rs/anvil/package.json'));
  const scope = dirname(folder);
  for (const name of readdirSync(scope)) {
    if (!name.startsWith('anvil-')) continue;
    const bin = join(scope, name, 'bin');
    return join(bin, readdirSync(bin)[0]);
  }
  throw new Error('no anvil program for this platform in @foundry-rs');
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Starts a node; the caller stops it. */
export async function startNode() {
  const port = await freePort();
  const child = spawn(
    nodeProgram(),
    ['--host', '127.0.0.1', '--port', String(port), '--silent', '--timestamp', String(START - 100_000),
      '--base-fee', '0', '--gas-price', '0', '--gas-limit', '60000000', '--hardfork', 'shanghai'],
    { stdio: 'ignore' },
  );
  process.on('exit', () => child.kill('SIGKILL'));
  const provider = new ethers.JsonRpcProvider(`http://127.0.0.1:${port}`, 31337, {
    staticNetwork: true, polling: true, pollingInterval: 5, cacheTimeout: -1, batchMaxCount: 200,
  });
  for (let tries = 0; ; tries += 1) {
    try {
      await provider.send('eth_chainId', []);
      return { child, provider };
    } catch (error) {
      if (tries > 200 || child.exitCode !== null) throw new Error(`the node did not start: ${error.message}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

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

/** Sends a transaction and waits; throws where it fails. */
export async function must(sent) {
  const receipt = await (await sent).wait();
  if (receipt.status !== 1) throw new Error('a set-up transaction failed');
  return receipt;
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

export { GAS };
