// ---- tracks: canvases one above the other that share the brush's time axis, one crosshair and one tooltip.

const Tracks = (() => {
  const tracks = [];
  const host = el("div", {class: "tracks"});
  const crosshair = el("div", {class: "crosshair", hidden: true});
  const tip = el("div", {class: "tip", role: "status", hidden: true});
  let scheduled = false;

  /**
   * A track: {title, note, describe, height, rows: [{label, title}], draw(ctx, scale), tip(t, y, scale) -> lines}.
   * `describe` says in words what the canvas shows, for those who cannot see it.
   */
  function add(track) {
    track.canvas = el("canvas", {role: "img", "aria-label": track.describe});
    track.canvas.style.height = track.height + "px";
    const labels = (track.rows ?? []).map((row) => el("span", {class: "row", title: row.title ?? ""}, row.label));
    const gutter = el("div", {class: "gutter"}, el("h3", {}, track.title),
                      track.note && el("p", {class: "note"}, track.note), track.legend);
    const rows = el("div", {class: "rows", "aria-hidden": "true"}, labels);
    rows.style.height = track.height + "px";  // the canvas' own, so that each label stands beside its row
    track.element = el("div", {class: "track"}, gutter, rows, el("div", {class: "plot"}, track.canvas));
    host.append(track.element);
    tracks.push(track);
    return track;
  }

  /** Fits the canvas to its place and the screen's pixels; null while it has no place. */
  function prepare(canvas) {
    const ratio = devicePixelRatio || 1;
    const w = canvas.clientWidth, h = canvas.clientHeight;
    if (!w || !h) return null;
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    const ctx = canvas.getContext("2d");
    ctx.scale(ratio, ratio);
    ctx.font = "11px " + colour("sans");
    return {ctx, w, h, ratio};
  }

  function scaleFor(w, h, ratio, t0 = Brush.t0, t1 = Brush.t1) {
    return {w, h, ratio, t0, t1, x: (t) => (t - t0) / (t1 - t0) * w, t: (x) => t0 + x / w * (t1 - t0)};
  }

  function drawAll() {
    scheduled = false;
    for (const track of tracks) {
      const place = prepare(track.canvas);
      if (!place) continue;
      const scale = scaleFor(place.w, place.h, place.ratio);
      grid(place.ctx, scale);
      if (!track.bare) bands(place.ctx, scale);
      track.draw(place.ctx, scale);
      if (!track.bare) violations(place.ctx, scale);
    }
  }
  function schedule() {
    if (!scheduled) requestAnimationFrame(drawAll);
    scheduled = true;
  }

  /** A round step that gives at most `most` ticks. */
  function step(length, most) {
    const rough = length / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  }
  function ticks(scale) {
    const by = step(scale.t1 - scale.t0, Math.max(2, scale.w / 90));
    const out = [];
    for (let t = Math.ceil(scale.t0 / by) * by; t <= scale.t1; t += by) out.push(t);
    return {by, at: out};
  }

  function grid(ctx, scale) {
    ctx.fillStyle = colour("grid");
    for (const t of ticks(scale).at) ctx.fillRect(Math.round(scale.x(t)), 0, 1, scale.h);
  }

  /** Each fault as a band: pale from its request, stronger from when it was verified until it was healed. */
  function bands(ctx, scale) {
    for (const fault of faults) {
      const [from, to] = [scale.x(faultBegin(fault)), scale.x(faultEnd(fault))];
      const requested = scale.x(fault.requested ?? faultBegin(fault));
      ctx.fillStyle = colour("band-requested");
      ctx.fillRect(requested, 0, from - requested, scale.h);
      ctx.fillStyle = fault.active == null ? colour("band-requested") : colour("band");
      ctx.fillRect(from, 0, Math.max(to - from, 1.5), scale.h);
    }
  }

  function violations(ctx, scale) {
    ctx.fillStyle = colour("fail");
    for (const anomaly of DATA.anomalies)
      if (!anomaly.allowed) ctx.fillRect(Math.round(scale.x(anomaly.t)) - 0.5, 0, 1.5, scale.h);
  }

  function hover(event) {
    const track = tracks.find((candidate) => candidate.canvas === event.target);
    if (!track) return leave();
    const box = track.canvas.getBoundingClientRect(), outer = host.getBoundingClientRect();
    const x = event.clientX - box.left;
    const scale = scaleFor(box.width, box.height, 1);
    const t = scale.t(x);
    crosshair.hidden = false;
    crosshair.style.left = event.clientX - outer.left + "px";
    const lines = track.tip?.(t, event.clientY - box.top, scale) ?? [];
    tip.replaceChildren(el("b", {}, seconds(t) + " s"), ...lines.map((line) => el("div", {}, line)));
    tip.hidden = false;
    const left = event.clientX - outer.left;
    const flip = left > outer.width - 280;
    tip.style.left = flip ? "auto" : left + 12 + "px";
    tip.style.right = flip ? outer.width - left + 12 + "px" : "auto";
    tip.style.top = event.clientY - outer.top + 14 + "px";
  }
  function leave() { crosshair.hidden = tip.hidden = true; }

  /** Dragging across a track selects that span of time; a double click shows all. */
  function selectByDragging() {
    let from = null;
    const veil = el("div", {class: "veil", hidden: true});
    host.append(veil);
    host.addEventListener("pointerdown", (event) => {
      if (event.target.tagName === "CANVAS" && event.button === 0) from = event;
    });
    addEventListener("pointermove", (event) => {
      if (!from) return;
      const outer = host.getBoundingClientRect();
      veil.hidden = Math.abs(event.clientX - from.clientX) < 4;
      veil.style.left = Math.min(event.clientX, from.clientX) - outer.left + "px";
      veil.style.width = Math.abs(event.clientX - from.clientX) + "px";
    });
    addEventListener("pointerup", (event) => {
      if (!from) return;
      const box = from.target.getBoundingClientRect();
      const scale = scaleFor(box.width, box.height, 1);
      const [a, b] = [from.clientX, event.clientX].map((x) => scale.t(x - box.left)).sort((p, q) => p - q);
      if (Math.abs(event.clientX - from.clientX) >= 4) Brush.set(a, b);
      from = null;
      veil.hidden = true;
    });
    host.addEventListener("dblclick", Brush.reset);
  }

  function mount(parent) {
    host.append(crosshair, tip);
    parent.append(host);
    host.addEventListener("pointermove", hover);
    host.addEventListener("pointerleave", leave);
    selectByDragging();
    Brush.follow(schedule);
    repaints.push(drawAll);
    new ResizeObserver(schedule).observe(host);
    schedule();
  }

  return {add, mount, prepare, scaleFor, ticks, bands, violations, drawAll};
})();

/** A filled bar with a text cut to its width. */
function barText(ctx, text, x, y, width) {
  if (width < 24) return;
  let shown = text;
  while (shown.length > 1 && ctx.measureText(shown).width > width - 8) shown = shown.slice(0, -2) + "…";
  if (shown.length > 1) ctx.fillText(shown, x + 4, y);
}

/** Diagonal lines: the mark of what could not be seen. */
function hatch(ctx, x, y, w, h, stroke) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let d = -h; d < w; d += 5) { ctx.moveTo(x + d, y + h); ctx.lineTo(x + d + h, y); }
  ctx.stroke();
  ctx.restore();
}
