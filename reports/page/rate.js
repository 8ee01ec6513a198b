// ---- rate: operations a second, stacked by outcome, at the brush's own resolution.

function addRate(ops) {
  const width = 3;  // pixels of one bin
  let bins = [], tall = 1, perBin = 1;

  function count(scale) {
    const n = Math.ceil(scale.w / width);
    bins = [new Uint32Array(n), new Uint32Array(n), new Uint32Array(n)];
    perBin = (scale.t1 - scale.t0) * width / scale.w / 1000;
    const from = firstAt(ops, scale.t0), to = firstAt(ops, scale.t1);
    for (let i = from; i < to; ++i)
      ++bins[ops.shown[i]][Math.min(n - 1, scale.x(ops.invoked[i]) / width | 0)];
    tall = 1;
    for (let b = 0; b < n; ++b) tall = Math.max(tall, bins[OK][b] + bins[FAIL][b] + bins[INFO][b]);
  }

  function draw(ctx, scale) {
    count(scale);
    const room = scale.h - 14;
    for (let b = 0; b < bins[OK].length; ++b) {
      let top = scale.h;
      for (const [outcome, name] of [[OK, "ok"], [INFO, "info"], [FAIL, "fail"]]) {
        const height = bins[outcome][b] / tall * room;
        if (!height) continue;
        ctx.fillStyle = colourCache(name);
        // What is rare must still be seen.
        ctx.fillRect(b * width, top - Math.max(height, outcome === OK ? 0 : 1.5), width, Math.max(height, 1.5));
        top -= height;
      }
    }
    ctx.fillStyle = colour("muted");
    ctx.fillText(`${grouped(tall / perBin)} /s`, 4, 11);
  }

  function tip(t, y, scale) {
    const b = Math.min(bins[OK]?.length - 1, scale.x(t) / width | 0);
    if (!(b >= 0)) return [];
    const all = bins[OK][b] + bins[INFO][b] + bins[FAIL][b];
    const share = (n) => (all ? (100 * n / all).toFixed(1) : "0") + " %";
    return [`${grouped(all / perBin)} operations a second`,
            `ok ${share(bins[OK][b])}, info ${share(bins[INFO][b])}, fail ${share(bins[FAIL][b])}`];
  }

  Tracks.add({title: "Rate", height: 90, draw, tip, note: "operations a second, by outcome",
              describe: "Operations a second over time, stacked by outcome."});
}
