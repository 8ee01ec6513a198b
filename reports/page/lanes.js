// ---- lanes: what each node was over time (its own word, and whether its process lived), its config epochs, and who
// suspected it. A master is a filled bar, a replica an outlined one, silence is hatched, death an empty dashed line.

function addLanes() {
  const ROW = 24;
  const lanes = DATA.lanes;
  if (!lanes.some((lane) => lane.segments.length)) return;

  function drawSegment(ctx, scale, [begin, end, state, epoch], y, previous) {
    const x = scale.x(begin), width = Math.max(1, scale.x(end) - x);
    if (state === "dead") {
      ctx.strokeStyle = colour("fail");
      ctx.setLineDash([2, 3]);
      ctx.beginPath();
      ctx.moveTo(x, y + 6.5); ctx.lineTo(x + width, y + 6.5);
      ctx.stroke();
      ctx.setLineDash([]);
      cross(ctx, x, y + 6.5);
      ctx.fillStyle = colour("fail-text");
    } else if (state === "unreachable") {
      hatch(ctx, x, y, width, 13, colour("info"));
      ctx.fillStyle = colour("ink");
    } else if (state === "master") {
      ctx.fillStyle = colour("role-master");
      ctx.fillRect(x, y, width, 13);
      ctx.fillStyle = colour("on-master");
    } else {
      ctx.strokeStyle = colour("role-master");
      ctx.lineWidth = 1;
      ctx.strokeRect(x + 0.5, y + 2.5, width - 1, 8);
      ctx.fillStyle = colour("muted");
    }
    const visible = Math.max(x, 0), room = Math.min(x + width, scale.w) - visible;
    const changed = state === "master" && previous?.[3] !== epoch ? ` · epoch ${epoch}` : "";
    if (state === "master" || state === "unreachable") barText(ctx, state + changed, visible, y + 10, room);
    if (state === "dead") barText(ctx, state, visible + 4, y + 4, room);
  }

  function drawSuspicion(ctx, scale, [begin, end, pfail, fail], y) {
    const x = scale.x(begin), width = Math.max(1.5, scale.x(end) - x);
    ctx.fillStyle = colour(fail ? "fail" : "info");
    ctx.fillRect(x, y + 15, width, fail ? 4 : 2);
  }

  function draw(ctx, scale) {
    lanes.forEach((lane, row) => {
      const y = row * ROW + 3;
      lane.segments.forEach((segment, i) => drawSegment(ctx, scale, segment, y, lane.segments[i - 1]));
      lane.suspicions.forEach((suspicion) => drawSuspicion(ctx, scale, suspicion, y));
    });
  }

  function tip(t, y) {
    const lane = lanes[y / ROW | 0];
    if (!lane) return [];
    const segment = lane.segments.find(([begin, end]) => begin <= t && t < end);
    const suspicion = lane.suspicions.find(([begin, end]) => begin <= t && t < end);
    const lines = [`${nodeName(lane.node)}: ${segment ? segment[2] : "not seen"}` +
                   (segment?.[2] === "master" ? `, config epoch ${segment[3]}` : "")];
    if (suspicion)
      lines.push(`PFAIL to ${suspicion[2]}, FAIL to ${suspicion[3]} of ${nodes.length - 1} others`);
    return lines;
  }

  Tracks.add({
    title: "Roles", height: lanes.length * ROW + 2, draw, tip, className: "lanes",
    rows: lanes.map((lane) => ({label: nodeName(lane.node), title: `${nodes[lane.node].address}, ${nodes[lane.node].build}`})),
    legend: legend([["master", "■ master"], ["replica", "□ replica"], ["info", "▨ no answer, ▁ PFAIL"],
                    ["fail", "× dead, ▂ FAIL"]]),
    describe: lanes.map((lane) => `${nodeName(lane.node)}: ` + lane.segments.map(([b, , state]) =>
      `${state} from ${seconds(b, 1)} s`).join(", ")).join(". "),
  });
}
