"use strict";
// The numbers of the page: honest boards under tune-before-test, as benchgame_env.theory has them
// (theory/pure/honest_board.py and overtaking.py), with ties that go to the better model.
//
// Developers are counted from 0 in the order of quality; r passes k. A worth of a rank multiplies the
// whole cost by one factor, so that an effort of that worth costs the mean prize step.

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const HALVES = 1.5 * 2 ** 52; // adding and taking it away rounds to the nearest whole number, halves to even

// The next float64 above x: a little more than half of a unit in the last place is added.
const next = (x) => (x === 0 ? Number.MIN_VALUE : x + Math.abs(x) * 1.2e-16);

// Score curves: what developer i scores at a total effort, and the least total effort for a score.
const CURVES = {
  "scaling-law": ({ lower, upper, intercept, slope }) => ({
    strict: true,
    score: (i, x) =>
      lower[i] + (upper[i] - lower[i]) / (1 + Math.exp(-(intercept[i] + slope[i] * Math.log1p(x)))),
    effortFor: (i, score) => {
      const share = clamp((score - lower[i]) / (upper[i] - lower[i]), 0, 1);
      return Math.max(Math.expm1((Math.log(share / (1 - share)) - intercept[i]) / slope[i]), 0);
    },
  }),
  additive: ({ quality }) => ({
    strict: true,
    score: (i, x) => -Math.expm1(-(quality[i] + x)),
    effortFor: (i, score) => Math.max(-Math.log1p(-Math.min(score, 1)) - quality[i], 0),
  }),
  tabulated: ({ efforts, scores }) => ({
    strict: false, // flat stretches are intended
    score: (i, x) => interpolate(efforts[i], scores[i], x),
    effortFor: (i, score) => leastEffort(efforts[i], scores[i], score),
  }),
};

function interpolate(x, y, at) {
  const right = x.findIndex((knot) => knot > at);
  if (right === 0) return y[0];
  if (right < 0) return y[y.length - 1];
  return y[right - 1] + ((y[right] - y[right - 1]) / (x[right] - x[right - 1])) * (at - x[right - 1]);
}

function leastEffort(x, y, score) {
  const knot = y.findIndex((value) => value >= score);
  if (knot === 0) return 0;
  if (knot < 0) return Infinity;
  const share = (score - y[knot - 1]) / (y[knot] - y[knot - 1]);
  return x[knot - 1] + (x[knot] - x[knot - 1]) * clamp(share, 0, 1);
}

// What effort costs, and the largest effort that costs at most a value.
const COSTS = {
  linear: ({ rate }) => ({ of: (e) => rate * e, inverse: (c) => c / rate }),
  power: ({ rate, exponent, free }) => ({
    of: (e) => rate * Math.max(e - free, 0) ** exponent,
    inverse: (c) => free + (c / rate) ** (1 / exponent),
  }),
  capped: ({ rate, most }) => ({
    of: (e) => Math.min(rate * e, most),
    inverse: (c) => (c < most ? c / rate : Infinity),
  }),
  entry: ({ fee, rate }) => ({
    of: (e) => (e > 0 ? fee + rate * e : 0),
    inverse: (c) => Math.max(c - fee, 0) / rate,
  }),
};

class Game {
  // game: as a file of a game has it. numerics: see benchgame_env.numerics and theory.pure.
  constructor(game, numerics) {
    Object.assign(this, { names: game.names, prizes: game.prizes, numerics });
    this.curves = CURVES[game.curves.family](game.curves);
    this.cost = COSTS[game.cost.family](game.cost);
    this.n = game.prizes.length;
    this.budget = game.budget.map((budget) => budget ?? Infinity);
    this.limited = this.budget.some(Number.isFinite);
    this.range = game.prizes[0] - game.prizes[this.n - 1];
    this.step = this.range / (this.n - 1);
    this.edge = numerics.gain * this.range;
  }

  // By what the cost is multiplied where a rank is worth so much effort.
  factor(worth) {
    return this.step ? this.step / this.cost.of(worth) : 1;
  }

  // The worth of a rank where all gains and costs balance with the cost multiplied by 1 / prizes.
  worth(prizes) {
    return Number.isFinite(prizes) ? this.cost.inverse(prizes * this.step) : Infinity;
  }

  board(level) {
    return new Board(this, level);
  }
}

