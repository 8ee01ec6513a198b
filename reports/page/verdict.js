// ---- verdict: the card a tired person reads first.

const VERDICT_WORDS = {
  pass: "Pass", fail: "Violation", unknown: "Unknown: the run cannot conclude", error: "No verdict: the run failed",
};

/** "redis 7.0.15". */
const buildName = (server) => [server.flavor, server.version].filter(Boolean).join(" ") || "unknown build";

function renderVerdict() {
  const {word, sentence} = DATA.verdict;
  const took = run.end == null ? "unfinished" : duration(run.end);
  section("verdict").replaceChildren();
  fill("verdict",
    el("p", {class: "eyebrow"}, [run.scenario, run.workload, run.started].filter(Boolean).join(" · ")),
    el("h1", {}, mark(word), VERDICT_WORDS[word]),
    el("p", {class: "sentence"}, sentence),
    run.interrupted && el("p", {class: "note"}, "The run was interrupted; only what was recorded was judged."),
    run.ended_early && el("p", {class: "note", id: "ended-early"},
      `The run ended early, after ${seconds(run.clients_end, 1)} s of load, as stop-at-violation asks: ${run.ended_early}` +
      (run.left_out.length ? ` Left out: ${plural(run.left_out.length, "step")} (${run.left_out.join(", ")}).`
                           : " No step was left out.")),
    facts([
      ...DATA.servers.flatMap((server) => [
        ["server", buildName(server)],
        ["sha256", el("code", {class: "hash", title: server.sha256}, server.sha256 || "unknown")],
      ]),
      ["seed", el("code", {}, run.seed)],
      ["cluster", clusterWords()],
      ["operations", grouped(TABLES.count)],
      ["took", took],
    ]),
    run.reproduce && el("p", {class: "command"}, el("code", {id: "reproduce"}, run.reproduce), copyButton(run.reproduce)));
}

/** "3 masters, 3 replicas, 2 spare nodes" */
function clusterWords() {
  const members = nodes.filter((node) => !node.spare);
  const spare = nodes.length - members.length;
  return `${plural(members.filter((node) => node.master).length, "master")}, ` +
         `${plural(members.filter((node) => !node.master).length, "replica")}` +
         (spare ? `, ${plural(spare, "spare node")}` : "");
}

/** Pairs of a name and a value, as a list. */
function facts(pairs) {
  return el("dl", {class: "facts"}, pairs.filter(([, value]) => value != null && value !== "").map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}
