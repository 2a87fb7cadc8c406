// Random sequences of actions on the real Morpho Blue, recorded as backstop-vectors/1.
//
// node morpho.mjs CASES SEED STEPS FILE

import {
  NOBODY, PRICE_SCALE, USERS, WAD, configure, deployMorpho, readState, setPrice,
} from './morpho_chain.mjs';
import { GAS, MAX, Random, START, at, record, revertOutput } from './local.mjs';

const YEAR = 31_536_000n;
const VIRTUAL_SHARES = 1_000_000n;
/** Does not fit the contract's storage. */
const TOO_WIDE = 1n << 128n;

/** Random parameters of one case. */
async function draw(market, random) {
  const permille = random.weighted([
    [860, 3], [770, 2], [915, 2], [945, 2], [980, 1], [385, 1], [0, 0.3], [999, 0.5], [random.below(1000), 3],
  ]);
  const model = random.weighted([['usage', 5], ['fixed', 5], ['none', 1]]);
  const rate = (random.share(WAD, 0, 1) * BigInt(random.pick([0, 1, 1, 1, 8]))) / YEAR;
  const lltv = (BigInt(permille) * WAD) / 1000n;
  await configure(market, { lltv, model, rate });
  market.unit = random.pick([10n ** 6n, 10n ** 18n, 10n ** 18n, 100n]);
  market.collateralUnit = random.pick([10n ** 18n, 10n ** 18n, 10n ** 8n, 100n]);
  const whole = BigInt(random.pick([1, 7, 2_000, 30_000])) * (900_000n + BigInt(random.below(200_000)));
  market.base = (whole * market.unit * PRICE_SCALE) / (1_000_000n * market.collateralUnit);
  await setPrice(market, market.base);
  return model === 'fixed' ? { model, rate: String(rate) } : { model };
}

/** The state as numbers, with what a choice depends on. */
function weigh(market, state) {
  const numbers = (told) => Object.fromEntries(Object.entries(told).map(([key, value]) => [key, BigInt(value)]));
  const totals = numbers(state.market);
  const accounts = USERS.map((name) => {
    const account = { name, ...numbers(state.positions[name]) };
    account.debt = (account.borrowShares * (totals.totalBorrowAssets + 1n))
      / (totals.totalBorrowShares + VIRTUAL_SHARES);
    account.worth = (account.collateral * market.price) / PRICE_SCALE;
    account.room = (account.worth * market.lltv) / WAD - account.debt;
    return account;
  });
  return { totals, accounts, authorized: state.authorized };
}

/** Amounts worth trying: ordinary shares, all, one unit, nothing, too much. */
function amount(random, most) {
  const positive = (n) => (n > 0n ? n : 1n);
  const limit = positive(most);
  const part = (low, high) => positive(random.share(limit, low, high));
  return random.weighted([
    [() => part(0.01, 0.6), 10], [() => limit, 4], [() => part(0.6, 1), 3],
    [() => 1n, 1], [() => 0n, 0.3], [() => limit + 1n, 0.5], [() => limit * 3n + 7n, 0.4],
    [() => TOO_WIDE, 0.15], [() => MAX, 0.15],
  ])();
}

/** An amount in assets or the like of it in shares; seldom both or none. */
function quantity(random, assets, shares) {
  return random.weighted([
    [() => ({ assets: amount(random, assets), shares: 0n }), 10],
    [() => ({ assets: 0n, shares: amount(random, shares) }), 10],
    [() => ({ assets, shares }), 0.3],
  ])();
}

/** One account that passes the test most of the time. */
function some(random, seen, test) {
  const fit = seen.accounts.filter(test);
  return fit.length > 0 && random.chance(0.9) ? random.pick(fit) : random.pick(seen.accounts);
}

/** Who acts for an account: itself, one with leave, or anybody. */
function actor(random, seen, owner) {
  const managers = Object.keys(seen.authorized[owner] ?? {});
  if (random.chance(0.75)) return owner;
  return managers.length > 0 && random.chance(0.8) ? random.pick(managers) : random.pick(USERS);
}

