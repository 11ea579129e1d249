"""A simulated world of card payments. **Synthetic**: no bank gives its transactions away.

Customers live somewhere and pay near home; fraudsters work in a few known ways, and from some day on in a new
way. The idea of a simulator with such scenarios is that of Le Borgne, Siblini, Lebichot & Bontempi,
*Reproducible Machine Learning for Credit Card Fraud Detection*, 2022; this one is written anew, and its
numbers are ours.
"""

from dataclasses import dataclass, fields

import numpy as np

from nnbook._validate import check_generator
from nnbook.functional import as_whole

SCENARIOS = ("honest", "large amount", "compromised terminal", "stolen credentials", "burst")


@dataclass(frozen=True)
class CardTransactions:
    """Synthetic payments in order of time, one entry each.

    Attributes:
        time: days since the start of the world (2.5 is noon of the third day).
        customer, terminal: integers from 0.
        amount: USD.
        scenario: 0 for an honest payment, else the way of the fraud (see `SCENARIOS`).
    """

    time: np.ndarray
    customer: np.ndarray
    terminal: np.ndarray
    amount: np.ndarray
    scenario: np.ndarray

    @property
    def day(self):
        """Whole days since the start."""
        return self.time.astype(np.int64)

    @property
    def fraud(self):
        """1 for a fraud, 0 for an honest payment."""
        return (self.scenario > 0).astype(np.int64)

    def __len__(self):
        return len(self.time)

    def __getitem__(self, rows):
        return CardTransactions(*(getattr(self, f.name)[rows] for f in fields(self)))

    def __repr__(self):
        return (
            f"CardTransactions(synthetic: {len(self):,} payments in {int(self.time.max()) + 1} days, "
            f"{int(self.fraud.sum()):,} frauds)"
        )


def simulate_cards(*, n_customers=1200, n_terminals=500, n_days=180, new_fraud_from=None, rng):
    """A synthetic world of payments, about one a day for each customer.

    Honest: a customer pays mostly at the 15 nearest terminals, sometimes anywhere; amounts follow the
    customer's own habit, with a rare large purchase.

    1. Large amount: single payments, anywhere, of a few hundred dollars.
    2. Compromised terminal: for two to four weeks, half of the payments at a terminal are frauds of ordinary
       amounts.
    3. Stolen credentials: for one to two weeks, a third of a customer's payments are frauds of two to six
       times the amount, anywhere.
    4. Burst (only with `new_fraud_from`, from that day on): four to eight payments of ordinary amounts
       within an hour, anywhere.
    """
    check_generator(rng)
    for name, value in {"n_customers": n_customers, "n_terminals": n_terminals, "n_days": n_days}.items():
        as_whole(value, name, 20)
    homes, shops = rng.uniform(0, 100, (n_customers, 2)), rng.uniform(0, 100, (n_terminals, 2))
    distance = ((homes[:, None] - shops[None]) ** 2).sum(axis=2)  # (n_customers, n_terminals), squared
    near = np.argsort(distance, axis=1, kind="stable")[:, :15]
    habit = rng.lognormal(3.5, 0.5, n_customers)  # mean amount, USD
    rate = rng.gamma(4.0, 0.25, n_customers)  # payments a day

    counts = rng.poisson(np.broadcast_to(rate[:, None], (n_customers, n_days)))
    customer = np.repeat(np.arange(n_customers), counts.sum(axis=1))
    day = np.repeat(np.tile(np.arange(n_days), n_customers), counts.ravel())
    n = len(customer)
    time = day + np.mod(rng.normal(0.62, 0.17, n), 1.0)  # the middle of the afternoon, seldom at night
    favourite = (15 * rng.random(n) ** 2).astype(int)
    elsewhere = rng.random(n) < 0.08
    terminal = np.where(elsewhere, rng.integers(0, n_terminals, n), near[customer, favourite])
    amount = habit[customer] * rng.gamma(2.0, 0.5, n)
    amount = np.where(rng.random(n) < 0.01, amount * rng.uniform(3, 8, n), amount)  # a rare large purchase
    scenario = np.zeros(n, np.int64)
    world = [time, customer, terminal, amount, scenario]

    _large_amounts(world, n_terminals, rng)
    _compromised_terminals(world, n_terminals, n_days, rng)
    _stolen_credentials(world, n_customers, n_terminals, n_days, rng)
    if new_fraud_from is not None:
        bursts = _bursts(habit, n_terminals, new_fraud_from, n_days, rng)
        world = [np.concatenate(pair) for pair in zip(world, bursts, strict=True)]
    order = np.argsort(world[0], kind="stable")
    time, customer, terminal, amount, scenario = (column[order] for column in world)
    return CardTransactions(time, customer, terminal, np.maximum(amount, 0.5).round(2), scenario)


def _large_amounts(world, n_terminals, rng):
    _, _, terminal, amount, scenario = world
    chosen = rng.random(len(amount)) < 0.0015
    scenario[chosen] = 1
    terminal[chosen] = rng.integers(0, n_terminals, chosen.sum())
    amount[chosen] = 120 + rng.exponential(130, chosen.sum())


