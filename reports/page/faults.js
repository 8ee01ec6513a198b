// ---- faults: the time axis with each fault named on it, requested against verified; and the overview above, where
// the brush is drawn.

function addFaults() {
  const ROW = 20, TOP = 18;
  const rows = packRows();

  /** Puts each fault on the first row where it does not cover another. */
  function packRows() {
    const free = [];
    return faults.map((fault) => {
      const begin = fault.requested ?? faultBegin(fault);
      let row = free.findIndex((end) => end <= begin);
      if (row < 0) row = free.push(0) - 1;
      free[row] = Math.max(faultEnd(fault), begin + FULL[1] * 0.12);  // room for a short fault's label
      return row;
    });
  }

  function draw(ctx, scale) {
    drawAxis(ctx, scale);
    faults.forEach((fault, i) => {
      const y = TOP + rows[i] * ROW;
      const asked = scale.x(fault.requested ?? faultBegin(fault));
      const from = scale.x(faultBegin(fault)), to = Math.max(scale.x(faultEnd(fault)), from + 3);
      ctx.strokeStyle = colour("fault");
      ctx.strokeRect(asked + 0.5, y + 0.5, Math.max(to - asked, 3), 15);
      if (fault.active == null) hatch(ctx, asked, y, to - asked, 16, colour("fault"));
      else { ctx.fillStyle = colour("fault"); ctx.fillRect(from, y, to - from, 16); }
      const label = (fault.active == null ? "unverified: " : "") + fault.description;
      const left = Math.max(from, 0), right = Math.min(to, scale.w);
      const next = Math.min(scale.w, ...faults.filter((other, k) => rows[k] === rows[i] && k > i)
        .map((other) => scale.x(other.requested ?? faultBegin(other))));
      const inside = fault.active != null && (ctx.measureText(label).width + 8 < right - left || right - left > 90);
      ctx.fillStyle = colour(inside ? "on-fault" : "ink");
      if (inside) barText(ctx, label, left, y + 12, right - left);
      else barText(ctx, label, Math.max(to, 0), y + 12, next - Math.max(to, 0));
    });
  }

  function drawAxis(ctx, scale) {
    const {by, at} = Tracks.ticks(scale);
    ctx.fillStyle = colour("muted");
    const decimals = by >= 1000 ? 0 : by >= 100 ? 1 : by >= 10 ? 2 : 3;
    for (const t of at) ctx.fillText(seconds(t, decimals) + " s", scale.x(t) + 3, 11);
  }

  function tip(t, y) {
    const row = (y - TOP) / ROW | 0;
    const i = faults.findIndex((fault, k) => rows[k] === row && (fault.requested ?? 0) <= t + 50 &&
                                             t <= faultEnd(fault) + 50);
    if (i < 0) return [];
    const fault = faults[i];
    return [fault.description, `requested ${seconds(fault.requested)} s`,
            fault.active == null ? "never verified" : `verified ${seconds(fault.active)} s: ${fault.evidence}`,
            fault.heals ? `healed ${seconds(fault.healed)} s` : "not to be healed",
            fault.operations == null ? "a moment" : `${plural(fault.operations, "operation")} during it`];
  }

  const count = faults.length ? Math.max(...rows) + 1 : 0;
  Tracks.add({
    title: "Faults", height: TOP + Math.max(count, 1) * ROW, draw, tip, bare: true,
    note: faults.length ? "outline: requested; filled: verified" : "none",
    describe: faults.map((fault) => `${fault.description} from ${seconds(faultBegin(fault), 1)} s`).join(", ") ||
              "No fault was injected.",
  });
}

/** The whole run on a strip that stays in sight; drag on it to choose what everything below shows. */
function addOverview(ops) {
  const canvas = el("canvas", {tabindex: 0, role: "slider", "aria-label": "Time shown on the page",
                               "aria-valuemin": 0, "aria-valuemax": Math.round(FULL[1])});
  const range = el("output", {class: "range"});
  const host = section("overview");
  host.append(el("div", {class: "overview-words"}, range,
                 el("button", {type: "button", click: Brush.reset, title: "Show the whole run (0)"}, "All"),
                 el("button", {type: "button", click: toggleHelp, title: "Keys (?)"}, "?")),
              el("div", {class: "plot"}, canvas));
  host.hidden = false;

  function draw() {
    const place = Tracks.prepare(canvas);
    if (!place) return;
    const {ctx, w, h} = place;
    const scale = Tracks.scaleFor(w, h, place.ratio, ...FULL);
    Tracks.bands(ctx, scale);
    drawRate(ctx, scale);
    Tracks.violations(ctx, scale);
    const [x0, x1] = [scale.x(Brush.t0), scale.x(Brush.t1)];
    ctx.fillStyle = colour("shade");
    ctx.fillRect(0, 0, x0, h);
    ctx.fillRect(x1, 0, w - x1, h);
    ctx.fillStyle = colour("ink");
    for (const x of [x0, x1]) ctx.fillRect(Math.min(Math.max(x - 1, 0), w - 2), 0, 2, h);
    const text = `${seconds(Brush.t0, 2)} – ${seconds(Brush.t1, 2)} s`;
    range.textContent = text + (Brush.isFull() ? " (all)" : "");
    canvas.setAttribute("aria-valuenow", Math.round(Brush.t0));
    canvas.setAttribute("aria-valuetext", text);
  }

  function drawRate(ctx, scale) {
    const n = Math.ceil(scale.w / 2);
    const counts = new Uint32Array(n);
    for (let i = 0; i < ops.n; ++i) ++counts[Math.min(n - 1, scale.x(ops.invoked[i]) / 2 | 0)];
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    ctx.fillStyle = colour("ok");
    counts.forEach((count, b) => ctx.fillRect(b * 2, scale.h - count / most * (scale.h - 6), 2, scale.h));
  }

  let held = null;  // {kind: "new"|"left"|"right"|"move", ...} while the pointer is down
  const timeAt = (event) => {
    const box = canvas.getBoundingClientRect();
    return FULL[0] + (event.clientX - box.left) / box.width * (FULL[1] - FULL[0]);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    const t = timeAt(event), near = (FULL[1] - FULL[0]) / canvas.clientWidth * 7;
    if (!Brush.isFull() && Math.abs(t - Brush.t0) < near) held = {anchor: Brush.t1};
    else if (!Brush.isFull() && Math.abs(t - Brush.t1) < near) held = {anchor: Brush.t0};
    else if (!Brush.isFull() && Brush.t0 < t && t < Brush.t1) held = {move: t - Brush.t0};
    else held = {anchor: t};
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return;
    const t = timeAt(event);
    if (held.move != null) Brush.set(t - held.move, t - held.move + (Brush.t1 - Brush.t0));
    else if (Math.abs(t - held.anchor) > 20) Brush.set(Math.min(t, held.anchor), Math.max(t, held.anchor));
  });
  canvas.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("dblclick", Brush.reset);
  canvas.addEventListener("keydown", (event) => {
    const moves = {ArrowLeft: () => Brush.pan(-0.1), ArrowRight: () => Brush.pan(0.1),
                   ArrowUp: () => Brush.zoom(0.8), ArrowDown: () => Brush.zoom(1.25)};
    if (!moves[event.key]) return;
    moves[event.key]();
    event.preventDefault();
  });
  Brush.follow(draw);
  repaints.push(draw);
  new ResizeObserver(draw).observe(canvas);
}
