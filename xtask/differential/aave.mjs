// Random sequences of actions on the real contracts of Aave v3.0.2, recorded as backstop-vectors/1.
//
// node aave.mjs CASES SEED STEPS FILE

import { ethers } from 'ethers';
import { ASSETS, USERS, deployMarket, rateStrategy } from './aave_chain.mjs';
import { GAS, MAX, Random, START, at, must, record, revertOutput } from './local.mjs';

/** Random parameters of one case. */
async function configure(market, random) {
  const { configurator, assets } = market;
  for (const asset of assets) {
    const isolated = asset.symbol === 'ISO';
    const threshold = 5000 + random.below(4000);
    const room = Math.floor(10_000 / (threshold / 10_000)) - 10_001;
    const bonus = 10_000 + Math.max(1, Math.min(1500, random.below(Math.max(2, room))));
    const ltv = Math.max(1, threshold - random.below(1000));
    if (isolated) await must(configurator.setDebtCeiling(asset.address, 1_000_000_00n, GAS));
    await must(configurator.configureReserveAsCollateral(asset.address, ltv, threshold, bonus, GAS));
    await must(configurator.setReserveBorrowing(asset.address, true, GAS));
    await must(configurator.setReserveFactor(asset.address, random.pick([0, 1000, 3500]), GAS));
    const fee = random.pick([0, 0, 1000, 5000, 10_000]);
    await must(configurator.setLiquidationProtocolFee(asset.address, fee, GAS));
    if (['USDC', 'DAI'].includes(asset.symbol)) {
      await must(configurator.setBorrowableInIsolation(asset.address, true, GAS));
    }
    const curve = {
      optimal: random.pick([45n, 80n, 90n]), base: random.pick([0n, 1n, 5n]),
      slope1: random.pick([0n, 4n, 20n]), slope2: random.pick([60n, 100n, 300n]),
    };
    asset.curve = curve;
    const strategy = await rateStrategy(market, curve);
    await must(configurator.setReserveInterestRateStrategyAddress(asset.address, strategy, GAS));
  }
  market.category = null;
  if (random.chance(0.6)) await configureCategory(market, random);
}

async function configureCategory(market, random) {
  const { configurator, oracle, assets } = market;
  const source = random.chance(0.4) ? ethers.Wallet.createRandom().address : ethers.ZeroAddress;
  const price = source === ethers.ZeroAddress ? null : 1_01000000n;
  if (price !== null) await must(oracle.setAssetPrice(source, price, GAS));
  const category = { id: 1, ltv: 9300, liquidationThreshold: 9500, liquidationBonus: 10_200, price };
  await must(configurator.setEModeCategory(1, 9300, 9500, 10_200, source, 'stable', GAS));
  for (const asset of assets.filter(({ symbol }) => ['USDC', 'DAI'].includes(symbol))) {
    await must(configurator.setAssetEModeCategory(asset.address, 1, GAS));
  }
  market.category = category;
}

/** Wallets and first positions, so that there is something to do. */
async function furnish(market, random) {
  for (const asset of market.assets) {
    const unit = 10n ** BigInt(asset.decimals);
    const whole = (usd) => (BigInt(usd) * 100_000_000n * unit) / asset.price;
    for (const [name, signer] of market.signers) {
      const usd = name === 'liquidator' || name === 'lender' ? 50_000_000 : 1_000_000;
      await must(asset.token.connect(signer)['mint(uint256)'](whole(usd), GAS));
    }
    const lender = market.signers.get('lender');
    const usd = random.pick([20_000, 2_000_000, 20_000_000]);
    await must(market.pool.connect(lender).supply(asset.address, whole(usd), lender.address, 0, GAS));
  }
  for (const name of ['alice', 'bob', 'carol']) await openPosition(market, random, name);
}

/** A supply or two of a borrower, and mostly a debt near what they allow. */
async function openPosition(market, random, name) {
  const signer = market.signers.get(name);
  const pool = market.pool.connect(signer);
  const collateral = random.chance(0.25) ? ['ISO'] : random.chance(0.5) ? ['WETH'] : ['WETH', 'USDC'];
  for (const asset of market.assets.filter(({ symbol }) => collateral.includes(symbol))) {
    const wallet = await asset.token.balanceOf(signer.address);
    await must(pool.supply(asset.address, random.share(wallet, 0.05, 0.5), signer.address, 0, GAS));
    await must(pool.setUserUseReserveAsCollateral(asset.address, true, GAS));
  }
  const debts = collateral.includes('ISO') ? ['USDC', 'DAI'] : ['USDC', 'DAI', 'WBTC'];
  for (const symbol of debts.slice(0, 1 + random.below(2))) {
    const asset = market.assets.find((held) => held.symbol === symbol);
    const account = await market.pool.getUserAccountData(signer.address);
    const room = (account.availableBorrowsBase * 10n ** BigInt(asset.decimals)) / asset.now;
    const size = random.share(room, 0.3, 0.98);
    const held = await asset.token.balanceOf(asset.aToken.target);
    if (size === 0n || size > held || (collateral.includes('ISO') && size > 100_000n * 10n ** BigInt(asset.decimals))) continue;
    await must(pool.borrow(asset.address, size, 2, 0, signer.address, GAS));
  }
}

