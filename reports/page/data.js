// ---- data: the run, as C++ arranged it (reports/page_data.h), and small questions about it.

const DATA = JSON.parse(section("data").textContent);
const {run, nodes, faults, operations: TABLES} = DATA;

/** The whole time of the run in ms; what lies before 0 (start-up) or after belongs to its edges. */
const FULL = [0, Math.max(run.end ?? 0, run.clients_end ?? 0, DATA.story.at(-1)?.t ?? 0, 1000)];

/** A fault's end on the drawing: healed, or as long as it weighed. */
const faultBegin = (fault) => fault.active ?? fault.requested ?? 0;
const faultEnd = (fault) => Math.max(fault.healed ?? fault.until ?? faultBegin(fault), faultBegin(fault));

const nodeName = (index) => nodes[index]?.name ?? "nobody";

/** A hue for each shard; the master it was created with is darker than its replicas. */
const SHARD_HUES = [212, 168, 262, 78, 28, 190, 238, 128];
function nodeColour(index, dark) {
  if (index < 0 || !nodes[index]) return dark ? "#5a2340" : "#f6c9df";  // nobody serves it
  const node = nodes[index];
  const siblings = nodes.filter((other) => other.shard === node.shard && !other.master);
  const rank = node.master ? 0 : 1 + siblings.indexOf(node);
  const hue = SHARD_HUES[node.shard % SHARD_HUES.length];
  const lightness = dark ? 34 + 20 * Math.min(rank, 2) : 44 + 20 * Math.min(rank, 2);
  return `hsl(${hue} ${dark ? 42 : 48}% ${lightness}%)`;
}
