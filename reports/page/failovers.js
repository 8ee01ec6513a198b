// ---- failovers: each from its fault to agreement, in phases, against the bound of its promotion.

const PHASES = [
  ["pfail", "until a node suspects it (PFAIL)"], ["fail", "until a majority agrees (FAIL)"],
  ["election", "until the replica asks for votes"], ["promoted", "until it is promoted"],
  ["first_write", "until it acknowledges a write"], ["converged", "until every node agrees"],
];

function renderFailovers() {
  const all = DATA.failovers.filter((failover) => failover.fault_at != null);
  if (!all.length) {
    fill("failovers", el("p", {class: "note"}, "No failover was seen."));
    return;
  }
  // Agreement may wait for a partition to heal: it does not stretch the scale, it is written at the end.
  const lengths = all.flatMap((f) => [f.bound_ms * 1.12, ...PHASES.slice(0, 5).map(([name]) =>
    f[name] == null ? 0 : (f[name] - f.fault_at) * 1.05)]);
  const longest = Math.max(...lengths, 1);
  fill("failovers",
    el("p", {class: "legend phases"}, PHASES.map(([name, words], i) => el("span", {}, el("i", {class: "swatch phase-" + i}), words))),
    el("ol", {class: "failovers"}, all.map((failover) => failoverItem(failover, longest))));
}

function failoverItem(failover, longest) {
  const track = el("div", {class: "phase-track"});
  const words = [];
  let before = 0;
  PHASES.forEach(([name, title], i) => {
    if (failover[name] == null) return;
    const at = failover[name] - failover.fault_at;
    words.push(`${{pfail: "PFAIL", fail: "FAIL", election: "election", promoted: "promoted", first_write: "first write",
                   converged: "converged"}[name]} +${duration(at)}`);
    const [from, to] = [Math.min(before, longest), Math.min(at, longest)];
    const bar = el("span", {class: "phase phase-" + i, title: `${title}: +${duration(at)}`});
    bar.style.left = from / longest * 100 + "%";
    bar.style.width = Math.max(to - from, 0) / longest * 100 + "%";
    track.append(bar);
    before = Math.max(before, at);
  });
  if (before > longest) track.append(el("span", {class: "beyond"}, `… +${duration(before)} →`));
  const bound = el("span", {class: "bound-mark", title: "bound of the promotion, with the machine's delays"},
                   el("span", {}, "promotion bound " + duration(failover.bound_ms)));
  bound.style.left = Math.min(failover.bound_ms / longest, 1) * 100 + "%";
  if (failover.bound_ms > 0) track.append(bound);
  return el("li", {},
    el("div", {class: "failover-head"}, mark(failover.within_bound ? "valid" : "invalid"),
       el("b", {}, `${failover.from} → ${failover.to}`), ` shard ${failover.shard + 1}, after ${failover.fault} at `,
       el("button", {type: "button", class: "time", click: () => Brush.around(failover.fault_at, 500, longest + 500)},
          seconds(failover.fault_at) + " s")),
    track, el("p", {class: "note"}, words.join("  ·  ")));
}
