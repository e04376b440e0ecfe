"use strict";
// The figures: score curves, required efforts and the map of temptation.

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
    frame.line(
      points.filter(([level]) => level >= last),
      `dashed ${quiet}`,
      colour(i),
    );
    for (const [steps, score, stderr] of loud(i) ? (data.checkpoints[game.names[i]] ?? []) : []) {
      frame.line(
        [
          [steps, score - stderr],
          [steps, score + stderr],
        ],
        "error",
        colour(i),
      );
    }
  }
  frame.upright(state.level, "here");
  if (facts.pair) {
    const { r, k, effort } = facts.pair;
    const ends = Array.from({ length: 41 }, (_, m) => state.level + (effort * m) / 40);
    frame.line(
      ends.map((x) => [x, game.curves.score(r, x)]),
      "climb",
      colour(r),
    );
    frame.line(
      [
        [state.level, facts.board.scores[k]],
        [state.level + effort, facts.board.scores[k]],
      ],
      "goal",
    );
  }
  for (let i = 0; i < game.n; i++)
    if (loud(i)) frame.dot(state.level, facts.board.scores[i], "disc", colour(i));
  put("curves", frame.svg("Score of each model by total effort", `Total effort, ${data.unit}`));
  const names = game.names.map((name, i) => [i, name]).filter(([i]) => loud(i));
  const signs = names.map(([i, name]) => sign("line", name, colour(i)));
  if (!few) signs.push(sign("line quiet", `${game.n - names.length} other models`, OTHERS));
  if (Object.keys(data.checkpoints).length)
    signs.push(sign("error", "standard error at a checkpoint", data.colours[1]));
  if (draws.length) signs.push(sign("area draws", "middle 95 % of draws", data.colours[1]));
  signs.push(sign("stable", "stable levels"));
  if (facts.pair) signs.push(sign("climb", "what gains most", colour(facts.pair.r)));
  at("curves-legend").replaceChildren(...signs);
}

// A sign and its meaning, for a legend.
function sign(kind, meaning, tint = "") {
  const picture = shape("svg", { class: "sign", viewBox: "0 0 28 14", "aria-hidden": "true" });
  if (kind.startsWith("area") || kind === "stable")
    picture.append(shape("rect", { class: kind, x: 1, y: 1, width: 26, height: 12 }));
  else if (kind === "error") picture.append(shape("path", { class: "line error", d: "M14,1V13" }));
  else picture.append(shape("path", { class: `line ${kind}`, d: "M1,7H27" }));
  return element(
    "span",
    { class: "entry", style: tint && `color:${tint}` },
    picture,
    element("span", { class: "meaning" }, meaning),
  );
}

const climbs = boards.map((board) => board.climb());

function drawEfforts() {
  const [low, high] = WORTHS ? [WORTHS.low, WORTHS.high] : [data.threshold, data.most];
  const up = zeroAxis(10 ** Math.floor(Math.log10(low)), high);
  const frame = frameOf("efforts", 320, LEVELS, up);
  for (const [low, high] of facts.band) frame.band(low, high, "stable");
  const signs = [];
  for (let k = 0; few && k < game.n - 1; k++) {
    frame.line(
      boards.map(({ level }, m) => [level, climbs[m][k]]),
      "",
      colour(k),
    );
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
  put(
    "efforts",
    frame.svg("Effort that lifts a model by one rank, by level", `Tune-before-test level, ${data.unit}`),
  );
  at("efforts-legend").replaceChildren(...signs, sign("stable", "stable levels"));
}

// --- the map ---

const ROWS = 100;
const STABLE = [214, 230, 242];
const UNKNOWN = [190, 190, 190];
const TINTS = [
  [253, 234, 214],
  [240, 150, 72],
  [170, 62, 0],
];

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
  const picture = shape("image", {
    href: mapImage,
    width: COLUMNS,
    height: ROWS,
    preserveAspectRatio: "none",
  });
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
  const scale = element(
    "span",
    { class: "meaning" },
    "0 ",
    element("span", { class: "scale" }),
    ` ${words(game.range)}, in prizes`,
  );
  const signs = [
    element("span", { class: "entry" }, scale),
    sign("stable", "stable: 0"),
    sign("area undecided", "undecided"),
    sign("edge", "largest stable worth"),
  ];
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