const kinds = {
  createMarket: () => ({}),
  accrueInterest: () => ({}),
  setFee: (market, random) => ({
    fee: random.weighted([
      [() => 0n, 2], [() => random.share(WAD / 4n, 0, 1), 5], [() => WAD / 4n, 2], [() => WAD / 4n + 1n, 1],
    ])(),
  }),
  setFeeRecipient: (market, random) => ({ recipient: random.pick([...USERS, NOBODY]) }),
  setAuthorization: (market, random, { authorized }) => {
    const [caller, manager] = [random.pick(USERS), random.pick(USERS)];
    const now = authorized[caller]?.[manager] ?? false;
    return { caller, manager, allowed: random.chance(0.85) ? !now : now };
  },
  supply: (market, random, seen) => {
    const caller = random.pick(USERS);
    const typical = random.share(market.unit * 3_000_000n, 0.001, 1);
    const { totalSupplyAssets, totalSupplyShares } = seen.totals;
    const shares = (typical * (totalSupplyShares + VIRTUAL_SHARES)) / (totalSupplyAssets + 1n);
    const onBehalf = random.chance(0.2) ? random.pick(USERS) : caller;
    return { caller, onBehalf, ...quantity(random, typical, shares) };
  },
  withdraw: (market, random, seen) => {
    const { totalSupplyAssets, totalSupplyShares, totalBorrowAssets } = seen.totals;
    const owner = some(random, seen, ({ supplyShares }) => supplyShares > 0n);
    const value = (owner.supplyShares * (totalSupplyAssets + 1n)) / (totalSupplyShares + VIRTUAL_SHARES);
    const free = totalSupplyAssets - totalBorrowAssets;
    const assets = value > free && random.chance(0.7) ? free : value;
    const shares = assets === value ? owner.supplyShares
      : (assets * (totalSupplyShares + VIRTUAL_SHARES)) / (totalSupplyAssets + 1n);
    return { ...parties(random, seen, owner.name), ...quantity(random, assets, shares) };
  },
  borrow: (market, random, seen) => {
    const { totalSupplyAssets, totalBorrowAssets, totalBorrowShares } = seen.totals;
    const owner = some(random, seen, ({ room }) => room > 0n);
    const free = totalSupplyAssets - totalBorrowAssets;
    const room = owner.room > 0n ? owner.room : owner.worth;
    const limit = room > free && random.chance(0.8) ? free : room;
    const assets = random.chance(0.6) ? random.share(limit, 0.7, 0.9999) : limit;
    const shares = (assets * (totalBorrowShares + VIRTUAL_SHARES)) / (totalBorrowAssets + 1n);
    return { ...parties(random, seen, owner.name), ...quantity(random, assets, shares) };
  },
  repay: (market, random, seen) => {
    const owner = some(random, seen, ({ borrowShares }) => borrowShares > 0n);
    const caller = random.chance(0.7) ? owner.name : random.pick(USERS);
    return { caller, onBehalf: owner.name, ...quantity(random, owner.debt, owner.borrowShares) };
  },
  supplyCollateral: (market, random) => {
    const caller = random.pick(USERS);
    const worth = random.share(market.unit * 1_000_000n, 0.001, 1);
    const assets = (worth * PRICE_SCALE) / market.base;
    return { caller, onBehalf: random.chance(0.2) ? random.pick(USERS) : caller, assets: amount(random, assets) };
  },
  withdrawCollateral: (market, random, seen) => {
    const owner = some(random, seen, ({ collateral, room }) => collateral > 0n && room > 0n);
    const needed = market.price * market.lltv === 0n ? 0n
      : (owner.debt * PRICE_SCALE * WAD) / (market.price * market.lltv);
    const free = owner.collateral > needed ? owner.collateral - needed : 0n;
    const limit = free > 0n && random.chance(0.8) ? free : owner.collateral;
    return { ...parties(random, seen, owner.name), assets: amount(random, limit) };
  },
  liquidate: (market, random, seen) => {
    const unhealthy = ({ room, borrowShares }) => borrowShares > 0n && room < 0n;
    const owes = ({ borrowShares }) => borrowShares > 0n;
    const borrower = some(random, seen, seen.accounts.some(unhealthy) ? unhealthy : owes);
    const { collateral, borrowShares, worth, debt } = borrower;
    const seizes = random.chance(worth < debt ? 0.75 : 0.45);
    const both = random.chance(0.02);
    return {
      caller: random.pick(USERS), borrower: borrower.name,
      seizedAssets: both || seizes ? amount(random, collateral) : 0n,
      repaidShares: both || !seizes ? amount(random, borrowShares) : 0n,
    };
  },
};

