// ---- log: what the nodes wrote, merged in time with the faults and the turns of the story; filtered, and following
// the brush.

function renderLog() {
  const SHOWN = 400;
  const events = DATA.story.filter((moment) => moment.kind !== "run")
    .map((moment) => ({t: moment.t, node: -1, level: "!", text: (moment.who && moment.who !== "!" ? moment.who + " " : "") + moment.text}));
  const lines = DATA.logs.lines.map(([t, node, level, text, undated]) => ({t, node, level, text, undated}));
  const all = [...lines, ...events].sort((a, b) => a.t - b.t);
  const hidden = new Set();  // node numbers switched off
  const levels = el("select", {"aria-label": "Least level", change: refill},
                    [["debug", "all levels"], ["verbose", "verbose and up"], ["notice", "notice and up"], ["warning", "warnings"]]
                      .map(([value, text]) => el("option", {value, selected: value === "notice"}, text)));
  const search = el("input", {type: "search", id: "log-search", placeholder: "search  ( / )", "aria-label": "Search the log",
                              input: refill});
  const boxes = [{name: "story", index: -1}, ...nodes.map((node, index) => ({name: node.name, index}))].map(({name, index}) =>
    el("label", {}, el("input", {type: "checkbox", checked: true, change: (event) => {
      event.target.checked ? hidden.delete(index) : hidden.add(index);
      refill();
    }}), name));
  const count = el("p", {class: "note", id: "log-count", role: "status"});
  const body = el("tbody");
  const RANK = {debug: 0, verbose: 1, notice: 2, warning: 3};
  const rankOf = (line) => ({".": 0, "-": 1, "*": 2, "#": 3, "!": 4}[line.level] ?? 2);

  function refill() {
    const words = search.value.toLowerCase();
    const least = RANK[levels.value];
    const found = all.filter((line) => Brush.holds(line.t) && !hidden.has(line.node) && rankOf(line) >= least &&
                                       (!words || line.text.toLowerCase().includes(words)));
    body.replaceChildren(...found.slice(0, SHOWN).map(row));
    count.textContent = `${grouped(Math.min(found.length, SHOWN))} of ${grouped(found.length)} lines in the brush` +
      (found.length > SHOWN ? "; narrow the brush to see the rest" : "") +
      (DATA.logs.total > lines.length ? `. The page holds the ${grouped(lines.length)} of ${grouped(DATA.logs.total)} ` +
                                        "log lines nearest to the story; nodes/*/ in the store has all." : ".");
  }

  function row(line) {
    const kind = {"!": "event", "#": "warning", ".": "debug", "-": "debug"}[line.level] ?? "notice";
    return el("tr", {class: "line-" + kind},
              timeCell(line.t, line.undated), el("td", {}, line.node < 0 ? "" : nodeName(line.node)),
              el("td", {class: "level"}, line.level), el("td", {}, line.text));
  }

  fill("log", el("div", {class: "filters"}, search, levels, ...boxes), count,
    el("div", {class: "log-lines", tabindex: 0, role: "region", "aria-label": "Log lines"},
       el("table", {}, el("thead", {class: "offscreen"}, el("tr", {}, ["time", "node", "level", "text"].map((head) =>
         el("th", {scope: "col"}, head)))), body)));
  let waiting = 0;
  Brush.follow(() => { clearTimeout(waiting); waiting = setTimeout(refill, 120); });
  refill();
}

/** A line without a time of its own stands at that of the line before, and says so. */
function timeCell(t, undated) {
  return undated ? el("td", {class: "number undated", title: "this line has no time of its own: it stands at that of the line before"},
                      "about " + seconds(t))
                 : el("td", {class: "number"}, seconds(t));
}

function renderFacts() {
  fill("facts",
    facts([["run", run.id], ...DATA.servers.flatMap((server) => [["binary", server.binary], ["asked for", server.spec]]),
           ...Object.entries(run.config),
           ...Object.entries(run.environment)].map(([name, value]) => [name, String(value)])),
    el("p", {class: "note"}, "as it was called: ", el("code", {}, run.argv.join(" "))),
    el("p", {class: "note"}, "A seed promises the same schedule and the same offered operations, not the same history: " +
                             "the servers are real processes."));
}
