"use strict";
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const STEPS = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000];
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

  const number = (value, unit) => {
    if (value === null || value === undefined) return "n/a";
    const size = Math.abs(value);
    const digits = size >= 1000 || (unit === "" && Number.isInteger(value)) ? 0 : size >= 10 ? 2 : 4;
    const text = value.toLocaleString("en-US", { minimumFractionDigits: Math.min(digits, 2), maximumFractionDigits: digits });
    return unit ? text + " " + unit : text;
  };
  const two = (n) => String(n).padStart(2, "0");
  const clock = (s) => { const d = new Date(s * 1000); return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()); };
  const day = (s) => { const d = new Date(s * 1000); return d.getUTCDate() + " " + MONTHS[d.getUTCMonth()]; };

  const rarity = (x) => { const p = 100 * Math.pow(10, -x); return String(Number(p.toPrecision(3))) + " %"; };

  const money = (x) => "$" + Math.pow(10, x).toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 });

  const ticks = (kind, low, high, room) => {
    if (kind === "rarity" || kind === "decades") {
      const all = [];
      for (let k = -3; k < 20; k++) for (const f of kind === "rarity" ? [1, 0.5, 0.2] : [1, 2, 5]) all.push(k + (kind === "rarity" ? -1 : 1) * Math.log10(f));
      const inside = all.filter((x) => x >= low && x <= high);
      const every = Math.ceil(inside.length * 60 / room);
      return inside.filter((_, i) => i % every === 0).map((x) => [x, kind === "rarity" ? rarity(x) : money(x)]);
    }
    const count = Math.max(2, Math.floor(room / 80));
    const span = high - low;
    let step;
    if (kind === "time") {
      step = STEPS.find((s) => span / s <= count) || 7776000;
    } else {
      const unit = Math.pow(10, Math.floor(Math.log10(span / count)));
      step = [1, 2, 5, 10].map((m) => m * unit).find((s) => span / s <= count);
    }
    const out = [];
    for (let k = Math.ceil(low / step); k * step <= high && out.length < 40; k++) {
      const at = k * step;
      const text = kind === "time" ? (at % 86400 === 0 ? day(at) : step < 60 ? clock(at) + ":" + two(at % 60) : clock(at))
        : at.toLocaleString("en-US", { maximumFractionDigits: Math.max(0, Math.ceil(-Math.log10(step))) });
      out.push([at, text]);
    }
    return out;
  };

  const make = (name, parent, attributes) => {
    const node = document.createElementNS(NS, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    parent.appendChild(node);
    return node;
  };

  const enliven = (box) => {
    const data = JSON.parse(box.querySelector("script").textContent);
    const plot = box.querySelector(".plot");
    const lines = plot.querySelector(".lines");
    const axis = plot.querySelector("g.x");
    const marks = [...plot.querySelectorAll(".dots circle")].map((c) => [c, parseFloat(c.getAttribute("cx"))]);
    const rules = [...plot.querySelectorAll(".rule")].map((g) => [g, parseFloat(g.firstElementChild.getAttribute("x1"))]);
    const lanes = [...box.parentNode.querySelectorAll(".marks[viewBox]")];
    const [, , units, height] = lines.getAttribute("viewBox").split(" ").map(Number);
    const origin = data.kind === "time" ? data.low : 0;
    const xs = data.x.map((x) => x + origin);
    if (xs.length < 2) return;
    const full = [data.low, data.high];
    let view = full.slice();
    const original = axis.innerHTML;

    make("rect", plot, { width: "100%", height, fill: "transparent" });
    const dots = plot.querySelector(".dots");
    if (dots) plot.appendChild(dots);
    const cursor = make("line", plot, { class: "cursor", y1: 0, y2: height, visibility: "hidden" });
    const selection = make("rect", plot, { class: "selection", y: 0, height, visibility: "hidden" });
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    box.appendChild(tip);
    const reset = document.createElement("button");
    reset.type = "button";
    reset.className = "reset";
    reset.textContent = "whole range";
    reset.hidden = true;
    box.appendChild(reset);

    const width = () => plot.querySelector(".base").getBoundingClientRect().width;
    const share = (event) => {
      const area = plot.querySelector(".base").getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - area.left) / area.width));
    };
    const place = (percent) => {
      const value = full[0] + (full[1] - full[0]) * percent / 100;
      return (value - view[0]) / (view[1] - view[0]) * 100;
    };

    const show = () => {
      const span = full[1] - full[0];
      const left = (view[0] - full[0]) / span * units;
      lines.setAttribute("viewBox", left + " 0 " + (view[1] - view[0]) / span * units + " " + height);
      for (const lane of lanes) lane.setAttribute("viewBox", left + " 0 " + (view[1] - view[0]) / span * units + " " + lane.getAttribute("height"));
      const whole = view[0] === full[0] && view[1] === full[1];
      for (const [circle, at] of marks) {
        const x = place(at);
        circle.setAttribute("cx", x + "%");
        circle.style.display = x < 0 || x > 100 ? "none" : "";
      }
      for (const [rule, at] of rules) {
        const x = place(at);
        rule.style.display = x < 0 || x > 100 ? "none" : "";
        for (const node of rule.children) for (const key of ["x", "x1", "x2"]) if (node.hasAttribute(key)) node.setAttribute(key, x + "%");
      }
      if (whole) {
        axis.innerHTML = original;
      } else {
        axis.replaceChildren();
        for (const [at, text] of ticks(data.kind, view[0], view[1], width())) {
          const x = (at - view[0]) / (view[1] - view[0]) * 100 + "%";
          make("line", axis, { x1: x, x2: x, y1: height, y2: height + 5 });
          make("text", axis, { x, y: height + 20, "text-anchor": "middle" }).textContent = text;
        }
      }
      reset.hidden = whole;
    };

    // Pointing at a name in the legend of a busy plot shows its line alone.
    const strokes = [...lines.querySelectorAll(".line")];
    const entries = strokes.length > 3 ? [...box.parentNode.querySelectorAll(".legend li")] : [];
    entries.slice(0, strokes.length).forEach((entry, chosen) => {
      entry.addEventListener("pointerenter", () => strokes.forEach((s, i) => { s.style.opacity = i === chosen ? "1" : "0.12"; }));
      entry.addEventListener("pointerleave", () => strokes.forEach((s) => { s.style.opacity = ""; }));
    });

    const nearest = (value) => {
      let low = 0, high = xs.length - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (xs[middle] <= value) low = middle; else high = middle;
      }
      return value - xs[low] <= xs[high] - value ? low : high;
    };

    const hover = (event) => {
      const at = view[0] + (view[1] - view[0]) * share(event);
      const i = nearest(at);
      const x = (xs[i] - view[0]) / (view[1] - view[0]) * 100;
      if (x < 0 || x > 100) return hide();
      cursor.setAttribute("x1", x + "%");
      cursor.setAttribute("x2", x + "%");
      cursor.setAttribute("visibility", "visible");
      tip.replaceChildren();
      const head = document.createElement("b");
      head.textContent = data.kind === "time" ? day(xs[i]) + " " + clock(xs[i]) + " UTC"
        : data.kind === "rarity" ? "exceeded in " + rarity(xs[i]) + " of paths"
        : data.kind === "decades" ? money(xs[i]) + " or more" : number(xs[i], data.xunit || "USD");
      tip.appendChild(head);
      for (const line of data.lines) {
        const row = document.createElement("div");
        const name = document.createElement("i");
        name.textContent = line.name;
        row.append(name, data.shares && line.y[i] !== null ? rarity(-line.y[i]) : number(line.y[i], data.unit));
        tip.appendChild(row);
      }
      tip.hidden = false;
      const area = plot.querySelector(".base").getBoundingClientRect();
      const frame = box.getBoundingClientRect();
      const left = area.left - frame.left + area.width * x / 100;
      tip.style.left = (x > 50 ? left - tip.offsetWidth - 10 : left + 10) + "px";
      tip.style.top = "14px";
    };
    const hide = () => { tip.hidden = true; cursor.setAttribute("visibility", "hidden"); };

    let start = null;
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      start = share(event);
      plot.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    plot.addEventListener("pointermove", (event) => {
      hover(event);
      if (start === null) return;
      const now = share(event);
      selection.setAttribute("x", Math.min(start, now) * 100 + "%");
      selection.setAttribute("width", Math.abs(now - start) * 100 + "%");
      selection.setAttribute("visibility", "visible");
    });
    plot.addEventListener("pointerup", (event) => {
      if (start === null) return;
      const end = share(event);
      const [a, b] = [Math.min(start, end), Math.max(start, end)];
      start = null;
      selection.setAttribute("visibility", "hidden");
      if ((b - a) * width() < 8) return;
      const span = view[1] - view[0];
      const next = [view[0] + span * a, view[0] + span * b];
      if (next[1] - next[0] < (full[1] - full[0]) / 2000) return;
      view = next;
      show();
      hide();
    });
    plot.addEventListener("pointercancel", () => { start = null; selection.setAttribute("visibility", "hidden"); });
    plot.addEventListener("pointerleave", () => { if (start === null) hide(); });
    const whole = () => { view = full.slice(); show(); };
    plot.addEventListener("dblclick", whole);
    reset.addEventListener("click", whole);
  };

  for (const box of document.querySelectorAll(".zoom .chart-box")) enliven(box);
})();
