"use strict";
// Elements of the page, numbers in words, and the frame of a figure: axes, lines and areas as SVG.

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function shape(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A number as people read it, to three digits or to the whole number below a million.
function words(value, digits = 3) {
  if (Number.isNaN(value)) return "unknown";
  if (!Number.isFinite(value)) return "out of reach";
  if (Math.abs(value) >= 1e6)
    return value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: digits });
  if (Math.abs(value) >= 10 ** digits) return Math.round(value).toLocaleString("en-US");
  const short = Number(value.toPrecision(digits));
  return Math.abs(short) < 1e-4 && short
    ? short.toExponential()
    : short.toLocaleString("en-US", { maximumFractionDigits: 7 });
}

// An axis: its ends, its ticks, and the place of a value, 0 at the low end and 1 at the high one.
class Axis {
  constructor(low, high, ticks, scale = (x) => x, back = (x) => x) {
    Object.assign(this, { low, high, ticks, scale, back });
  }

  share(value) {
    const [low, high] = [this.scale(this.low), this.scale(this.high)];
    return (this.scale(value) - low) / (high - low);
  }

  value(share) {
    const [low, high] = [this.scale(this.low), this.scale(this.high)];
    return this.back(low + clamp(share, 0, 1) * (high - low));
  }
}

function decades(low, high) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, k) => Number(`1e${first + k}`));
}

// Linear up to a power of ten, then logarithmic.
function zeroAxis(threshold, high) {
  const scale = (x) => (x <= threshold ? x / threshold : 1 + Math.log10(x / threshold));
  const back = (y) => (y <= 1 ? y * threshold : threshold * 10 ** (y - 1));
  return new Axis(0, high, [0, ...decades(threshold, high)], scale, back);
}

function logAxis(low, high) {
  let ticks = decades(low, high);
  if (ticks.length < 3) ticks = ticks.flatMap((tick) => [tick / 5, tick / 2, tick, 2 * tick, 5 * tick]);
  if (ticks.filter((tick) => tick >= low && tick <= high).length < 2) ticks = linearTicks(low, high);
  return new Axis(
    low,
    high,
    [...new Set(ticks)].filter((tick) => tick >= low && tick <= high),
    Math.log10,
    (y) => 10 ** y,
  );
}

function linearTicks(low, high) {
  const rough = (high - low) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((m) => m * unit >= rough * (1 - 1e-9));
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-9); k++)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

const linearAxis = (low, high) => new Axis(low, high, linearTicks(low, high));

const LETTER = 6.6; // pixels of a digit
const MARGIN = { left: 54, right: 12, top: 12, bottom: 44 };

class Frame {
  constructor(width, height, across, up) {
    Object.assign(this, { width, height, across, up });
    this.right = width - MARGIN.right;
    this.foot = height - MARGIN.bottom;
    this.inside = []; // cut off at the frame
    this.above = [];
  }

  x(value) {
    return MARGIN.left + clamp(this.across.share(value), -1, 2) * (this.right - MARGIN.left);
  }

  y(value) {
    return this.foot - clamp(this.up.share(value), -1, 2) * (this.foot - MARGIN.top);
  }

  add(tag, attributes, ...children) {
    this.inside.push(shape(tag, attributes, ...children));
  }

  // A line through points, broken where a value is not finite.
  line(points, kind, colour = "") {
    let [path, pen] = ["", "M"];
    for (const [a, b] of points) {
      if (Number.isFinite(b)) path += `${pen}${this.x(a).toFixed(1)},${this.y(b).toFixed(1)}`;
      pen = Number.isFinite(b) ? "L" : "M";
    }
    this.add("path", { class: `line ${kind}`, d: path, style: colour && `color:${colour}` });
  }

  area(points, kind, colour = "") {
    const corner = (a, b) => `${this.x(a).toFixed(1)},${this.y(b).toFixed(1)}`;
    const corners = [
      ...points.map(([a, , b]) => corner(a, b)),
      ...points.reverse().map(([a, b]) => corner(a, b)),
    ];
    this.add("polygon", {
      class: `area ${kind}`,
      points: corners.join(" "),
      style: colour && `color:${colour}`,
    });
  }

  // A band over the whole height, and upright and level lines.
  band(low, high, kind) {
    const [left, right] = [this.x(low), this.x(high)];
    this.add("rect", { ...this.box(), class: kind, x: left, width: Math.max(right - left, 1) });
  }

  box() {
    return {
      x: MARGIN.left,
      y: MARGIN.top,
      width: this.right - MARGIN.left,
      height: this.foot - MARGIN.top,
    };
  }

  upright(value, kind) {
    this.line(
      [
        [value, this.up.low],
        [value, this.up.high],
      ],
      kind,
    );
  }

  level(value, kind) {
    this.line(
      [
        [this.across.low, value],
        [this.across.high, value],
      ],
      kind,
    );
  }

  // A dot; beyond the axes it is at their ends.
  dot(a, b, kind, colour = "") {
    const place = {
      cx: clamp(this.x(a), MARGIN.left, this.right),
      cy: clamp(this.y(b), MARGIN.top, this.foot),
    };
    this.above.push(
      shape("circle", { class: kind, ...place, r: 4.5, style: colour && `color:${colour}` }),
    );
  }

  // The figure, with grid and axes.
  svg(about, nameAcross) {
    const behind = [];
    let free = -Infinity; // numbers that have no room are left out
    for (const tick of this.across.ticks) {
      const [x, text] = [this.x(tick), words(tick, 6)];
      behind.push(shape("path", { class: "grid", d: `M${x},${MARGIN.top}V${this.foot}` }));
      const half = (LETTER * text.length) / 2;
      if (x - half < free || x + half > this.width) continue;
      free = x + half + LETTER;
      behind.push(shape("text", { class: "tick", x, y: this.foot + 15, "text-anchor": "middle" }, text));
    }
    for (const tick of this.up.ticks) {
      const y = this.y(tick);
      behind.push(shape("path", { class: "grid", d: `M${MARGIN.left},${y}H${this.right}` }));
      behind.push(
        shape(
          "text",
          { class: "tick", x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" },
          words(tick, 6),
        ),
      );
    }
    const middle = (MARGIN.left + this.right) / 2;
    const name = shape(
      "text",
      { class: "name", x: middle, y: this.height - 8, "text-anchor": "middle" },
      nameAcross,
    );
    const { x, y, width, height } = this.box();
    const size = { x: x - 1, y: y - 1, width: width + 2, height: height + 2 };
    const inside = shape(
      "svg",
      { ...size, viewBox: `${x - 1} ${y - 1} ${width + 2} ${height + 2}` },
      ...this.inside,
    );
    const box = { viewBox: `0 0 ${this.width} ${this.height}`, width: this.width, height: this.height };
    return shape(
      "svg",
      { ...box, role: "img", "aria-label": about },
      ...behind,
      inside,
      ...this.above,
      name,
    );
  }
}