/** Everything that a case tells, as the contracts store it. */
async function readState(market) {
  const { pool, assets, signers, treasury } = market;
  const owners = [...signers].map(([name, signer]) => [name, signer.address]).concat([['treasury', treasury]]);
  const reserves = await Promise.all(assets.map((asset) => readReserve(market, asset)));
  const users = await Promise.all(owners.map(async ([name, address]) => {
    const [{ data: bits }, eMode] = await Promise.all([pool.getUserConfiguration(address), pool.getUserEMode(address)]);
    const positions = await Promise.all(assets.map(async (asset) => {
      const [supply, debt, wallet] = await Promise.all([
        asset.aToken.scaledBalanceOf(address), asset.debtToken.scaledBalanceOf(address), asset.token.balanceOf(address),
      ]);
      const flags = (bits >> BigInt(2 * asset.id)) & 3n;
      const position = {
        scaledAToken: String(supply), scaledVariableDebt: String(debt),
        isCollateral: (flags & 2n) !== 0n, isBorrowing: (flags & 1n) !== 0n,
      };
      if (name !== 'treasury') position.underlyingBalance = String(wallet);
      return [asset.symbol, position];
    }));
    return [name, { eMode: Number(eMode), positions: Object.fromEntries(positions) }];
  }));
  return { reserves: Object.fromEntries(reserves), users: Object.fromEntries(users) };
}

async function readReserve(market, asset) {
  const [data, supply, debt, available] = await Promise.all([
    market.pool.getReserveData(asset.address), asset.aToken.scaledTotalSupply(),
    asset.debtToken.scaledTotalSupply(), asset.token.balanceOf(asset.aToken.target),
  ]);
  asset.configuration = data.configuration.data;
  return [asset.symbol, {
    liquidityIndex: String(data.liquidityIndex), variableBorrowIndex: String(data.variableBorrowIndex),
    currentLiquidityRate: String(data.currentLiquidityRate),
    currentVariableBorrowRate: String(data.currentVariableBorrowRate),
    lastUpdateTimestamp: Number(data.lastUpdateTimestamp), accruedToTreasury: String(data.accruedToTreasury),
    scaledATokenTotalSupply: String(supply), scaledVariableDebtTotalSupply: String(debt),
    availableLiquidity: String(available), isolationModeTotalDebt: String(data.isolationModeTotalDebt),
  }];
}

/** The pre-state in the layout of the verifier. */
function given(market, state) {
  const bits = (word, from, length) => Number((word >> BigInt(from)) & ((1n << BigInt(length)) - 1n));
  const percent = (n) => String((n * 10n ** 27n) / 100n);
  const reserves = market.assets.map((asset) => {
    const word = asset.configuration;
    const { curve } = asset;
    return {
      symbol: asset.symbol, id: asset.id, decimals: asset.decimals, price: String(asset.now),
      configuration: `0x${word.toString(16)}`, ltv: bits(word, 0, 16), liquidationThreshold: bits(word, 16, 16),
      liquidationBonus: bits(word, 32, 16), reserveFactor: bits(word, 64, 16),
      liquidationProtocolFee: bits(word, 152, 16),
      rateStrategy: {
        optimalUsageRatio: percent(curve.optimal), baseVariableBorrowRate: percent(curve.base),
        variableRateSlope1: percent(curve.slope1), variableRateSlope2: percent(curve.slope2),
      },
      ...state.reserves[asset.symbol],
    };
  });
  const eModes = market.category === null ? [] : [{
    id: 1, ltv: market.category.ltv, liquidationThreshold: market.category.liquidationThreshold,
    liquidationBonus: market.category.liquidationBonus,
    priceSourcePrice: market.category.price === null ? null : String(market.category.price),
  }];
  return { timestamp: market.time, reserves, eModes, priceOracleSentinel: null, users: state.users };
}

