// ---- availability: for each range of slots, when nothing on it was acknowledged though clients asked.

function addAvailability() {
  const ranges = DATA.availability;
  if (!ranges.length) return;
  const ROW = 18;

  function draw(ctx, scale) {
    ranges.forEach((range, row) => {
      const y = row * ROW + 3;
      ctx.fillStyle = colour("ok-soft");
      ctx.fillRect(scale.x(0), y + 4, scale.x(run.clients_end ?? FULL[1]) - scale.x(0), 4);
      for (const [begin, end] of range.gaps) {
        const [x, width] = [scale.x(begin), Math.max(2, scale.x(end) - scale.x(begin) - 1)];
        ctx.fillStyle = colour("fail");
        ctx.fillRect(x, y, width, 12);
        ctx.fillStyle = colour("on-fail");
        const room = Math.min(x + width, scale.w) - Math.max(x, 0);
        if (ctx.measureText(duration(end - begin)).width + 8 <= room)
          ctx.fillText(duration(end - begin), Math.max(x, 0) + 4, y + 10);
      }
    });
  }

  function tip(t, y) {
    const range = ranges[y / ROW | 0];
    if (!range) return [];
    const gap = range.gaps.find(([begin, end]) => begin <= t && t <= end);
    return [`slots ${range.slots}`,
            gap ? `nothing acknowledged for ${duration(gap[1] - gap[0])}` : "answering",
            `${grouped(range.acknowledged)} acknowledged in all; longest silence ${duration(range.longest)}`];
  }

  Tracks.add({
    title: "Unavailable", note: "nothing acknowledged though some client asked", height: ranges.length * ROW + 2, draw, tip,
    rows: ranges.map((range) => ({label: range.slots})),
    describe: ranges.map((range) => `Slots ${range.slots}: ${range.gaps.length
      ? range.gaps.map(([b, e]) => `silent from ${seconds(b, 1)} to ${seconds(e, 1)} s`).join(", ")
      : "never silent"}`).join(". "),
  });
}