function parties(random, seen, onBehalf) {
  return { caller: actor(random, seen, onBehalf), onBehalf, receiver: random.pick(USERS) };
}

/** A random action that the present state makes likely to succeed. */
function choose(market, random, seen) {
  const { totals, accounts } = seen;
  const has = (test) => accounts.some(test);
  const owes = ({ borrowShares }) => borrowShares > 0n;
  const weights = {
    createMarket: 0.15, accrueInterest: 1, setFee: 0.8, setFeeRecipient: 0.6, setAuthorization: 1.5,
    supply: 1.5, supplyCollateral: 2, withdraw: 2.5, borrow: 6, repay: 3, withdrawCollateral: 2, liquidate: 0.6,
  };
  if (totals.lastUpdate === 0n) weights.createMarket = 60;
  if (totals.totalSupplyAssets === 0n) weights.supply += 20;
  if (!has(({ collateral }) => collateral > 0n)) weights.supplyCollateral += 20;
  if (!has(({ room }) => room > 0n)) weights.borrow = 0.5;
  if (!has(owes)) weights.repay = 0.2;
  if (!has(({ supplyShares }) => supplyShares > 0n)) weights.withdraw = 0.2;
  if (!has(({ collateral, room }) => collateral > 0n && room > 0n)) weights.withdrawCollateral = 0.3;
  if (has((account) => owes(account) && account.room < 0n)) weights.liquidate = 30;
  const action = random.weighted(Object.entries(weights));
  return { action, ...kinds[action](market, random, seen) };
}

/** Sends the action; tells the receipt. */
async function send(market, when) {
  const { morpho, params, owner, signers, addresses } = market;
  const contract = morpho.connect(signers.get(when.caller) ?? owner);
  const address = (name) => addresses.get(name);
  const call = {
    createMarket: () => contract.createMarket(params, GAS),
    accrueInterest: () => contract.accrueInterest(params, GAS),
    setFee: () => contract.setFee(params, when.fee, GAS),
    setFeeRecipient: () => contract.setFeeRecipient(address(when.recipient), GAS),
    setAuthorization: () => contract.setAuthorization(address(when.manager), when.allowed, GAS),
    supply: () => contract.supply(params, when.assets, when.shares, address(when.onBehalf), '0x', GAS),
    withdraw: () => contract.withdraw(params, when.assets, when.shares, address(when.onBehalf),
      address(when.receiver), GAS),
    borrow: () => contract.borrow(params, when.assets, when.shares, address(when.onBehalf),
      address(when.receiver), GAS),
    repay: () => contract.repay(params, when.assets, when.shares, address(when.onBehalf), '0x', GAS),
    supplyCollateral: () => contract.supplyCollateral(params, when.assets, address(when.onBehalf), '0x', GAS),
    withdrawCollateral: () => contract.withdrawCollateral(params, when.assets, address(when.onBehalf),
      address(when.receiver), GAS),
    liquidate: () => contract.liquidate(params, address(when.borrower), when.seizedAssets, when.repaidShares,
      '0x', GAS),
  }[when.action];
  const sent = await call();
  return market.provider.waitForTransaction(sent.hash);
}