class Board {
  constructor(game, level) {
    const { curves, n, numerics } = game;
    Object.assign(this, { game, level, tables: new Map() });
    this.scores = Array.from({ length: n }, (_, i) => curves.score(i, level));
    this.shown = this.scores.map((score) => this.publish(score));
    this.order = Array.from({ length: n }, (_, i) => i).sort(
      (a, b) => this.shown[b] - this.shown[a] || a - b,
    );
    this.place = [];
    this.order.forEach((who, place) => (this.place[who] = place));
    this.top = game.budget.map((b, i) => (b < Infinity ? this.publish(curves.score(i, level + b)) : b));
    this.rho = numerics.rho;
  }

  publish(score) {
    const { rho } = this.game.numerics;
    return (score / rho + HALVES - HALVES) * rho;
  }

  // The own effort with which r passes k, whose score is moved by `shift` steps of the grid.
  effort(r, k, shift = 0, factor = 1) {
    const { game } = this;
    const effort = this.unlimited(r, k, shift);
    if (game.budget[r] === Infinity) return effort;
    const aim = this.shown[k] + (r > k ? this.rho : 0);
    let within = this.top[r] >= aim;
    if (shift) {
      // What the grid leaves open at the budget, where curves and published scores differ by far.
      const most = factor * game.cost.of(game.budget[r]);
      const needed = this.unlimited(r, k, 0);
      const price = needed < Infinity ? factor * game.cost.of(needed) : Infinity;
      const much = game.numerics.resolved * game.range;
      within = shift < 0 ? within || price + much < most : within && !(price > most + much);
    }
    return within ? Math.min(effort, game.budget[r]) : Infinity;
  }

  unlimited(r, k, shift) {
    let aim = this.scores[k] + shift * this.rho;
    if (r > k) {
      // The tie rule favours k. Of a published tie both scores have to be exceeded.
      if (shift === 0 && this.shown[r] === this.shown[k]) aim = Math.max(aim, this.scores[r]);
      aim = next(aim);
    }
    return this.scores[r] >= aim ? 0 : Math.max(this.game.curves.effortFor(r, aim) - this.level, 0);
  }

  // All overtakes of somebody above: {r, k, effort, won, cost}, cost not yet multiplied by a factor.
  overtakes(shift = 0, factor = 1) {
    if (this.game.limited && shift) return this.table(shift, factor);
    if (!this.tables.has(shift)) this.tables.set(shift, this.table(shift, factor));
    return this.tables.get(shift);
  }

  table(shift, factor) {
    const { prizes, cost, n } = this.game;
    const rows = [];
    for (let above = 0; above < n; above++) {
      for (let below = above + 1; below < n; below++) {
        const [k, r] = [this.order[above], this.order[below]];
        const effort = this.effort(r, k, shift, factor);
        // A least effort that is not attained costs the right limit: a fee for any effort counts.
        const short = r > k && this.shown[r] <= this.shown[k] + shift * this.rho;
        const price = effort < Infinity ? cost.of(short ? next(effort) : effort) : Infinity;
        rows.push({ r, k, effort, won: prizes[above] - prizes[below], cost: price });
      }
    }
    return rows;
  }

  // The overtake that gains most, and the gain; null if none gains more than the bar.
  best(shift, factor, bar) {
    const rows = this.overtakes(shift, factor);
    let found = -1;
    for (let number = 0; number < rows.length; number++) {
      const gain = rows[number].won - factor * rows[number].cost;
      if (gain > bar) [bar, found] = [gain, number];
    }
    return found < 0 ? null : { ...rows[found], gain: bar, number: found };
  }

  // The largest gain from leaving honest play, as theory.temptation: {amount, pair, resolved}; the amount
  // is NaN where one step of the grid decides.
  temptation(factor) {
    const { edge, range, numerics } = this.game;
    const gains = (shift) => this.best(shift, factor, edge) !== null;
    let pair = this.best(0, factor, edge);
    const higher = pair && this.overtakes(numerics.steps + 1, factor)[pair.number];
    const sure = pair !== null && higher.won - factor * higher.cost > edge;
    if (pair && !sure && !gains(numerics.steps - 1)) pair = null;
    let resolved;
    if (pair) resolved = sure || gains(numerics.steps + 1);
    else resolved = (this.best(-1, factor, 0)?.gain ?? 0) <= numerics.resolved * range;
    if (!resolved && this.blurred(factor)) return { amount: NaN, pair: null, resolved };
    return { amount: pair ? pair.gain : 0, pair, resolved };
  }

