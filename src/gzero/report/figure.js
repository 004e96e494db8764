// Figures that can be zoomed and asked for values, drawn from the numbers beside them. No library, no request, no
// text as markup: everything that a file says goes in as text content.
(() => {
  "use strict";
  const NS = "http://www.w3.org/2000/svg";
  const WIDTH = 720, HEIGHT = 400, TOP = 12, BOTTOM = 42, RIGHT = 14;
  let count = 0;

  const make = (name, attributes, parent, text) => {
    const node = document.createElementNS(NS, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    if (parent) parent.appendChild(node);
    return node;
  };
  const html = (name, className, parent, text) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    if (parent) parent.appendChild(node);
    return node;
  };
  const usable = (value, log) => value !== null && value !== undefined && (!log || value > 0);

  // A number in the digits that a reader needs, with a true minus sign and powers of ten.
  const show = (value, digits) => {
    if (value === null || value === undefined) return "\u2014";
    let text = Number(value.toPrecision(digits || 6)).toString();
    const parts = text.split("e");
    if (parts.length === 2) {
      const raised = parts[1].replace("+", "").replace(/[-\d]/g, (c) => "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"["-0123456789".indexOf(c)]);
      text = parts[0] + "\u202f\u00d7\u202f10" + raised;
    }
    return text.replace("-", "\u2212");
  };
  // A value with its uncertainty, whose last digits stand at the same place (two digits of the uncertainty).
  const measured = (value, std) => {
    if (!(std > 0)) return show(value);
    const place = Math.max(0, Math.min(12, 1 - Math.floor(Math.log10(std))));
    if (place > 9 || Math.abs(value) >= 1e7) return show(value) + " \u00b1 " + show(std, 2);
    return value.toFixed(place).replace("-", "\u2212") + " \u00b1 " + std.toFixed(place);
  };

  const ticks = (low, high, most, log, whole) => {
    if (log) {
      const out = [];
      const first = Math.floor(low), last = Math.ceil(high);
      const steps = last - first <= 2 ? [1, 2, 5] : [1];
      const stride = Math.max(1, Math.ceil((last - first) / most));
      for (let k = first; k <= last; k += stride) for (const s of steps) out.push(k + Math.log10(s));
      const kept = out.filter((v) => v >= low - 1e-9 && v <= high + 1e-9);
      if (kept.length >= 2) return kept;
      return ticks(Math.pow(10, low), Math.pow(10, high), most, false).filter((v) => v > 0).map(Math.log10);
    }
    const rough = (high - low) / most;
    if (!(rough > 0)) return [low];
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = Math.max(whole ? 1 : 0, [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough));
    const out = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step && out.length < 40; k++) out.push(k * step);
    return out;
  };

  const range = (series, axis, log, rows) => {
    let low = Infinity, high = -Infinity;
    const take = (value) => {
      if (!usable(value, log)) return;
      const v = log ? Math.log10(value) : value;
      if (v < low) low = v;
      if (v > high) high = v;
    };
    if (axis === "y" && rows) return [rows.length - 0.4, -0.6];
    for (const s of series) {
      if (s.frame) continue;
      if (axis === "x") {
        for (let i = 0; i < s.x.length; i++) {
          take(s.x[i]);
          if (s.across && s.std) { take(s.x[i] - s.std[i]); take(s.x[i] + s.std[i]); }
        }
      } else if (s.kind === "band") { s.low.forEach(take); s.high.forEach(take); } else { s.y.forEach(take); }
    }
    if (!(low <= high)) return [0, 1];
    const room = high > low ? 0.04 * (high - low) : Math.abs(high) * 0.1 || 0.5;
    return [low - room, high + room];
  };

  class Axes {
    constructor(figure, spec, top, height) {
      this.figure = figure; this.spec = spec; this.top = top; this.height = height;
      this.left = spec.rows ? Math.min(330, 24 + 6.9 * Math.max(...spec.rows.map((r) => r.length))) : 74;
      this.home = { x: range(spec.series, "x", spec.logx), y: range(spec.series, "y", spec.logy, spec.rows) };
      this.view = { x: [...this.home.x], y: [...this.home.y] };
      this.group = make("g", {}, figure.svg);
      const id = "clip-" + figure.number + "-" + figure.axes.length;
      const clip = make("clipPath", { id }, this.group);
      this.box = { x: this.left, y: top, width: WIDTH - this.left - RIGHT, height };
      make("rect", this.box, clip);
      this.frame = make("g", { class: "frame" }, this.group);
      this.marks = make("g", { "clip-path": `url(#${id})` }, this.group);
    }
    px(value) { const [a, b] = this.view.x; return this.left + ((this.spec.logx ? Math.log10(value) : value) - a) / (b - a) * this.box.width; }
    py(value) { const [a, b] = this.view.y; return this.top + this.height - ((this.spec.logy ? Math.log10(value) : value) - a) / (b - a) * this.height; }
    at(axis, pixel) {
      const [a, b] = this.view[axis];
      return axis === "x" ? a + (pixel - this.left) / this.box.width * (b - a) : a + (this.top + this.height - pixel) / this.height * (b - a);
    }
    draw(last) {
      this.frame.replaceChildren(); this.marks.replaceChildren();
      make("rect", this.box, this.frame);
      const bottom = this.top + this.height;
      const labels = last || !this.figure.sharedBelow(this);
      for (const v of ticks(...this.view.x, 8, this.spec.logx, this.spec.wholex)) {
        const value = this.spec.logx ? Math.pow(10, v) : v, x = this.px(value);
        make("line", { x1: x, x2: x, y1: bottom, y2: bottom - 4 }, this.frame);
        if (labels) make("text", { x, y: bottom + 15, "text-anchor": "middle" }, this.frame, show(value, 5));
      }
      if (this.spec.rows) {
        this.spec.rows.forEach((name, i) => {
          const y = this.py(i);
          if (y >= this.top && y <= bottom) make("text", { x: this.left - 8, y: y + 4, "text-anchor": "end" }, this.frame, name);
        });
      } else {
        for (const v of ticks(...this.view.y, Math.max(3, Math.floor(this.height / 45)), this.spec.logy, this.spec.wholey)) {
          const value = this.spec.logy ? Math.pow(10, v) : v, y = this.py(value);
          make("line", { x1: this.left, x2: this.left + 4, y1: y, y2: y }, this.frame);
          make("text", { x: this.left - 7, y: y + 4, "text-anchor": "end" }, this.frame, show(value, 5));
        }
        const x = 14, y = this.top + this.height / 2;
        make("text", { x, y, "text-anchor": "middle", transform: `rotate(-90 ${x} ${y})` }, this.frame, this.spec.y);
      }
      if (labels) make("text", { x: this.left + this.box.width / 2, y: bottom + 33, "text-anchor": "middle" }, this.frame, this.spec.x);
      for (const s of this.spec.series) this.drawSeries(s);
    }
    drawSeries(s) {
      const group = make("g", { class: `${s.kind} ink-${s.ink}` }, this.marks);
      const good = (i) => usable(s.x[i], this.spec.logx) && (s.kind === "band" || usable(s.y[i], this.spec.logy));
      if (s.kind === "band") {
        let up = "", down = "";
        for (let i = 0; i < s.x.length; i++) {
          if (!good(i) || !usable(s.low[i], this.spec.logy) || !usable(s.high[i], this.spec.logy)) continue;
          up += `${up ? "L" : "M"}${this.px(s.x[i]).toFixed(1)} ${this.py(s.high[i]).toFixed(1)}`;
          down = `L${this.px(s.x[i]).toFixed(1)} ${this.py(s.low[i]).toFixed(1)}` + down;
        }
        if (up) make("path", { d: up + down + "Z" }, group);
      } else if (s.kind === "points") {
        let bars = "";
        const radius = s.x.length > 400 ? 1.6 : s.x.length > 60 ? 2.2 : 3.4;
        for (let i = 0; i < s.x.length; i++) {
          if (!good(i)) continue;
          const x = this.px(s.x[i]), y = this.py(s.y[i]);
          if (x < this.left - 20 || x > WIDTH + 20) continue;
          if (s.std && s.std[i] > 0) {
            if (s.across) bars += `M${this.px(s.x[i] - s.std[i])} ${y}H${this.px(s.x[i] + s.std[i])}`;
            else if (usable(s.y[i] - s.std[i], this.spec.logy)) bars += `M${x} ${this.py(s.y[i] - s.std[i])}V${this.py(s.y[i] + s.std[i])}`;
          }
          make("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: radius }, group);
        }
        if (bars) make("path", { d: bars, class: "bar" }, group);
      } else {
        let d = "", pen = "M";
        for (let i = 0; i < s.x.length; i++) {
          if (!good(i)) { pen = "M"; continue; }
          d += `${pen}${this.px(s.x[i]).toFixed(1)} ${this.py(s.y[i]).toFixed(1)}`;
          pen = "L";
        }
        if (d) make("path", { d }, group);
      }
    }
    // The reading nearest to a place on the page, within 40 pixels.
    nearest(x, y) {
      let best = null, distance = 1600;
      this.spec.series.forEach((s, k) => {
        if (s.kind === "band" || s.frame) return;
        for (let i = 0; i < s.x.length; i++) {
          if (!usable(s.x[i], this.spec.logx) || !usable(s.y[i], this.spec.logy)) continue;
          const dx = this.px(s.x[i]) - x, dy = this.py(s.y[i]) - y;
          // a line is asked for mostly by its x
          const d = dx * dx + (s.kind === "line" ? 0.25 : 1) * dy * dy;
          if (d < distance) { distance = d; best = [k, i]; }
        }
      });
      return best;
    }
    told([k, i]) {
      const s = this.spec.series[k];
      if (s.texts) return [s.label, s.texts[i]];
      const std = s.std ? s.std[i] : 0;
      if (this.spec.rows) return [this.spec.rows[Math.round(s.y[i])], measured(s.x[i], s.across ? std : 0)];
      return [s.label, `${this.spec.x}: ${measured(s.x[i], s.across ? std : 0)}`, `${this.spec.y}: ${measured(s.y[i], s.across ? 0 : std)}`];
    }
  }

  class Figure {
    constructor(node, data) {
      this.number = ++count;
      this.image = node.querySelector("img");
      this.holder = html("div", "plot");
      node.insertBefore(this.holder, this.image);
      this.svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, tabindex: 0, role: "application", "aria-roledescription": "interactive figure", "aria-label": this.image.alt });
      this.axes = [];
      this.toolbar();
      this.holder.appendChild(this.svg);
      this.layout(data.panels);
      this.cursor = make("circle", { class: "cursor", r: 5, visibility: "hidden" }, this.svg);
      this.lens = make("rect", { class: "lens", visibility: "hidden" }, this.svg);
      this.tip = html("div", "tip", this.holder);
      this.tip.hidden = true;
      this.said = html("div", "said", this.holder);
      this.said.setAttribute("aria-live", "polite");
      this.legend(data.panels);
      this.listen();
      this.draw();
      node.classList.add("interactive");
    }
    toolbar() {
      const bar = html("div", "tools", this.holder);
      const add = (text, name, action) => {
        const button = html("button", "", bar, text);
        button.type = "button"; button.title = name; button.setAttribute("aria-label", name);
        button.addEventListener("click", action);
      };
      add("+", "Zoom in", () => this.zoom(0.6));
      add("\u2212", "Zoom out", () => this.zoom(1 / 0.6));
      add("All", "Show all", () => this.reset());
      html("span", "help", bar, "drag to zoom, double click for all, arrow keys for values");
    }
    layout(panels) {
      const gaps = panels.reduce((sum, p, i) => sum + (i && !p.shared ? BOTTOM : i ? 8 : 0), 0);
      const rows = Math.max(0, ...panels.map((p) => (p.rows ? p.rows.length : 0)));
      const total = rows ? Math.max(160, 24 * rows + TOP + BOTTOM) : HEIGHT + (panels.length > 2 ? 70 * (panels.length - 2) : 0);
      this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${total}`);
      const room = total - TOP - BOTTOM - gaps, weights = panels.reduce((sum, p) => sum + p.weight, 0);
      let top = TOP;
      panels.forEach((spec, i) => {
        if (i) top += spec.shared ? 8 : BOTTOM;
        const height = room * spec.weight / weights;
        const axes = new Axes(this, spec, top, height);
        if (spec.shared && i) { axes.home.x = this.axes[0].home.x; axes.view.x = this.axes[0].view.x; }
        this.axes.push(axes);
        top += height;
      });
    }
    sharedBelow(axes) { const next = this.axes[this.axes.indexOf(axes) + 1]; return Boolean(next && next.spec.shared); }
    legend(panels) {
      const seen = new Set(), list = html("ul", "legend", this.holder);
      for (const panel of panels) for (const s of panel.series) {
        const name = s.label + s.kind + s.ink;
        if (!s.label || seen.has(name) || seen.size > 9) continue;
        seen.add(name);
        const item = html("li", "", list);
        html("span", `swatch ${s.kind} ink-${s.ink}`, item);
        html("span", "", item, s.of ? `${s.label} (${s.x.length} of ${s.of} points)` : s.label);
      }
    }
    draw() { this.axes.forEach((axes, i) => axes.draw(i === this.axes.length - 1)); this.hide(); }
    setX(axes, low, high) {
      const linked = axes.spec.shared || this.sharedBelow(axes);
      for (const one of this.axes) if (one === axes || (linked && (one.spec.shared || this.sharedBelow(one)))) one.view.x = [low, high];
    }
    zoom(factor, axes, cx, cy) {
      for (const one of axes ? [axes] : [this.axes[0]]) {
        const [a, b] = one.view.x, middle = cx === undefined ? (a + b) / 2 : cx;
        this.setX(one, middle + (a - middle) * factor, middle + (b - middle) * factor);
        if (cy !== undefined && !one.spec.rows) {
          const [c, d] = one.view.y;
          one.view.y = [cy + (c - cy) * factor, cy + (d - cy) * factor];
        }
      }
      this.draw();
    }
    reset() { for (const axes of this.axes) axes.view = { x: [...axes.home.x], y: [...axes.home.y] }; this.draw(); }
    place(event) {
      const box = this.svg.getBoundingClientRect(), view = this.svg.viewBox.baseVal;
      return [(event.clientX - box.left) / box.width * view.width, (event.clientY - box.top) / box.height * view.height];
    }
    under(x, y) { return this.axes.find((a) => x >= a.left && x <= WIDTH - RIGHT && y >= a.top && y <= a.top + a.height); }
    hide() { this.tip.hidden = true; this.cursor.setAttribute("visibility", "hidden"); }
    tell(axes, point, aloud) {
      const s = axes.spec.series[point[0]], x = axes.px(s.x[point[1]]), y = axes.py(s.y[point[1]]);
      this.cursor.setAttribute("cx", x); this.cursor.setAttribute("cy", y); this.cursor.setAttribute("visibility", "visible");
      const lines = axes.told(point);
      this.tip.replaceChildren(...lines.map((line) => html("div", "", null, line)));
      this.tip.hidden = false;
      const box = this.svg.getBoundingClientRect(), view = this.svg.viewBox.baseVal, scale = box.width / view.width;
      const left = x * scale + (x > WIDTH * 0.6 ? -this.tip.offsetWidth - 12 : 12);
      this.tip.style.left = `${Math.max(0, left)}px`;
      this.tip.style.top = `${this.svg.offsetTop + Math.max(0, y * scale - 20)}px`;
      if (aloud) this.said.textContent = lines.join(", ");
      this.here = { axes, point };
    }
    listen() {
      const svg = this.svg;
      let start = null;
      svg.addEventListener("pointermove", (event) => {
        const [x, y] = this.place(event);
        if (start) {
          const { axes } = start;
          const a = Math.max(axes.left, Math.min(start.x, x)), b = Math.min(WIDTH - RIGHT, Math.max(start.x, x));
          const c = Math.max(axes.top, Math.min(start.y, y)), d = Math.min(axes.top + axes.height, Math.max(start.y, y));
          for (const [key, value] of Object.entries({ x: a, y: c, width: Math.max(0, b - a), height: Math.max(0, d - c), visibility: "visible" })) this.lens.setAttribute(key, value);
          return;
        }
        const axes = this.under(x, y), point = axes && axes.nearest(x, y);
        if (point) this.tell(axes, point); else this.hide();
      });
      svg.addEventListener("pointerdown", (event) => {
        const [x, y] = this.place(event), axes = this.under(x, y);
        if (axes && event.button === 0) { start = { x, y, axes }; svg.setPointerCapture(event.pointerId); }
      });
      const drop = () => { start = null; this.lens.setAttribute("visibility", "hidden"); };
      svg.addEventListener("pointercancel", drop);
      svg.addEventListener("pointerup", (event) => {
        if (!start) return;
        const [x, y] = this.place(event), from = start;
        drop();
        if (Math.abs(x - from.x) < 6) return;
        const { axes } = from;
        const [a, b] = [from.x, x].sort((p, q) => p - q).map((p) => axes.at("x", Math.max(axes.left, Math.min(WIDTH - RIGHT, p))));
        const [c, d] = [from.y, y].sort((p, q) => q - p).map((p) => axes.at("y", Math.max(axes.top, Math.min(axes.top + axes.height, p))));
        this.setX(axes, a, b);
        if (Math.abs(y - from.y) > 12 && !axes.spec.rows) axes.view.y = [c, d];
        this.draw();
      });
      svg.addEventListener("pointerleave", () => this.hide());
      svg.addEventListener("dblclick", () => this.reset());
      svg.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return; // the page scrolls; with Ctrl, or two fingers, the figure zooms
        event.preventDefault();
        const [x, y] = this.place(event), axes = this.under(x, y);
        if (axes) this.zoom(event.deltaY < 0 ? 0.8 : 1.25, axes, axes.at("x", x), axes.at("y", y));
      }, { passive: false });
      svg.addEventListener("keydown", (event) => this.key(event));
    }
    key(event) {
      const act = { "+": () => this.zoom(0.6), "-": () => this.zoom(1 / 0.6), "0": () => this.reset(), Escape: () => this.reset(),
        ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1), ArrowDown: () => this.turn(1), ArrowUp: () => this.turn(-1) }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    }
    asked() {
      const out = [];
      for (const axes of this.axes) axes.spec.series.forEach((s, k) => { if (s.kind !== "band" && !s.frame) out.push([axes, k]); });
      return out;
    }
    step(by) {
      const all = this.asked();
      if (!all.length) return;
      const [axes, k] = this.here ? [this.here.axes, this.here.point[0]] : all[0];
      const s = axes.spec.series[k], n = s.x.length;
      let i = this.here ? this.here.point[1] + by : 0;
      while (i >= 0 && i < n && !(usable(s.x[i], axes.spec.logx) && usable(s.y[i], axes.spec.logy))) i += by;
      if (i >= 0 && i < n) this.tell(axes, [k, i], true);
    }
    turn(by) {
      const all = this.asked();
      if (!all.length) return;
      const at = this.here ? all.findIndex(([a, k]) => a === this.here.axes && k === this.here.point[0]) : -1;
      const [axes, k] = all[(at + by + all.length) % all.length];
      const s = axes.spec.series[k];
      const i = s.x.findIndex((v, j) => usable(v, axes.spec.logx) && usable(s.y[j], axes.spec.logy));
      if (i >= 0) this.tell(axes, [k, i], true);
    }
  }

  for (const node of document.querySelectorAll("figure")) {
    const source = node.querySelector("script.numbers");
    if (source) new Figure(node, JSON.parse(source.textContent));
  }
})();