/** What changed between two states. */
function changes(before, after) {
  const differs = (a, b) => JSON.stringify(a) !== JSON.stringify(b);
  const reservesAfter = {};
  for (const [symbol, reserve] of Object.entries(after.reserves)) {
    if (differs(before.reserves[symbol], reserve)) reservesAfter[symbol] = reserve;
  }
  const usersAfter = {};
  for (const [name, user] of Object.entries(after.users)) {
    const old = before.users[name];
    const positions = Object.fromEntries(
      Object.entries(user.positions).filter(([symbol, position]) => differs(old.positions[symbol], position)),
    );
    const changed = {};
    if (old.eMode !== user.eMode) changed.eMode = user.eMode;
    if (Object.keys(positions).length > 0) changed.positions = positions;
    if (Object.keys(changed).length > 0) usersAfter[name] = changed;
  }
  return { reservesAfter, usersAfter };
}

/** Amounts worth trying: ordinary shares, all, one unit, nothing, too much. */
function amount(random, limit) {
  return random.weighted([
    [() => random.share(limit, 0.01, 0.6), 10], [() => limit, 2], [() => MAX, 2],
    [() => 1n, 1], [() => 0n, 0.4], [() => limit * 3n + 7n, 0.7], [() => random.share(limit, 0.9, 1), 1],
  ])();
}

/** A random action that the present state makes likely to succeed. */
async function choose(market, random, state) {
  const unhealthy = await unhealthyBorrowers(market);
  if (unhealthy.length > 0 && random.chance(0.7)) {
    return chooseLiquidation(market, random, state, random.pick(unhealthy));
  }
  const borrower = random.pick(['alice', 'bob', 'carol']);
  const kind = random.weighted([
    ['supply', 5], ['borrow', 6], ['withdraw', 3], ['repay', 3], ['setCollateral', 2], ['setEMode', 1], ['liquidate', 1],
  ]);
  const has = { withdraw: 'scaledAToken', setCollateral: 'scaledAToken', repay: 'scaledVariableDebt' }[kind];
  const mine = market.assets.filter(({ symbol }) => has && state.users[borrower].positions[symbol][has] !== '0');
  const asset = mine.length > 0 && random.chance(0.85) ? random.pick(mine) : random.pick(market.assets);
  const held = state.users[borrower].positions[asset.symbol];
  const index = (name) => BigInt(state.reserves[asset.symbol][name]);
  if (kind === 'supply') {
    const other = random.chance(0.1) ? random.pick(USERS) : borrower;
    return { action: kind, caller: borrower, asset: asset.symbol,
      amount: random.share(BigInt(held.underlyingBalance), 0.05, 0.5), onBehalfOf: other };
  }
  if (kind === 'withdraw') {
    const limit = (BigInt(held.scaledAToken) * index('liquidityIndex')) / 10n ** 27n;
    return { action: kind, caller: borrower, asset: asset.symbol, amount: amount(random, limit), to: borrower };
  }
  if (kind === 'borrow') {
    const account = await market.pool.getUserAccountData(market.signers.get(borrower).address);
    const room = (account.availableBorrowsBase * 10n ** BigInt(asset.decimals)) / (asset.now || 1n);
    const size = random.weighted([
      [() => random.share(room, 0.5, 0.995), 8], [() => random.share(room, 0.01, 0.5), 3],
      [() => room * 2n + 1n, 1], [() => 1n, 0.5], [() => 0n, 0.3],
    ])();
    return { action: kind, caller: borrower, asset: asset.symbol, amount: size };
  }
  if (kind === 'repay') {
    const limit = (BigInt(held.scaledVariableDebt) * index('variableBorrowIndex')) / 10n ** 27n;
    const payer = random.chance(0.15) ? 'liquidator' : borrower;
    return { action: kind, caller: payer, asset: asset.symbol, amount: amount(random, limit), onBehalfOf: borrower };
  }
  if (kind === 'setCollateral') {
    return { action: kind, caller: borrower, asset: asset.symbol, enabled: random.chance(0.6) };
  }
  if (kind === 'setEMode') {
    return { action: kind, caller: borrower, category: random.pick([0, 1, 1, 2]) };
  }
  return chooseLiquidation(market, random, state, borrower);
}

async function unhealthyBorrowers(market) {
  const list = [];
  for (const name of ['alice', 'bob', 'carol']) {
    const account = await market.pool.getUserAccountData(market.signers.get(name).address);
    if (account.healthFactor < 10n ** 18n) list.push(name);
  }
  return list;
}

/** A liquidation of a pair that the borrower has, most of the time. */
function chooseLiquidation(market, random, state, borrower) {
  const positions = Object.entries(state.users[borrower].positions);
  const symbols = (test) => positions.filter(([, position]) => test(position)).map(([symbol]) => symbol);
  const any = market.assets.map(({ symbol }) => symbol);
  const collateral = symbols((p) => p.isCollateral);
  const debts = symbols((p) => p.isBorrowing);
  const some = (list) => (list.length === 0 || random.chance(0.05) ? random.pick(any) : random.pick(list));
  const debtAsset = some(debts);
  const owed = BigInt(state.users[borrower].positions[debtAsset].scaledVariableDebt);
  return {
    action: 'liquidate', borrower, liquidator: random.chance(0.05) ? borrower : 'liquidator',
    collateralAsset: some(collateral), debtAsset, debtToCover: amount(random, owed), receiveAToken: random.chance(0.4),
  };
}

