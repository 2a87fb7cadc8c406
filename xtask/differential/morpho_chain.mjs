// The real Morpho Blue on a local EVM node, compiled from the sources of its npm package.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ethers } from 'ethers';
import { GAS, MAX, must } from './local.mjs';

const require = createRequire(import.meta.url);
const PACKAGE = '@morpho-org/morpho-blue';
const OWN = 'FixedRate.sol';
const FILES = ['src/Morpho.sol', 'src/libraries/EventsLib.sol', 'src/mocks/ERC20Mock.sol', 'src/mocks/IrmMock.sol',
  'src/mocks/OracleMock.sol'];
/** The settings that the contract was deployed with. */
const SETTINGS = {
  viaIR: true,
  optimizer: { enabled: true, runs: 999_999 },
  metadata: { bytecodeHash: 'none' },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
};

export const WAD = 10n ** 18n;
export const PRICE_SCALE = 10n ** 36n;
export const USERS = ['alice', 'bob', 'carol', 'dave', 'erin'];
/** The zero address: the fee recipient of a new contract. */
export const NOBODY = 'nobody';

/** The text of a Solidity file, ours or the package's. */
function source(path) {
  if (path === OWN) return readFileSync(path, 'utf8');
  const root = dirname(require.resolve(`${PACKAGE}/package.json`));
  return readFileSync(join(root, path.slice(PACKAGE.length + 1)), 'utf8');
}

function compile() {
  const solc = require('solc');
  const paths = [OWN, ...FILES.map((file) => `${PACKAGE}/${file}`)];
  const sources = Object.fromEntries(paths.map((path) => [path, { content: source(path) }]));
  const input = JSON.stringify({ language: 'Solidity', sources, settings: SETTINGS });
  const output = JSON.parse(solc.compile(input, { import: (path) => ({ contents: source(path) }) }));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
  const found = {};
  for (const path of paths) {
    for (const [name, { abi, evm }] of Object.entries(output.contracts[path])) {
      found[name] = { abi, bytecode: evm.bytecode.object };
    }
  }
  return found;
}

/** The compiled contracts; kept, because the compiler takes half a minute. */
function contracts() {
  const inputs = [readFileSync('package.json', 'utf8'), source(OWN), JSON.stringify([FILES, SETTINGS])];
  const file = `morpho-${createHash('sha256').update(inputs.join('\0')).digest('hex').slice(0, 16)}.json`;
  if (!existsSync(file)) {
    writeFileSync(`${file}.part`, JSON.stringify(compile()));
    renameSync(`${file}.part`, file);
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Deploys the contract, its mocks and everybody's tokens; markets come per case. */
export async function deployMorpho(provider) {
  const accounts = await Promise.all([0, ...USERS.keys()].map((_, i) => provider.getSigner(i)));
  const owner = accounts[0];
  const known = contracts();
  const deploy = async (name, ...args) => {
    const { abi, bytecode } = known[name];
    const contract = await new ethers.ContractFactory(abi, bytecode, owner).deploy(...args, GAS);
    await contract.waitForDeployment();
    return contract;
  };
  const morpho = await deploy('Morpho', owner.address);
  const market = {
    provider, owner, deploy, morpho,
    // The compiler lists a library's events with the library only.
    events: new ethers.Interface(known.EventsLib.abi),
    loan: await deploy('ERC20Mock'), collateral: await deploy('ERC20Mock'),
    oracle: await deploy('OracleMock'), usage: await deploy('IrmMock'),
    signers: new Map(USERS.map((name, i) => [name, accounts[i + 1]])),
  };
  market.addresses = new Map([...market.signers].map(([name, signer]) => [name, signer.address]));
  market.addresses.set(NOBODY, ethers.ZeroAddress);
  market.names = new Map([...market.addresses].map(([name, address]) => [address, name]));
  for (const signer of market.signers.values()) {
    for (const token of [market.loan, market.collateral]) {
      await must(token.setBalance(signer.address, 1n << 200n, GAS));
      await must(token.connect(signer).approve(morpho.target, MAX, GAS));
    }
  }
  return market;
}

/** Sets the parameters of a case's market, which does not exist yet. */
export async function configure(market, { lltv, model, rate }) {
  const irm = {
    none: () => ethers.ZeroAddress,
    usage: () => market.usage.target,
    fixed: async () => (await market.deploy('FixedRate', rate)).target,
  }[model];
  market.lltv = lltv;
  market.params = [market.loan.target, market.collateral.target, market.oracle.target, await irm(), lltv];
  const words = ['address', 'address', 'address', 'address', 'uint256'];
  market.id = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(words, market.params));
  await must(market.morpho.enableIrm(market.params[3], GAS));
  await must(market.morpho.enableLltv(lltv, GAS));
}

/** Changes the oracle's answer without a block of its own. */
export async function setPrice(market, price) {
  market.price = price;
  const word = ethers.toBeHex(price, 32);
  await market.provider.send('anvil_setStorageAt', [market.oracle.target, ethers.toBeHex(0, 32), word]);
}

/** Everything that a case tells, as the contract stores it. */
export async function readState(market) {
  const { morpho, id, addresses, loan, collateral, names } = market;
  const users = [...addresses];
  const pairs = USERS.flatMap((owner) => USERS.map((manager) => [owner, manager]));
  const [totals, positions, held, recipient, leaves] = await Promise.all([
    morpho.market(id),
    Promise.all(users.map(([, address]) => morpho.position(id, address))),
    Promise.all([loan, collateral].map((token) => token.balanceOf(morpho.target))),
    morpho.feeRecipient(),
    Promise.all(pairs.map(([owner, manager]) => morpho.isAuthorized(addresses.get(owner), addresses.get(manager)))),
  ]);
  const texts = (told, keys) => Object.fromEntries(keys.map((key) => [key, String(told[key])]));
  const authorized = {};
  pairs.forEach(([owner, manager], i) => {
    if (leaves[i]) (authorized[owner] ??= {})[manager] = true;
  });
  return {
    market: texts(totals, ['totalSupplyAssets', 'totalSupplyShares', 'totalBorrowAssets', 'totalBorrowShares',
      'lastUpdate', 'fee']),
    positions: Object.fromEntries(users.map(([name], i) => (
      [name, texts(positions[i], ['supplyShares', 'borrowShares', 'collateral'])]))),
    holdings: { loan: String(held[0]), collateral: String(held[1]) },
    feeRecipient: names.get(recipient),
    authorized,
  };
}