  // Whether what was found is enough to tell the regime: no step of the grid moves the gain by much.
  settled({ amount, pair, resolved }, factor) {
    const { range, numerics } = this.game;
    const near = (shift) => Math.abs(this.best(shift, factor, -Infinity).gain - amount);
    return resolved && (!pair || Math.max(near(-1), near(1)) <= numerics.vague * range);
  }

  // Whether one step of the grid moves an effort that matters by much.
  blurred(factor) {
    const { game } = this;
    if (!game.curves.strict) return false;
    const worth = game.cost.inverse(game.range / factor);
    const scale = game.budget.map((budget) => Math.min(budget, worth));
    const much = game.numerics.resolved * (Math.max(0, ...scale.filter(Number.isFinite)) || 1);
    for (let place = 1; place < game.n; place++) {
      const r = this.order[place];
      for (const k of [this.order[place - 1], this.order[0]]) {
        const [low, high] = [-1, 1].map((s) => Math.min(this.effort(r, k, s, factor), 2 * scale[r]));
        if (high - low > much) return true;
      }
    }
    return false;
  }

  // The largest worth of a rank at which nobody gains by overtaking, as theory.largest_worth; NaN where
  // one step of the grid decides.
  largestWorth() {
    const { game } = this;
    const { steps, vague, resolved } = game.numerics;
    const prizes = (shift) => {
      let least = Infinity;
      for (const { won, cost } of this.overtakes(shift)) {
        if (won > game.edge) least = Math.min(least, cost / (won - game.edge));
      }
      return least;
    };
    const [low, high] = [game.worth(prizes(-1)), game.worth(prizes(1))];
    const worth = game.worth(Math.max(prizes(0), prizes(steps - 1)));
    return high - low > Math.max(vague * worth, resolved * game.worth(1)) ? NaN : worth;
  }

  // The effort with which each place, from the second on, passes the one above.
  climb() {
    const { order } = this;
    return order.slice(1).map((r, above) => this.effort(r, order[above]));
  }
}

// The ranges of levels at which nobody is tempted: at the levels of `boards`, and between them by
// bisection. Boards stand close together, and on both sides of every crossing.
function stableBand(game, boards, factor) {
  const isStable = (board) => board.temptation(factor).amount === 0;
  const end = (low, high, first) => {
    let [a, b] = [low.level, high.level];
    for (let round = 0; round < 60 && b - a > 1e-12 * b; round++) {
      const middle = (a + b) / 2;
      if (isStable(game.board(middle)) === first) a = middle;
      else b = middle;
    }
    return first ? a : b; // the side that is stable
  };
  const stable = boards.map(isStable);
  const band = [];
  boards.forEach((board, m) => {
    const was = m > 0 && stable[m - 1];
    if (stable[m] && !was) band.push([m ? end(boards[m - 1], board, false) : board.level, board.level]);
    if (stable[m] || was)
      band[band.length - 1][1] = stable[m] ? board.level : end(boards[m - 1], board, true);
  });
  return band;
}

// Boards at levels, and where two neighbours differ in their order, two more at the crossing.
function boardsAt(game, levels) {
  const boards = [];
  const same = (a, b) => a.order.every((who, place) => who === b.order[place]);
  for (const level of levels) {
    const [last, here] = [boards[boards.length - 1], game.board(level)];
    if (last && !same(last, here)) {
      let [low, high] = [last, here];
      for (let round = 0; round < 40; round++) {
        const middle = game.board((low.level + high.level) / 2);
        if (same(middle, last)) low = middle;
        else high = middle;
      }
      boards.push(low, high);
    }
    boards.push(here);
  }
  return boards;
}

// One game for each draw of the curves, its developers in the draw's own order of quality; `who` says
// which ones they are.
function gamesOfDraws(game, draws, numerics) {
  return draws.upper.map((upper, d) => {
    const who = upper.map((_, i) => i).sort((a, b) => upper[b] - upper[a] || a - b);
    const curves = { family: "scaling-law" };
    for (const name of ["lower", "upper", "intercept", "slope"])
      curves[name] = who.map((i) => draws[name][d][i]);
    return new Game({ ...game, curves, budget: who.map((i) => game.budget[i]) }, numerics);
  });
}
