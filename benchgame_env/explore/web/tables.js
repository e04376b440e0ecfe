"use strict";
// The tables: who would overtake whom, and the board.

function cell(effort, gain) {
  const strong = gain > 0 ? Math.round(15 + 55 * clamp(gain / game.range, 0, 1)) : 0;
  const look = gain > 0 ? `background:color-mix(in srgb, #d55e00 ${strong}%, #fff)` : "";
  const says = Number.isFinite(effort)
    ? [element("b", {}, signed(gain)), element("br"), words(effort)]
    : ["out of reach"];
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
      element(
        "tr",
        {},
        element("th", { scope: "row" }, game.names[row.r]),
        element("td", { class: "text" }, game.names[row.k]),
        element("td", {}, words(row.effort)),
        element("td", {}, signed(gainOf(row))),
      ),
    );
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
  const heads = header.map((name) =>
    element("th", { scope: "col", class: name.startsWith("*") ? "text" : "" }, name.replace("*", "")),
  );
  const parts = [element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...lines)];
  return [
    element("p", { class: "caption" }, caption),
    element("table", { class: kind, "aria-label": caption }, ...parts),
  ];
}

function drawBoard() {
  const { board } = facts;
  const rows = board.overtakes();
  const lines = board.order.map((who, place) => {
    const own = rows.filter((row) => row.r === who);
    const best = own.reduce((a, b) => (a && gainOf(a) >= gainOf(b) ? a : b), null);
    const gain = best && gainOf(best);
    const says = best
      ? [game.names[best.k], words(best.effort), Number.isFinite(gain) ? signed(gain) : "–"]
      : ["–", "–", "–"];
    return element(
      "tr",
      { class: gain > 0 ? "tempted" : "" },
      element("td", {}, String(place + 1)),
      element("th", { scope: "row" }, game.names[who]),
      element("td", {}, board.scores[who].toFixed(4)),
      element("td", {}, String(who + 1)),
      element("td", { class: "text" }, says[0]),
      element("td", {}, says[1]),
      element("td", {}, says[2]),
    );
  });
  const header = ["Rank", "*Model", "Score", "By quality", "*Could pass", "Effort", "Gain"];
  const where = state.level ? `At level ${words(state.level)}` : "Under direct evaluation";
  put(
    "board",
    ...table(
      header,
      lines,
      `${where}, with the overtake that gains each model most; efforts in ${data.unit}, gains in prizes.`,
    ),
  );
}
