// ---- anomalies: each with its words, its operations among the faults around them, and what else happened to the key.

function renderAnomalies(ops) {
  const violations = DATA.anomalies.filter((anomaly) => !anomaly.allowed);
  const allowed = DATA.anomalies.filter((anomaly) => anomaly.allowed);
  fillSection("violations", violations, "violations", DATA.checks.reduce((n, check) => n + check.violations, 0), ops);
  fillSection("allowed", allowed, "allowed", DATA.checks.reduce((n, check) => n + check.allowed + check.known, 0),
              ops);
}

function fillSection(id, anomalies, counter, total, ops) {
  if (!anomalies.length && !total) return;
  section(id).hidden = false;
  fill(id, ...anomalies.map((anomaly, i) => anomalyCard(anomaly, ops, i === 0 && !anomaly.allowed)));
  if (total > anomalies.length)
    fill(id, el("p", {class: "note"}, `${grouped(anomalies.length)} of ${grouped(total)} are shown here; ` +
                                                "results.json lists what the checkers kept."));
}

function anomalyCard(anomaly, ops, open) {
  const moments = el("ol", {class: "moments close"}, anomaly.moments.map((moment) => momentItem(moment)));
  const title = [anomaly.headline];
  const history = el("div", {class: "key-history"});
  const key = anomaly.key ? TABLES.keys.indexOf(anomaly.key) : -1;
  return el("details", {class: "anomaly " + (anomaly.allowed ? "is-allowed" : "is-violation"), id: anomaly.id, open},
    el("summary", {}, el("span", {class: "tag"}, anomaly.id), el("b", {}, ...title.filter(Boolean)),
       el("span", {class: "note"}, `${seconds(anomaly.t)} s · ${anomaly.check}`)),
    el("p", {class: "words"}, anomaly.explanation),
    anomaly.window && el("p", {class: "note"}, `Allowed by window ${anomaly.window}: ${anomaly.window_words}.`),
    anomaly.known && el("p", {class: "note"}, `Known, and lived with until it is mended: ${anomaly.known}.`),
    moments,
    el("p", {class: "actions"},
       el("button", {type: "button", click: () => Brush.around(anomaly.t)}, "Bring the brush here"),
       key >= 0 && el("button", {type: "button", click: () => showKey(history, ops, key, anomaly)},
                      "All operations on this key"),
       copyButton(issueText(anomaly), "Copy as text")),
    history);
}

/** What was done to one key around an anomaly; those involved are marked. */
function showKey(host, ops, key, anomaly) {
  const SHOWN = 60;
  const involved = new Set(anomaly.moments.map((moment) => moment.operation).filter((i) => i != null));
  const all = [];
  for (let i = 0; i < ops.n; ++i) if (ops.key[i] === key) all.push(i);
  const nearest = [...all].sort((a, b) => Math.abs(ops.invoked[a] - anomaly.t) - Math.abs(ops.invoked[b] - anomaly.t))
    .slice(0, SHOWN);
  const shown = [...new Set([...nearest, ...involved])].filter((i) => i < ops.n).sort((a, b) => a - b);
  host.replaceChildren(
    el("p", {class: "note"}, `${grouped(shown.length)} of ${grouped(all.length)} operations on the key, those nearest ` +
                             "to the anomaly."),
    el("table", {class: "plain operations"}, el("thead", {}, el("tr", {}, ["invoked", "took", "client", "operation", "node"]
      .map((head) => el("th", {scope: "col"}, head)))),
      el("tbody", {}, shown.map((i) => el("tr", {class: ["ok", "fail", "info"][ops.outcome[i]] +
                                                        (involved.has(i) ? " involved" : "")},
        el("td", {class: "number"}, seconds(ops.invoked[i])),
        el("td", {class: "number"}, ops.latency[i] === NEVER ? "never" : duration(ops.latency[i])),
        el("td", {}, "p" + ops.process[i]),
        el("td", {}, el("code", {}, operationWords(ops, i))),
        el("td", {}, TABLES.nodes[ops.node[i]] ?? ""))))));
}

/** For an issue: the words, the moments, the seed and the command. */
function issueText(anomaly) {
  const lines = anomaly.moments.map((m) => `${seconds(m.t).padStart(9)}  ${m.who.padEnd(5)} ${m.text}`);
  return [`${anomaly.type}${anomaly.key ? " on " + anomaly.key : ""}`, "", anomaly.explanation, "", ...lines, "",
          ...DATA.servers.map((server) => `server ${buildName(server)} (sha256 ${server.sha256})`),
          `seed ${run.seed}, run ${run.id}`, `repeat it with: ${run.reproduce}`].join("\n");
}

/** Opens an anomaly, brings it into sight and the brush to its operations. */
function lookAt(id) {
  const card = section(id);
  if (!card) return;
  if (card.tagName === "DETAILS") card.open = true;
  const anomaly = DATA.anomalies.find((candidate) => candidate.id === id);
  if (anomaly) {
    const times = [anomaly.t, ...anomaly.moments.map((moment) => moment.t)];
    Brush.set(Math.min(...times) - 500, Math.max(...times) + 500);
  }
  Brush.setPlace(id);
  card.scrollIntoView({block: "start"});
}