/** Arguments of events that are told; the others are in the action. */
const TOLD = new Set(['assets', 'shares', 'repaidAssets', 'repaidShares', 'seizedAssets', 'badDebtAssets',
  'badDebtShares', 'prevBorrowRate', 'interest', 'feeShares', 'newFee', 'newIsAuthorized']);
const PEOPLE = new Set(['onBehalf', 'borrower', 'newFeeRecipient', 'authorizer', 'authorized']);

/** The contract's own events, in order. */
function events(market, receipt) {
  const own = receipt.logs.filter((log) => log.address === market.morpho.target);
  return own.map((log) => {
    const { name, args, fragment } = market.events.parseLog(log);
    const told = { event: name };
    fragment.inputs.forEach(({ name: key, type }, i) => {
      if (PEOPLE.has(key)) told[key] = market.names.get(args[i]);
      else if (TOLD.has(key)) told[key] = type === 'bool' ? args[i] : String(args[i]);
    });
    return told;
  });
}

/** The leaves of a state by dotted path. */
function leaves(state, path = '', found = {}) {
  for (const [key, value] of Object.entries(state)) {
    const below = path === '' ? key : `${path}.${key}`;
    if (typeof value === 'object') leaves(value, below, found);
    else found[below] = value;
  }
  return found;
}

/** The leaves that changed; null where one is gone. */
function changes(before, after) {
  const [old, now] = [leaves(before), leaves(after)];
  const gone = Object.keys(old).filter((path) => !(path in now)).map((path) => [path, null]);
  return Object.fromEntries([...gone, ...Object.entries(now).filter(([path, value]) => old[path] !== value)]);
}

/** The name of a failed transaction's reason. */
async function reason(market, receipt) {
  const { panic, text, output } = await revertOutput(market.provider, receipt);
  return panic === undefined ? text ?? output : `Panic(0x${panic.toString(16)})`;
}

/** Moves the price at times; it stays otherwise. */
async function movePrice(market, random) {
  if (!random.chance(0.45)) return {};
  const factor = random.weighted([
    [() => 0.9 + 0.2 * random.next(), 6], [() => 0.6 + 0.3 * random.next(), 3],
    [() => 0.05 + 0.5 * random.next(), 1.5], [() => 1.2 + random.next(), 2], [() => 0, 0.2],
  ])();
  await setPrice(market, (market.base * BigInt(Math.floor(factor * 1e6))) / 1_000_000n);
  return { price: market.price };
}

async function runCase(market, seed, id, steps, counts) {
  const random = new Random(seed);
  const irm = await draw(market, random);
  await at(market, START);
  await market.provider.send('evm_mine', []);
  let state = await readState(market);
  const given = { timestamp: START, lltv: market.lltv, irm, price: market.price, ...state };
  const told = { id, tags: ['sequence'], given, steps: [] };
  for (let step = 0; step < steps; step += 1) {
    const wait = random.weighted([[12, 6], [3_600, 3], [86_400, 2], [2_592_000, 1.5], [31_536_000, 0.3]]);
    const time = market.time + 1 + random.below(wait);
    const moved = await movePrice(market, random);
    const when = { ...choose(market, random, weigh(market, state)), timestamp: time, ...moved };
    await at(market, time);
    const receipt = await send(market, when);
    const after = await readState(market);
    const ok = receipt.status === 1;
    const count = (counts[when.action] ??= { accepted: 0, rejected: 0 });
    count[ok ? 'accepted' : 'rejected'] += 1;
    const post = changes(state, after);
    if (!ok && Object.keys(post).length > 0) throw new Error(`case ${id}: a failed action changed the state`);
    const then = ok ? { ok: { result: events(market, receipt), post } } : { rejected: await reason(market, receipt) };
    told.steps.push({ when, then });
    state = after;
  }
  return told;
}

await record(
  { protocol: 'morpho-blue', version: '1.0.0', source: 'npm @morpho-org/morpho-blue@1.0.0 on anvil 1.7.1' },
  deployMorpho,
  runCase,
);
