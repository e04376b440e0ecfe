"use strict";
// What holds at the state, in sentences.

function setting() {
  const rule = state.level
    ? `Tune-before-test at ${words(state.level)} ${data.unit}`
    : "Direct evaluation";
  return WORTHS ? `${rule}, a rank worth ${words(state.worth)}` : rule;
}

function verdict() {
  const { amount, pair } = facts;
  if (Number.isNaN(amount)) return "undecided. Scores are closer than a board can show.";
  if (amount === 0) return `stable. Nobody gains by own tuning${limit()}.`;
  const [r, k] = [game.names[pair.r], game.names[pair.k]];
  const prizes = `prizes go from ${words(game.prizes[0])} to ${words(game.prizes[game.n - 1])}`;
  return `not stable. With ${words(pair.effort)} ${data.unit} of its own, ${r} passes ${k} and gains ${words(amount)} (${prizes}).`;
}

function limit() {
  if (!WORTHS) return ", as all ranks pay the same";
  if (facts.largest === Infinity) return ", whatever a rank is worth";
  return `, while a rank is worth no more than ${words(facts.largest, 4)}`;
}

function more() {
  const { amount, settled, band, share, board } = facts;
  const said = [];
  if (share !== null)
    said.push(`Stable in ${words(100 * share)} % of ${draws.length} draws of the curves.`);
  said.push(stableWords(band));
  said.push(`Regime: ${regime(amount, settled)}.`);
  const wrong = wrongPairs(board.order);
  said.push(
    wrong
      ? `Without own tuning the board has ${wrong} of ${(game.n * (game.n - 1)) / 2} pairs in the wrong order.`
      : "Without own tuning the board is in the order of quality.",
  );
  return said.join(" ");
}

function stableWords(band) {
  if (!band.length) return `No level up to ${words(data.most)} is known to be stable.`;
  if (band[0][0] === 0 && band[0][1] >= data.most)
    return `Every level up to ${words(data.most)} is stable.`;
  const ends = band
    .slice(0, 3)
    .map(([low, high]) =>
      high >= data.most
        ? `from ${words(low, 4)} on`
        : low
          ? `from ${words(low, 4)} to ${words(high, 4)}`
          : `up to ${words(high, 4)}`,
    );
  if (band.length > 3) ends.push(`${band.length - 3} more ranges`);
  return `Stable levels${WORTHS ? " at this worth" : ""}: ${ends.join(", ")}.`;
}

function regime(amount, settled) {
  if (Number.isNaN(amount) || !settled)
    return "undecided, as one step of the grid of scores decides it";
  const others = `other equilibria are possible, as ${data.failed.join(" and ")}`;
  if (amount === 0)
    return data.failed.length
      ? `honest play is an equilibrium; ${others}`
      : "pure; honest play is the only equilibrium in pure strategies";
  return data.failed.length ? `honest play is no equilibrium; ${others}` : "no pure equilibrium";
}

// The command that predicts what the page shows.
function command() {
  const { family, ...values } = data.game.cost;
  const told = `${data.command} --level ${state.level}`;
  if (!WORTHS) return told;
  if (family === "linear") return `${told} --worth ${state.worth}`;
  const scaled = Object.entries(values).map(([name, value]) => {
    const inPrizes = ["rate", "most", "fee"].includes(name);
    return `${name}=${inPrizes ? Number((value * facts.factor).toPrecision(12)) : value}`;
  });
  return `${told} --cost ${[family, ...scaled].join(",")}`;
}

function wrongPairs(order) {
  let wrong = 0;
  order.forEach((who, place) => order.slice(place + 1).forEach((below) => (wrong += below < who)));
  return wrong;
}
