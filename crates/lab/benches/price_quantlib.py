"""What a price costs in QuantLib: 8 correlated geometric Brownian motions, 24 steps, 100,000 paths.

The counterpart of `cargo bench -p backstop-lab --bench price` (case "gbm"): the same number of assets, steps and
paths, volatility 0.8, correlation 0.6 in every pair, an hour a step, one thread. QuantLib's own generator of
paths of several assets draws them: pseudo-random uniforms (Mersenne Twister), normals by the inverse distribution,
a process array that joins them, the exact step of each process. Times are those of QuantLib's C++ code behind one
call a path; what it costs to read the prices from Python is told apart.

    python3 -m venv venv && venv/bin/pip install QuantLib
    venv/bin/python crates/lab/benches/price_quantlib.py
"""

import math
import statistics
import sys
import time

import QuantLib as ql

ASSETS, STEPS, PATHS, BATCH = 8, 24, 100_000, 2_000
VOLATILITY, CORRELATION = 0.8, 0.6
YEARS = STEPS / (365 * 24)


def generator(seed):
    today = ql.Date(1, 1, 2026)
    ql.Settings.instance().evaluationDate = today
    days = ql.Actual365Fixed()
    rate = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, days))
    constant = ql.BlackConstantVol(today, ql.NullCalendar(), VOLATILITY, days)
    volatility = ql.BlackVolTermStructureHandle(constant)

    def process(asset):
        start = ql.QuoteHandle(ql.SimpleQuote(1_000.0 + asset))
        return ql.GeneralizedBlackScholesProcess(start, rate, rate, volatility)

    matrix = ql.Matrix(ASSETS, ASSETS, CORRELATION)
    for asset in range(ASSETS):
        matrix[asset][asset] = 1.0
    joint = ql.StochasticProcessArray([process(asset) for asset in range(ASSETS)], matrix)
    uniform = ql.UniformRandomSequenceGenerator(ASSETS * STEPS, ql.UniformRandomGenerator(seed))
    normal = ql.GaussianRandomSequenceGenerator(uniform)
    times = list(ql.TimeGrid(YEARS, STEPS))
    return ql.GaussianMultiPathGenerator(joint, times, normal, False)


def timed(work):
    """Best and median nanoseconds an asset-step over batches of paths."""
    batches = []
    for _ in range(PATHS // BATCH):
        begun = time.perf_counter_ns()
        for _ in range(BATCH):
            work()
        batches.append((time.perf_counter_ns() - begun) / (BATCH * ASSETS * STEPS))
    batches.sort()
    return batches[0], batches[len(batches) // 2]


def check(paths):
    """Refuses prices that are not those of the law: mean, spread and correlation of their ends."""
    drawn = []
    for _ in range(20_000):
        # A path is overwritten by the next.
        path = paths.next().value()
        drawn.append([path[asset][STEPS] / path[asset][0] for asset in range(ASSETS)])
    for asset in (0, ASSETS - 1):
        ends = [path[asset] for path in drawn]
        mean = sum(ends) / len(ends)
        spread = (sum((end - mean) ** 2 for end in ends) / len(ends)) ** 0.5
        want = math.sqrt(math.expm1(VOLATILITY**2 * YEARS))
        assert abs(mean - 1.0) < 5 * want / len(ends) ** 0.5, mean
        assert abs(spread / want - 1.0) < 0.05, (spread, want)
    first, last = ([math.log(path[asset]) for path in drawn] for asset in (0, ASSETS - 1))
    correlation = statistics.correlation(first, last)
    assert abs(correlation - CORRELATION) < 0.03, correlation


def main():
    check(generator(1))
    paths = generator(42)
    print(f"QuantLib {ql.__version__}, Python {sys.version.split()[0]}")
    best, median = timed(paths.next)
    print(f"drawn: {best:.1f} ns an asset-step (median {median:.1f})")

    def read():
        path = paths.next().value()
        return [list(path[asset]) for asset in range(ASSETS)]

    best, median = timed(read)
    print(f"drawn and read into lists: {best:.1f} ns an asset-step (median {median:.1f})")


main()