/** Sends the action; tells the receipt. */
async function send(market, when) {
  const asset = (symbol) => market.assets.find((held) => held.symbol === symbol)?.address;
  const address = (name) => market.signers.get(name).address;
  const pool = market.pool.connect(market.signers.get(when.liquidator ?? when.caller));
  const call = {
    supply: () => pool.supply(asset(when.asset), when.amount, address(when.onBehalfOf), 0, GAS),
    withdraw: () => pool.withdraw(asset(when.asset), when.amount, address(when.to), GAS),
    borrow: () => pool.borrow(asset(when.asset), when.amount, 2, 0, address(when.caller), GAS),
    repay: () => pool.repay(asset(when.asset), when.amount, 2, address(when.onBehalfOf), GAS),
    setCollateral: () => pool.setUserUseReserveAsCollateral(asset(when.asset), when.enabled, GAS),
    setEMode: () => pool.setUserEMode(when.category, GAS),
    liquidate: () => pool.liquidationCall(asset(when.collateralAsset), asset(when.debtAsset),
      address(when.borrower), when.debtToCover, when.receiveAToken, GAS),
  }[when.action];
  const sent = await call();
  return market.provider.waitForTransaction(sent.hash);
}

/** The name of a failed transaction's reason. */
async function reason(market, receipt) {
  const { panic, text, output } = await revertOutput(market.provider, receipt);
  if (panic !== undefined) return `PANIC_0x${panic.toString(16)}`;
  if (text === undefined) return output === '0x' ? 'EMPTY_REVERT' : output;
  if (text.startsWith('ERC20: transfer amount exceeds balance')) return 'ERC20_INSUFFICIENT_BALANCE';
  return market.errors.get(text) ?? text;
}

/** Moves some prices; each move is a block of its own before the step's. */
async function movePrices(market, random, time) {
  const moved = {};
  for (const asset of market.assets) {
    if (!random.chance(0.35)) continue;
    const factor = random.weighted([
      [() => 0.9 + 0.2 * random.next(), 6], [() => 0.6 + 0.3 * random.next(), 2],
      [() => 0.1 + 0.4 * random.next(), 0.4], [() => 1.2 + random.next(), 1],
    ])();
    const price = (asset.price * BigInt(Math.floor(factor * 1e6))) / 1_000_000n;
    await must(market.oracle.setAssetPrice(asset.address, price, GAS));
    asset.now = price;
    moved[asset.symbol] = String(price);
  }
  if (market.time >= time) throw new Error('time ran ahead of the step');
  return moved;
}

async function runCase(market, seed, id, steps, counts) {
  const random = new Random(seed);
  for (const asset of market.assets) asset.now = asset.price;
  await configure(market, random);
  await furnish(market, random);
  await at(market, START);
  await market.provider.send('evm_mine', []);
  let state = await readState(market);
  const told = { id, tags: ['sequence'], given: given(market, state), steps: [] };
  for (let step = 0; step < steps; step += 1) {
    const wait = random.weighted([[12, 6], [3_600, 3], [86_400, 2], [2_592_000, 1], [31_536_000, 0.2]]);
    const time = market.time + 10 + random.below(wait);
    const prices = random.chance(0.5) ? await movePrices(market, random, time) : {};
    const when = { ...(await choose(market, random, state)), timestamp: time };
    if (Object.keys(prices).length > 0) when.prices = prices;
    await at(market, time);
    const receipt = await send(market, when);
    const after = await readState(market);
    const ok = receipt.status === 1;
    const count = (counts[when.action] ??= { accepted: 0, rejected: 0 });
    count[ok ? 'accepted' : 'rejected'] += 1;
    const then = ok ? { ok: { ...results(market, receipt), ...changes(state, after) } }
      : { rejected: await reason(market, receipt) };
    told.steps.push({ when, then });
    state = after;
  }
  return told;
}

/** What a liquidation logs of its result. */
function results(market, receipt) {
  for (const log of receipt.logs) {
    const parsed = log.address === market.pool.target ? market.pool.interface.parseLog(log) : null;
    if (parsed?.name === 'LiquidationCall') {
      return {
        debtRepaid: String(parsed.args.debtToCover), collateralSeized: String(parsed.args.liquidatedCollateralAmount),
      };
    }
  }
  return {};
}

await record(
  { protocol: 'aave', version: '3.0.2', source: 'npm @aave/core-v3@1.19.3 on anvil 1.7.1' },
  deployMarket,
  runCase,
);