def _campaigns(n_targets, per_day, shortest, longest, n_days, rng):
    """Pairs (target, first day, end) of frauds that last for some days."""
    starts = np.repeat(np.arange(n_days), rng.poisson(per_day, n_days))
    lengths = rng.integers(shortest, longest + 1, len(starts))
    return zip(rng.integers(0, n_targets, len(starts)), starts, starts + lengths, strict=True)


def _compromised_terminals(world, n_terminals, n_days, rng):
    time, _, terminal, _, scenario = world
    for target, start, end in _campaigns(n_terminals, n_terminals / 2500, 14, 28, n_days, rng):
        rows = np.flatnonzero((terminal == target) & (time >= start) & (time < end) & (scenario == 0))
        scenario[rows[rng.random(len(rows)) < 0.5]] = 2


def _stolen_credentials(world, n_customers, n_terminals, n_days, rng):
    time, customer, terminal, amount, scenario = world
    for target, start, end in _campaigns(n_customers, n_customers / 1400, 7, 14, n_days, rng):
        rows = np.flatnonzero((customer == target) & (time >= start) & (time < end) & (scenario == 0))
        rows = rows[rng.random(len(rows)) < 1 / 3]
        scenario[rows] = 3
        terminal[rows] = rng.integers(0, n_terminals, len(rows))
        amount[rows] *= rng.uniform(2, 6, len(rows))


def _bursts(habit, n_terminals, first_day, n_days, rng):
    n_customers = len(habit)
    start = np.repeat(np.arange(first_day, n_days), rng.poisson(n_customers / 1400, n_days - first_day))
    size = rng.integers(4, 9, len(start))
    victim = np.repeat(rng.integers(0, n_customers, len(start)), size)
    n = len(victim)
    time = np.repeat(start + rng.uniform(0.3, 0.95, len(start)), size) + rng.uniform(0, 1 / 24, n)
    amount = habit[victim] * rng.gamma(2.0, 0.5, n)
    return time, victim, rng.integers(0, n_terminals, n), amount, np.full(n, 4)


def look_back(transactions, *, label_delay=7.0, windows=(1.0, 7.0, 30.0)):
    """What is known at the moment of each payment: (X of shape (n, n_features), names).

    Nothing looks ahead. Counts and amounts of a customer reach up to the payment itself. Whether something
    was a fraud is known only `label_delay` days later, so the risk of a terminal or of a customer is taken
    from payments that are at least that old.

    Raises:
        ValueError: times not in order, or a negative delay.
    """
    t = transactions
    if len(t) and np.any(np.diff(t.time) < 0):
        raise ValueError("payments must be in order of time. Sort them first.")
    if label_delay < 0:
        raise ValueError(f"label_delay must be 0 or more days; got {label_delay}.")
    ones, fraud = np.ones(len(t)), t.fraud.astype(float)
    hour = 24 * (t.time % 1.0)
    columns = {
        "log amount": np.log(t.amount),
        "night": ((hour < 6) | (hour > 23)).astype(float),
    }
    for w in windows:
        count, spent = window_sums(t.customer, t.time, (ones, t.amount), w)
        columns[f"customer: payments in {w:g} d"] = np.log1p(count)
        mean = np.where(count > 0, spent / np.maximum(count, 1), t.amount)
        columns[f"amount / mean of {w:g} d"] = np.log(t.amount / mean)
    for who, key in (("terminal", t.terminal), ("customer", t.customer)):
        for w in windows:
            count, frauds = window_sums(key, t.time, (ones, fraud), w, delay=label_delay)
            if who == "terminal":
                columns[f"terminal: payments in {w:g} d"] = np.log1p(count)
            columns[f"{who}: known fraud share in {w:g} d"] = frauds / np.maximum(count, 1)
    pair = t.customer * (int(t.terminal.max()) + 1) + t.terminal
    (visits,) = window_sums(pair, t.time, (ones,), max(windows))
    columns["new terminal for the customer"] = (visits == 0).astype(float)
    return np.stack(list(columns.values()), axis=1), tuple(columns)


def window_sums(key, time, values, window, *, delay=0.0):
    """For each row, the sums of `values` over rows of the same key in [time - delay - window, time - delay).

    One sort and two binary searches do it for all rows at once.

    Args:
        key: (n,) integers; time: (n,) floats of at least 0; values: sequence of arrays (n,).

    >>> time = np.array([0.0, 1.0, 2.0, 2.5])
    >>> window_sums(np.array([7, 7, 8, 7]), time, (np.ones(4),), 2.0)[0]
    array([0., 1., 0., 1.])
    """
    # A place on one long axis for each key, so far apart that a window never reaches the neighbour
    span = float(time.max()) + window + delay + 1.0
    place = key * span + time
    order = np.argsort(place, kind="stable")
    ranked = place[order]
    first = np.searchsorted(ranked, place - delay - window, side="left")
    last = np.searchsorted(ranked, place - delay, side="left")
    sums = []
    for value in values:
        running = np.concatenate([[0.0], np.cumsum(value[order])])
        sums.append(running[last] - running[first])
    return sums
