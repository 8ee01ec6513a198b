// ---- latency: the density of operations over time and a log axis of latency, binned to the pixel.

/** Adds the track. Blue: ok, the darker the more; orange ▲: info; pink ×: fail; lines: median and 99th percentile. */
function addLatency(ops) {
  const [low, high] = latencyRange(ops);
  const y = (level, h) => h - 1 - (level - low) / (high - low) * (h - 2);

  function draw(ctx, scale) {
    const from = firstAt(ops, scale.t0), to = firstAt(ops, scale.t1);
    ctx.drawImage(density(scale, from, to), 0, 0, scale.w, scale.h);
    glyphs(ctx, scale, from, to);
    quantiles(ctx, scale, from, to);
    axis(ctx, scale);
  }

  function axis(ctx, scale) {
    ctx.fillStyle = colour("muted");
    for (let power = -3; power <= 5; ++power) {
      const level = logCode(10 ** power);
      if (level <= low || level >= high) continue;
      const at = Math.round(y(level, scale.h));
      ctx.globalAlpha = 0.25;
      ctx.fillRect(0, at, scale.w, 1);
      ctx.globalAlpha = 1;
      const words = power < 0 ? 10 ** (power + 3) + " µs" : power < 3 ? 10 ** power + " ms" : 10 ** (power - 3) + " s";
      ctx.strokeStyle = colour("paper");  // a halo, for the words stand on the data
      ctx.lineWidth = 3;
      ctx.strokeText(words, 4, at - 3);
      ctx.fillText(words, 4, at - 3);
    }
  }

  /** The ok operations as an image, one count for each pixel. */
  function density(scale, from, to) {
    const w = Math.max(1, Math.round(scale.w * scale.ratio)), h = Math.max(1, Math.round(scale.h * scale.ratio));
    const counts = new Uint32Array(w * h);
    const perMs = w / (scale.t1 - scale.t0), perLevel = (h - 2) / (high - low);
    let most = 0;
    for (let i = from; i < to; ++i) {
      if (ops.shown[i] !== OK) continue;
      const column = ((ops.invoked[i] - scale.t0) * perMs) | 0;
      const row = (h - 1 - (ops.level[i] - low) * perLevel) | 0;
      if (column < 0 || column >= w || row < 0 || row >= h) continue;
      const count = ++counts[row * w + column];
      if (count > most) most = count;
    }
    return paintCounts(counts, w, h, most);
  }

  function paintCounts(counts, w, h, most) {
    const canvas = new OffscreenCanvas(w, h);
    const ctx = canvas.getContext("2d");
    const image = ctx.createImageData(w, h);
    const [r, g, b] = rgb(colour("ok"));
    const alphas = new Uint8ClampedArray(most + 1);
    for (let c = 1; c <= most; ++c) alphas[c] = 105 + 150 * Math.log(c + 1) / Math.log(most + 1);
    const pixels = new Uint32Array(image.data.buffer);
    const solid = (b << 16 | g << 8 | r) >>> 0;
    for (let i = 0; i < counts.length; ++i)
      if (counts[i]) pixels[i] = (alphas[counts[i]] << 24 | solid) >>> 0;
    ctx.putImageData(image, 0, 0);
    return canvas;
  }

  /** fail and info, one glyph for each small cell that holds any. */
  function glyphs(ctx, scale, from, to) {
    const cell = 6;
    const columns = Math.ceil(scale.w / cell);
    const seen = new Set();
    for (let i = from; i < to; ++i) {
      const outcome = ops.shown[i];
      if (outcome === OK) continue;
      const x = scale.x(ops.invoked[i]);
      const at = Math.max(4, Math.min(scale.h - 4, y(ops.level[i], scale.h)));
      const id = ((at / cell | 0) * columns + (x / cell | 0)) * 2 + (outcome === INFO ? 1 : 0);
      if (seen.has(id)) continue;
      seen.add(id);
      (outcome === INFO ? triangle : cross)(ctx, x, at);
    }
  }

  function quantiles(ctx, scale, from, to) {
    const width = 6, buckets = 200;
    const bins = Math.ceil(scale.w / width);
    const counts = new Uint32Array(bins * buckets), totals = new Uint32Array(bins);
    for (let i = from; i < to; ++i) {
      if (ops.shown[i] !== OK) continue;
      const bin = Math.min(bins - 1, scale.x(ops.invoked[i]) / width | 0);
      const bucket = Math.max(0, Math.min(buckets - 1, (ops.level[i] - low) / (high - low) * buckets | 0));
      ++counts[bin * buckets + bucket];
      ++totals[bin];
    }
    for (const [share, dash] of [[0.5, []], [0.99, [3, 2]]])
      quantileLine(ctx, scale, {counts, totals, width, buckets, bins}, share, dash);
  }

  function quantileLine(ctx, scale, {counts, totals, width, buckets, bins}, share, dash) {
    ctx.strokeStyle = colour("ink");
    ctx.lineWidth = 1.2;
    ctx.setLineDash(dash);
    ctx.beginPath();
    let pen = false;
    for (let bin = 0; bin < bins; ++bin) {
      if (totals[bin] < 8) { pen = false; continue; }
      let sum = 0, bucket = 0;
      while (bucket < buckets && sum < share * totals[bin]) sum += counts[bin * buckets + bucket++];
      const at = scale.h - 1 - (bucket - 0.5) / buckets * (scale.h - 2);
      pen ? ctx.lineTo((bin + 0.5) * width, at) : ctx.moveTo((bin + 0.5) * width, at);
      pen = true;
    }
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function tip(t, atY, scale) {
    const half = (scale.t1 - scale.t0) / scale.w * 4;
    const from = firstAt(ops, t - half), to = firstAt(ops, t + half);
    const latencies = [];
    let failed = 0, unknown = 0;
    for (let i = from; i < to; ++i) {
      if (ops.shown[i] === OK) latencies.push(ops.latency[i]);
      else if (ops.shown[i] === FAIL) ++failed;
      else ++unknown;
    }
    latencies.sort((a, b) => a - b);
    const level = low + (scale.h - 1 - atY) / (scale.h - 2) * (high - low);
    const lines = [`at ${duration(fromLogCode(level))} on the axis`,
                   `${latencies.length} ok, ${unknown} info, ${failed} fail within ${duration(2 * half)}`];
    if (latencies.length) {
      const q = (share) => duration(latencies[Math.min(latencies.length - 1, latencies.length * share | 0)]);
      lines.push(`median ${q(0.5)}, 99 % ${q(0.99)}, greatest ${q(1)}`);
    }
    return lines;
  }

  Tracks.add({
    title: "Latency", height: 210, draw, tip,
    note: "log scale; each pixel counts what falls on it; a compare-and-set that saw another value is drawn as ok",
    legend: legend([["ok", "■ ok"], ["info", "▲ info (unknown)"], ["fail", "× fail"], ["ink", "— median, ┄ 99 %"]]),
    describe: "Density of operations over time and latency; the figures are in the tooltip and the tables.",
  });
}

function legend(entries) {
  return el("p", {class: "legend"}, entries.map(([name, text]) => el("span", {class: "key-" + name}, text)));
}

/** The range of latencies that occurred, widened to whole steps of the axis. */
function latencyRange(ops) {
  let least = 65535, most = 0;
  for (let i = 0; i < ops.n; ++i) {
    const level = ops.level[i];
    if (ops.latency[i] === NEVER) continue;
    if (level < least) least = level;
    if (level > most) most = level;
  }
  if (least > most) return [logCode(0.1), logCode(1000)];
  return [Math.max(0, least - 1200), Math.min(65535, most + 1800)];
}

function cross(ctx, x, y) {
  ctx.strokeStyle = colourCache("fail");
  ctx.lineWidth = 1.3;
  ctx.beginPath();
  ctx.moveTo(x - 2.5, y - 2.5); ctx.lineTo(x + 2.5, y + 2.5);
  ctx.moveTo(x - 2.5, y + 2.5); ctx.lineTo(x + 2.5, y - 2.5);
  ctx.stroke();
}

function triangle(ctx, x, y) {
  ctx.fillStyle = colourCache("info");
  ctx.beginPath();
  ctx.moveTo(x, y - 3.2); ctx.lineTo(x + 3.2, y + 2.6); ctx.lineTo(x - 3.2, y + 2.6);
  ctx.fill();
}

/** Colours asked for thousands of times in one drawing; forgotten when the theme may have changed. */
const cachedColours = new Map();
repaints.push(() => cachedColours.clear());
function colourCache(name) {
  if (!cachedColours.has(name)) cachedColours.set(name, colour(name));
  return cachedColours.get(name);
}

/** "#rrggbb" -> [r, g, b]. */
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
