"use strict";
// Everything at the state is shown, at the start and after each change.

function show() {
  work();
  showLevel(state.level);
  showWorth(state.worth);
  at("least").disabled = !facts.band.length;
  const kind = Number.isNaN(facts.amount) ? "undecided" : facts.amount ? "tempted" : "calm";
  document.body.dataset.kind = kind;
  at("verdict").textContent = `${setting()}: ${verdict()}`;
  at("more").textContent = more();
  at("command").textContent = command();
  drawCurves();
  if (WORTHS) drawMap();
  drawEfforts();
  drawPairs();
  drawBoard();
}

if (!WORTHS) for (const id of ["worths", "map-section"]) at(id).hidden = true;
state = fromAddress();
show();
workOnDraws();

// For whoever asks the page for numbers, such as its tests.
window.benchgame = {
  temptation: (level, worth) => game.board(level).temptation(game.factor(worth)).amount,
  requiredEffort: (level, r, k) => game.board(level).effort(r, k),
  largestWorth: (level) => game.board(level).largestWorth(),
  stableLevels: (worth) => stableBand(game, boards, game.factor(worth)),
  stableShare: (level, worth) =>
    draws.filter((draw) => draw.board(level).temptation(draw.factor(worth)).amount === 0).length /
    draws.length,
};
