"use strict";
// The page: its state is a level and a worth, kept in the address; everything shown follows from them.

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
const boards = boardsAt(game, shares.map((share) => LEVELS.value(share)));
const columns = shares.map((share) => boards.find((board) => board.level === LEVELS.value(share)));
const withstood = boards.map((board) => [board.level, board.largestWorth()]);
let surely = []; // likewise, in 95 % of draws; worked out after the page is there

const start = { level: data.level, worth: data.worth };
let state = { ...start };

// --- the state and the address ------------------------------------------------------------------

function fromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const number = (name) => (given.has(name) && given.get(name) !== "" ? Number(given.get(name)) : NaN);
  const [level, worth] = [number("level"), number("worth")];
  return {
    level: level >= 0 && level <= 1e100 ? level : start.level,
    worth: WORTHS && isWorth(worth) ? worth : start.worth,
  };
}

const isWorth = (worth) => worth > 0 && worth <= 1e100 && game.cost.of(worth) > 0 && game.cost.of(worth) < Infinity;

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

// --- controls -----------------------------------------------------------------------------------

const neat = (value) => Number(value.toPrecision(3)); // what a slider sets

function control(name, axis, valid) {
  const [slider, number] = [at(name), at(`${name}-number`)];
  const most = Number(slider.max);
  slider.addEventListener("input", () => {
    change({ [name]: clamp(neat(axis.value(slider.value / most)), axis.low, axis.high) });
  });
  number.addEventListener("change", () => {
    const value = number.value === "" ? NaN : Number(number.value);
    if (valid(value)) change({ [name]: value });
    else number.value = state[name];
    visit();
  });
  slider.addEventListener("change", visit);
  return (value) => {
    slider.value = Math.round(axis.share(value) * most);
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

// --- what holds at the state --------------------------------------------------------------------

let facts;

function work() {
  const [board, factor] = [game.board(state.level), game.factor(state.worth)];
  const stable = draws.filter((draw) => draw.board(state.level).temptation(draw.factor(state.worth)).amount === 0);
  facts = {
    board,
    factor,
    ...board.temptation(factor),
    band: stableBand(game, boards, factor),
    largest: board.largestWorth(),
    share: draws.length ? stable.length / draws.length : null,
  };
}

function setting() {
  const rule = state.level ? `Tune-before-test at ${words(state.level)} ${data.unit}` : "Direct evaluation";
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
  const { amount, resolved, band, share, board } = facts;
  const said = [];
  if (share !== null) said.push(`Stable in ${words(100 * share)} % of ${draws.length} draws of the curves.`);
  said.push(stableWords(band));
  said.push(`Regime: ${regime(amount, resolved)}.`);
  const wrong = wrongPairs(board.order);
  said.push(wrong ? `Without own tuning the board has ${wrong} of ${(game.n * (game.n - 1)) / 2} pairs in the wrong order.` : "Without own tuning the board is in the order of quality.");
  return said.join(" ");
}

function stableWords(band) {
  if (!band.length) return `No level up to ${words(data.most)} is stable.`;
  if (band[0][0] === 0 && band[0][1] >= data.most) return `Every level up to ${words(data.most)} is stable.`;
  const ends = band.slice(0, 3).map(([low, high]) =>
    high >= data.most ? `from ${words(low, 4)} on` : low ? `from ${words(low, 4)} to ${words(high, 4)}` : `up to ${words(high, 4)}`);
  if (band.length > 3) ends.push(`${band.length - 3} more ranges`);
  return `Stable levels${WORTHS ? " at this worth" : ""}: ${ends.join(", ")}.`;
}

function regime(amount, resolved) {
  if (Number.isNaN(amount) || !resolved) return "undecided, as one step of the grid of scores decides it";
  const others = `other equilibria are possible, as ${data.failed.join(" and ")}`;
  if (amount === 0) return data.failed.length ? `honest play is an equilibrium; ${others}` : "pure; honest play is the only equilibrium in pure strategies";
  return data.failed.length ? `honest play is no equilibrium; ${others}` : "no pure equilibrium";
}

function wrongPairs(order) {
  let wrong = 0;
  order.forEach((who, place) => order.slice(place + 1).forEach((below) => (wrong += below < who)));
  return wrong;
}

// --- figures ------------------------------------------------------------------------------------

const OTHERS = "#777"; // of many models all but two
const frameOf = (id, height, across, up) => new Frame(at(id).clientWidth || 340, height, across, up);
const inPair = (i) => facts.pair && (facts.pair.r === i || facts.pair.k === i);

function colour(i) {
  if (few) return data.colours[i % data.colours.length];
  return inPair(i) ? data.colours[i === facts.pair.r ? 1 : 0] : OTHERS;
}

function put(id, ...parts) {
  at(id).replaceChildren(...parts);
}

const bandOfDraws = []; // by model: [effort, low, high], the middle 95 % of draws
const EFFORTS = Array.from({ length: 81 }, (_, m) => LEVELS.value(m / 80));

function scoresInDraws(i) {
  const low = Math.floor(0.025 * draws.length);
  const parameters = ["lower", "upper", "intercept", "slope"];
  const laws = data.draws.upper.map((_, d) => parameters.map((name) => data.draws[name][d][i]));
  const columns = Object.fromEntries(parameters.map((name, p) => [name, laws.map((law) => law[p])]));
  const { score } = CURVES["scaling-law"](columns);
  return EFFORTS.map((effort) => {
    const sorted = Float64Array.from(laws, (_, d) => score(d, effort)).sort();
    return [effort, sorted[low], sorted[sorted.length - 1 - low]];
  });
}

const every = columns.flatMap(({ scores }) => scores);
const SCORES = linearAxis(Math.min(...every), Math.max(...every));
const span = 0.03 * (SCORES.high - SCORES.low);
[SCORES.low, SCORES.high] = [SCORES.low - span, SCORES.high + span];

function drawCurves() {
  const frame = frameOf("curves", 320, LEVELS, SCORES);
  for (const [low, high] of facts.band) frame.band(low, high, "stable");
  const loud = (i) => few || inPair(i);
  for (let i = 0; i < game.n; i++) {
    if (!draws.length || !loud(i)) continue;
    bandOfDraws[i] ??= scoresInDraws(i);
    frame.area([...bandOfDraws[i]], "draws", colour(i));
  }
  for (let i = 0; i < game.n; i++) {
    const [first, last] = data.measured[game.names[i]] ?? [0, Infinity];
    const quiet = loud(i) ? "" : "quiet";
    const points = columns.map(({ level, scores }) => [level, scores[i]]);
    const inside = points.filter(([level]) => level >= first && level <= last);
    frame.line(inside, quiet, colour(i));
    frame.line(points.filter(([level]) => level >= last), `dashed ${quiet}`, colour(i));
    for (const [steps, score, stderr] of loud(i) ? (data.checkpoints[game.names[i]] ?? []) : []) {
      frame.line([[steps, score - stderr], [steps, score + stderr]], "error", colour(i));
    }
  }
  frame.upright(state.level, "here");
  if (facts.pair) {
    const { r, k, effort } = facts.pair;
    const ends = Array.from({ length: 41 }, (_, m) => state.level + (effort * m) / 40);
    frame.line(ends.map((x) => [x, game.curves.score(r, x)]), "climb", colour(r));
    frame.line([[state.level, facts.board.scores[k]], [state.level + effort, facts.board.scores[k]]], "goal");
  }
  for (let i = 0; i < game.n; i++) if (loud(i)) frame.dot(state.level, facts.board.scores[i], "disc", colour(i));
  put("curves", frame.svg("Score of each model by total effort", `Total effort, ${data.unit}`));
  const names = game.names.map((name, i) => [i, name]).filter(([i]) => loud(i));
  const signs = names.map(([i, name]) => sign("line", name, colour(i)));
  if (!few) signs.push(sign("line quiet", `${game.n - names.length} other models`, OTHERS));
  if (Object.keys(data.checkpoints).length) signs.push(sign("error", "standard error at a checkpoint", data.colours[1]));
  if (draws.length) signs.push(sign("area draws", "middle 95 % of draws", data.colours[1]));
  signs.push(sign("stable", "stable levels"));
  if (facts.pair) signs.push(sign("climb", "what gains most", colour(facts.pair.r)));
  at("curves-legend").replaceChildren(...signs);
}

// A sign and its meaning, for a legend.
function sign(kind, meaning, tint = "") {
  const picture = shape("svg", { class: "sign", viewBox: "0 0 28 14", "aria-hidden": "true" });
  if (kind.startsWith("area") || kind === "stable") picture.append(shape("rect", { class: kind, x: 1, y: 1, width: 26, height: 12 }));
  else if (kind === "error") picture.append(shape("path", { class: "line error", d: "M14,1V13" }));
  else picture.append(shape("path", { class: `line ${kind}`, d: "M1,7H27" }));
  return element("span", { class: "entry", style: tint && `color:${tint}` }, picture, element("span", { class: "meaning" }, meaning));
}

const climbs = boards.map((board) => board.climb());

function drawEfforts() {
  const [low, high] = WORTHS ? [WORTHS.low, WORTHS.high] : [data.threshold, data.most];
  const up = zeroAxis(10 ** Math.floor(Math.log10(low)), high);
  const frame = frameOf("efforts", 320, LEVELS, up);
  for (const [low, high] of facts.band) frame.band(low, high, "stable");
  const signs = [];
  for (let k = 0; few && k < game.n - 1; k++) {
    frame.line(boards.map(({ level }, m) => [level, climbs[m][k]]), "", colour(k));
    signs.push(sign("line", `rank ${k + 2} over ${k + 1}`, colour(k)));
  }
  if (WORTHS) {
    frame.line(withstood, "strong");
    signs.push(sign("strong", "largest worth of a rank at which nobody gains"));
    if (surely.length) {
      frame.line(surely, "strong dashed");
      signs.push(sign("strong dashed", "the same in 95 % of draws"));
    }
    frame.level(state.worth, "here");
    signs.push(sign("here", "where you are"));
  }
  frame.upright(state.level, "here");
  put("efforts", frame.svg("Effort that lifts a model by one rank, by level", `Tune-before-test level, ${data.unit}`));
  at("efforts-legend").replaceChildren(...signs, sign("stable", "stable levels"));
}

// --- the map ------------------------------------------------------------------------------------

const ROWS = 100;
const STABLE = [214, 230, 242];
const UNKNOWN = [190, 190, 190];
const TINTS = [[253, 234, 214], [240, 150, 72], [170, 62, 0]];

function tint(amount) {
  if (Number.isNaN(amount)) return UNKNOWN;
  if (amount === 0) return STABLE;
  const share = clamp(amount / game.range, 0, 1) * (TINTS.length - 1);
  const first = Math.min(Math.floor(share), TINTS.length - 2);
  return TINTS[first].map((part, c) => part + (share - first) * (TINTS[first + 1][c] - part));
}

let mapImage;

function paintMap() {
  const canvas = element("canvas", { width: COLUMNS, height: ROWS });
  const context = canvas.getContext("2d");
  const image = context.createImageData(COLUMNS, ROWS);
  for (let row = 0; row < ROWS; row++) {
    const factor = game.factor(WORTHS.value(1 - row / (ROWS - 1)));
    columns.forEach((board, column) => {
      image.data.set([...tint(board.temptation(factor).amount), 255], 4 * (row * COLUMNS + column));
    });
  }
  context.putImageData(image, 0, 0);
  mapImage = canvas.toDataURL();
}

function drawMap() {
  if (!mapImage) paintMap();
  const frame = frameOf("map", 320, LEVELS, WORTHS);
  const inner = { viewBox: `.5 .5 ${COLUMNS - 1} ${ROWS - 1}`, preserveAspectRatio: "none" };
  const picture = shape("image", { href: mapImage, width: COLUMNS, height: ROWS, preserveAspectRatio: "none" });
  frame.add("svg", { ...frame.box(), ...inner }, picture);
  frame.line(withstood, "edge");
  frame.line(surely, "edge dashed");
  frame.upright(state.level, "cross");
  frame.level(state.worth, "cross");
  frame.dot(state.level, state.worth, "ring");
  const about = "Temptation by level and worth of a rank; a click sets both";
  const figure = frame.svg(about, `Tune-before-test level, ${data.unit}`);
  figure.classList.add("map");
  figure.addEventListener("click", (event) => {
    const box = figure.getBoundingClientRect();
    const { x, y, width, height } = frame.box();
    const level = LEVELS.value((event.clientX - box.left - x) / width);
    const worth = WORTHS.value(1 - (event.clientY - box.top - y) / height);
    go({ level: neat(level), worth: clamp(neat(worth), WORTHS.low, WORTHS.high) });
  });
  put("map", figure);
  const scale = element("span", { class: "meaning" }, "0 ", element("span", { class: "scale" }), ` ${words(game.range)}, in prizes`);
  const signs = [element("span", { class: "entry" }, scale), sign("stable", "stable: 0"), sign("area undecided", "undecided"), sign("edge", "largest stable worth")];
  if (draws.length) signs.push(sign("edge dashed", "in 95 % of draws"));
  at("map-legend").replaceChildren(...signs);
  at("map-legend").querySelector(".scale").style.background =
    `linear-gradient(to right, ${TINTS.map((part) => `rgb(${part})`).join(", ")})`;
}

// The worth that 95 % of draws withstand, at every other column; a column at a time, so that the page
// answers meanwhile.
function workOnDraws(column = 0) {
  if (!WORTHS || !draws.length) return;
  if (column >= COLUMNS) return change({});
  const { level } = columns[column];
  const sorted = Float64Array.from(draws, (draw) => draw.board(level).largestWorth() || 0).sort();
  surely.push([level, sorted[Math.floor(0.05 * sorted.length)]]);
  setTimeout(workOnDraws, 0, column + 2);
}

// --- tables -------------------------------------------------------------------------------------

function cell(effort, gain) {
  const strong = gain > 0 ? Math.round(15 + 55 * clamp(gain / game.range, 0, 1)) : 0;
  const look = gain > 0 ? `background:color-mix(in srgb, #d55e00 ${strong}%, #fff)` : "";
  const says = Number.isFinite(effort) ? [element("b", {}, signed(gain)), element("br"), words(effort)] : ["out of reach"];
  return element("td", { style: look, class: gain > 0 ? "gains" : "" }, ...says);
}

const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + words(Math.abs(value));

function gainOf(row) {
  return row.won - facts.factor * row.cost;
}

function drawPairs() {
  const { board } = facts;
  const rows = board.overtakes();
  if (!few) {
    const best = [...rows].sort((a, b) => gainOf(b) - gainOf(a)).slice(0, 10);
    const lines = best.map((row) =>
      element("tr", {}, element("th", { scope: "row" }, game.names[row.r]), element("td", { class: "text" }, game.names[row.k]), element("td", {}, words(row.effort)), element("td", {}, signed(gainOf(row)))));
    const caption = `The ten overtakes that gain most; efforts in ${data.unit}, gains in prizes.`;
    put("pairs", ...table(["*Model", "*passes", "with effort", "and gains"], lines, caption));
    return;
  }
  const above = board.order.slice(0, -1);
  const lines = board.order.slice(1).map((r) => {
    const cells = above.map((k) => {
      const row = rows.find((row) => row.r === r && row.k === k);
      return row ? cell(row.effort, gainOf(row)) : element("td", { class: "empty" });
    });
    return element("tr", {}, element("th", { scope: "row" }, game.names[r]), ...cells);
  });
  const caption = `The model of a row passes that of a column. Bold: its gain, in prizes; below: its own effort, ${data.unit}.`;
  put("pairs", ...table(["", ...above.map((k) => game.names[k])], lines, caption, "matrix"));
}

// What a table says and the table; a star marks columns of text.
function table(header, lines, caption, kind = "") {
  const heads = header.map((name) => element("th", { scope: "col", class: name.startsWith("*") ? "text" : "" }, name.replace("*", "")));
  const parts = [element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...lines)];
  return [element("p", { class: "caption" }, caption), element("table", { class: kind, "aria-label": caption }, ...parts)];
}

function drawBoard() {
  const { board } = facts;
  const rows = board.overtakes();
  const lines = board.order.map((who, place) => {
    const own = rows.filter((row) => row.r === who);
    const best = own.reduce((a, b) => (a && gainOf(a) >= gainOf(b) ? a : b), null);
    const gain = best && gainOf(best);
    const says = best ? [game.names[best.k], words(best.effort), Number.isFinite(gain) ? signed(gain) : "–"] : ["–", "–", "–"];
    return element("tr", { class: gain > 0 ? "tempted" : "" },
      element("td", {}, String(place + 1)), element("th", { scope: "row" }, game.names[who]), element("td", {}, board.scores[who].toFixed(4)), element("td", {}, String(who + 1)),
      element("td", { class: "text" }, says[0]), element("td", {}, says[1]), element("td", {}, says[2]));
  });
  const header = ["Rank", "*Model", "Score", "By quality", "*Could pass", "Effort", "Gain"];
  const where = state.level ? `At level ${words(state.level)}` : "Under direct evaluation";
  put("board", ...table(header, lines, `${where}, with the overtake that gains each model most; efforts in ${data.unit}, gains in prizes.`));
}

// --- all of it ----------------------------------------------------------------------------------

function show() {
  work();
  showLevel(state.level);
  showWorth(state.worth);
  at("least").disabled = !facts.band.length;
  const kind = Number.isNaN(facts.amount) ? "undecided" : facts.amount ? "tempted" : "calm";
  document.body.dataset.kind = kind;
  at("verdict").textContent = `${setting()}: ${verdict()}`;
  at("more").textContent = more();
  at("command").textContent = data.command
    .replace("@LEVEL@", String(state.level)).replace("@WORTH@", String(state.worth));
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
    draws.filter((draw) => draw.board(level).temptation(draw.factor(worth)).amount === 0).length / draws.length,
};
