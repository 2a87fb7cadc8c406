// A local EVM node, seeded dice, and the frame of a recording. Loopback only; the node is a child
// process that ends with this one.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ethers } from 'ethers';

const require = createRequire(import.meta.url);
export const START = 1_700_000_000;
export const MAX = (1n << 256n) - 1n;
export const GAS = { gasLimit: 12_000_000n, gasPrice: 0n };

/** A small generator of random numbers (mulberry32). */
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(n) {
    return Math.floor(this.next() * n);
  }

  chance(share) {
    return this.next() < share;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  weighted(pairs) {
    let at = this.next() * pairs.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of pairs) {
      at -= weight;
      if (at < 0) return value;
    }
    return pairs[pairs.length - 1][0];
  }

  /** A share of an amount, with a precision of one in a million. */
  share(amount, low, high) {
    const part = BigInt(Math.floor((low + (high - low) * this.next()) * 1e6));
    return (amount * part) / 1_000_000n;
  }
}

/** Sets the time of the next block. */
export async function at(market, time) {
  market.time = time;
  await market.provider.send('evm_setNextBlockTimestamp', [time]);
}

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

/** Sends a transaction and waits; throws where it fails. */
export async function must(sent) {
  const receipt = await (await sent).wait();
  if (receipt.status !== 1) throw new Error('a set-up transaction failed');
  return receipt;
}

/** What a failed transaction answered: a panic's code, a text, or raw output. */
export async function revertOutput(provider, receipt) {
  const trace = await provider.send('debug_traceTransaction', [receipt.hash, { tracer: 'callTracer' }]);
  const output = trace.output ?? '0x';
  if (output.startsWith('0x4e487b71')) return { panic: BigInt(`0x${output.slice(10)}`), output };
  if (!output.startsWith('0x08c379a0')) return { output };
  const [text] = ethers.AbiCoder.defaultAbiCoder().decode(['string'], `0x${output.slice(10)}`);
  return { text, output };
}

const text = (key, value) => (typeof value === 'bigint' ? String(value) : value);

/** Runs the cases that the command line asks for, writes the file, and tells the counts. */
export async function record(header, deploy, runCase) {
  const [cases, seed, steps, file] = process.argv.slice(2);
  const { child, provider } = await startNode();
  try {
    const market = await deploy(provider);
    const counts = {};
    const lines = [];
    let snapshot = await provider.send('evm_snapshot', []);
    for (let number = 0; number < Number(cases); number += 1) {
      const told = await runCase(market, Number(seed) * 1_000_003 + number, `${seed}-${number}`, Number(steps), counts);
      lines.push(JSON.stringify(told, text));
      await provider.send('evm_revert', [snapshot]);
      snapshot = await provider.send('evm_snapshot', []);
      process.stderr.write(`\r${header.protocol}: case ${number + 1} of ${cases}`);
    }
    process.stderr.write('\n');
    const head = { format: 'backstop-vectors/1', ...header, seed: String(seed), count: lines.length };
    writeFileSync(file, `${[JSON.stringify(head), ...lines].join('\n')}\n`);
    process.stdout.write(`${JSON.stringify(counts)}\n`);
  } finally {
    provider.destroy();
    child.kill('SIGTERM');
  }
}
