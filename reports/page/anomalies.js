// ---- anomalies: each with its words, its operations among the faults around them, what its node wrote and how that
// ended. Violations stand in order of time; equal ones are one entry, and what came after a crash stands below it.

function renderAnomalies(ops) {
  const violations = DATA.anomalies.filter((anomaly) => !anomaly.allowed);
  const allowed = DATA.anomalies.filter((anomaly) => anomaly.allowed && !anomaly.known);
  const known = DATA.anomalies.filter((anomaly) => anomaly.known);
  fillSection("violations", violations, "violations", DATA.checks.reduce((n, check) => n + check.violations, 0), ops);
  if (DATA.known.length) {
    section("known").hidden = false;
    fill("known", el("ul", {class: "note"}, DATA.known.map((told) => el("li", {}, told))));
  }
  fillSection("known", known, "known", DATA.checks.reduce((n, check) => n + check.known, 0), ops);
  fillSection("allowed", allowed, "allowed", DATA.checks.reduce((n, check) => n + check.allowed, 0), ops);
}

function fillSection(id, anomalies, counter, total, ops) {
  if (!anomalies.length && !total) return;
  section(id).hidden = false;
  const groups = underTheirCauses(equalOnes(anomalies));
  fill(id, ...groups.map((group, i) => groupCard(group, ops, i === 0 && !group.first.allowed)));
  if (total > anomalies.length)
    fill(id, el("p", {class: "note"}, `${grouped(anomalies.length)} of ${grouped(total)} are shown here; ` +
                                                "results.json lists what the checkers kept."));
}

/** [{first, others, consequences}], in order of the first of each: equal are those of one checker, type and node. */
function equalOnes(anomalies) {
  const groups = new Map();
  for (const anomaly of anomalies) {
    const name = JSON.stringify([anomaly.check, anomaly.type, anomaly.node, anomaly.window, anomaly.known]);
    const group = groups.get(name);
    if (group) group.others.push(anomaly);
    else groups.set(name, {first: anomaly, others: [], consequences: []});
  }
  return [...groups.values()];
}

/** A process that ended by itself is the cause of what its shard lacks from then on. */
function underTheirCauses(groups) {
  const shardOf = (anomaly) => nodes.find((node) => node.name === anomaly.node)?.shard;
  const top = [];
  for (const group of groups) {
    const cause = !group.first.allowed && !group.first.ends_process && top.find(({first}) => first.ends_process &&
      first.t <= group.first.t && (group.first.node === "" || shardOf(first) === shardOf(group.first)));
    (cause ? cause.consequences : top).push(group);
  }
  return top;
}

function groupCard(group, ops, open) {
  const {first, others, consequences} = group;
  const card = anomalyCard(first, ops, open, others.length);
  if (others.length)
    card.append(el("details", {class: "equals"},
      el("summary", {}, `${grouped(others.length)} more of the kind, ${differences(first, others)}`),
      others.map((other) => anomalyCard(other, ops, false, 0))));
  if (consequences.length)
    card.append(el("details", {class: "consequences", open: true},
      el("summary", {}, `What came after it, of the same shard or of no one node: ${consequences.length}`),
      consequences.map((one) => groupCard(one, ops, false))));
  return card;
}

/** How equal violations differ: by their keys, else by their times. */
function differences(first, others) {
  const keys = [...new Set(others.map((other) => other.key).filter(Boolean))];
  const last = others.at(-1).t;
  if (keys.length > 1) return `on ${plural(keys.length, "key")}, until ${seconds(last)} s`;
  return (keys.length && keys[0] !== first.key ? `on ${keys[0]}, ` : keys.length ? "on the same key at other times, " : "") +
         `until ${seconds(last)} s`;
}

/** What was promised: a row or rule of PROMISES.md, or what the scenario says. */
const promiseWords = (promise) =>
  /^(row|rule) /.test(promise) ? `What it breaks: ${promise} of checkers/PROMISES.md.` : `What was promised: ${promise}.`;

function anomalyCard(anomaly, ops, open, more) {
  const moments = anomaly.moments.length > 0 &&
    el("ol", {class: "moments close"}, anomaly.moments.map((moment) => momentItem(moment)));
  const history = el("div", {class: "key-history"});
  const key = anomaly.key ? TABLES.keys.indexOf(anomaly.key) : -1;
  return el("details", {class: "anomaly " + (anomaly.allowed ? "is-allowed" : "is-violation"), id: anomaly.id, open},
    el("summary", {}, el("span", {class: "tag"}, anomaly.id), el("b", {}, anomaly.headline),
       el("span", {class: "note"}, `${anomaly.seen ? anomaly.seen + ", " : ""}${seconds(anomaly.t)} s · ${anomaly.check}${more ? ` · ${grouped(more + 1)} ×` : ""}`)),
    el("p", {class: "words"}, anomaly.explanation),
    !anomaly.allowed && anomaly.promise && el("p", {class: "note"}, promiseWords(anomaly.promise)),
    anomaly.window && el("p", {class: "note"}, `Allowed by window ${anomaly.window}: ${anomaly.window_words}.`),
    anomaly.known && el("p", {class: "note"}, `Known, and lived with until it is mended: ${anomaly.known}.`),
    moments,
    anomaly.ended && el("p", {class: "note ended"}, anomaly.ended),
    !anomaly.allowed && linesAround(anomaly),
    el("p", {class: "actions"},
       el("button", {type: "button", click: () => Brush.around(anomaly.t)}, "Bring the brush here"),
       key >= 0 && el("button", {type: "button", click: () => showKey(history, ops, key, anomaly)},
                      "All operations on this key"),
       copyButton(issueText(anomaly), "Copy as text")),
    history);
}

/** What the accused node wrote around it, the nearest lines; warnings before what is only noted. */
function linesAround(anomaly) {
  const [SHOWN, SPAN] = [8, 5000];
  const number = nodes.findIndex((node) => node.name === anomaly.node);
  if (number < 0) return null;
  const rank = ([t, , level]) => Math.abs(t - anomaly.t) + (level === "#" || level === "" ? 0 : SPAN);
  const near = DATA.logs.lines.filter(([t, node, level, text]) => node === number && text && level !== "." && level !== "-" &&
                                                           Math.abs(t - anomaly.t) <= SPAN)
    .map((line, index) => ({line, index})).sort((a, b) => rank(a.line) - rank(b.line)).slice(0, SHOWN)
    .sort((a, b) => a.index - b.index).map(({line}) => line);
  if (!near.length) return null;
  return el("div", {class: "around"}, el("table", {}, el("caption", {}, `What ${anomaly.node} wrote around it`),
    el("tbody", {}, near.map(([t, , level, text, undated]) => el("tr", {class: level === "#" ? "line-warning" : ""},
      timeCell(t, undated), el("td", {}, level), el("td", {}, text))))));
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

/** Brings an element into sight; an anomaly is opened, with what it stands in, gets the focus, and the brush shows its
 * operations. */
function lookAt(id, {keepBrush = false} = {}) {
  const card = section(id);
  if (!card) return;
  for (let around = card; around; around = around.parentElement) if (around.tagName === "DETAILS") around.open = true;
  const anomaly = DATA.anomalies.find((candidate) => candidate.id === id);
  if (anomaly && !keepBrush) {
    const times = [anomaly.t, ...anomaly.moments.map((moment) => moment.t)];
    Brush.set(Math.min(...times) - 500, Math.max(...times) + 500);
  }
  Brush.setPlace(id);
  card.scrollIntoView({block: "start"});
  card.querySelector("summary")?.focus({preventScroll: true});
}
