"use strict";
// The page: its state is a level and a worth, kept in the address; everything shown follows from them. The
// other files of this folder come before and after it in one script.

const data = JSON.parse(document.getElementById("data").textContent);
const game = new Game(data.game, data.numerics);
const draws = data.draws ? gamesOfDraws(data.game, data.draws, data.numerics) : [];
const at = (id) => document.getElementById(id);
const MANY = 8; // models up to which all are drawn in colour and compared pair by pair
const few = game.n <= MANY;

const LEVELS = zeroAxis(data.threshold, data.most);
const WORTHS = data.worth === null ? null : logAxis(...data.worths);
const COLUMNS = game.n > 12 ? 100 : 160;
const shares = Array.from({ length: COLUMNS }, (_, m) => m / (COLUMNS - 1));
const boards = boardsAt(
  game,
  shares.map((share) => LEVELS.value(share)),
);
const columns = shares.map((share) => boards.find((board) => board.level === LEVELS.value(share)));
const withstood = boards.map((board) => [board.level, board.largestWorth()]);
let surely = []; // likewise, in 95 % of draws; worked out after the page is there

const start = { level: data.level, worth: data.worth };
let state = { ...start };

// --- the state and the address ---

function fromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const number = (name) => (given.has(name) && given.get(name) !== "" ? Number(given.get(name)) : NaN);
  const [level, worth] = [number("level"), number("worth")];
  return {
    level: level >= 0 && level <= 1e100 ? level : start.level,
    worth: WORTHS && isWorth(worth) ? worth : start.worth,
  };
}

const isWorth = (worth) =>
  worth > 0 && worth <= 1e100 && game.cost.of(worth) > 0 && game.cost.of(worth) < Infinity;

let lastVisit = 0;

// Another state has another address, and the way back leads to the one before; many changes in a second
// are one.
function visit() {
  const address = `#level=${state.level}` + (WORTHS ? `&worth=${state.worth}` : "");
  if (address === location.hash) return;
  const quick = Date.now() - lastVisit < 1000;
  lastVisit = Date.now();
  if (quick) history.replaceState(null, "", address);
  else location.hash = address;
}

let waiting = 0;

// Several changes at once are shown once.
function change(part) {
  state = { ...state, ...part };
  clearTimeout(waiting);
  waiting = setTimeout(show, 0);
}

// --- controls ---

const neat = (value) => Number(value.toPrecision(3)); // what a slider or a click sets

function control(name, axis, valid) {
  const [slider, number] = [at(name), at(`${name}-number`)];
  const most = Number(slider.max);
  const told = () => clamp(neat(axis.value(slider.value / most)), axis.low, axis.high);
  slider.addEventListener("input", () => change({ [name]: told() }));
  number.addEventListener("change", () => {
    const value = number.value === "" ? NaN : Number(number.value);
    if (valid(value)) change({ [name]: value });
    else number.value = state[name];
    visit();
  });
  slider.addEventListener("change", visit);
  return (value) => {
    // Several places may tell the same value: a slider that is moved stays where it is.
    if (told() !== value) slider.value = Math.round(axis.share(value) * most);
    slider.setAttribute("aria-valuetext", `${words(value)} ${data.unit}`);
    if (document.activeElement !== number || Number(number.value) !== value) number.value = value;
  };
}

const showLevel = control("level", LEVELS, (level) => level >= 0 && level <= 1e100);
const showWorth = WORTHS ? control("worth", WORTHS, isWorth) : () => {};
const go = (part) => {
  change(part);
  visit();
};
at("direct").addEventListener("click", () => go({ level: 0 }));
at("reset").addEventListener("click", () => go(start));
at("least").addEventListener("click", () => go({ level: leastLevel() }));
at("controls").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => change(fromAddress()));
addEventListener("resize", () => change({}));

// The least stable level, rounded up a little where that is stable too.
function leastLevel() {
  const [low, high] = facts.band[0];
  const unit = low && 10 ** (Math.floor(Math.log10(low)) - 3);
  const round = low && Number((Math.ceil(low / unit) * unit).toPrecision(6));
  return round <= high ? round : low;
}

// --- what holds at the state ---

let facts;

function work() {
  const [board, factor] = [game.board(state.level), game.factor(state.worth)];
  const stable = draws.filter(
    (draw) => draw.board(state.level).temptation(draw.factor(state.worth)).amount === 0,
  );
  const found = board.temptation(factor);
  facts = {
    board,
    factor,
    ...found,
    settled: board.settled(found, factor),
    band: stableBand(game, boards, factor),
    largest: board.largestWorth(),
    share: draws.length ? stable.length / draws.length : null,
  };
}
