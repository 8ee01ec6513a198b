// ---- keys: j k for errors, [ ] for faults, / to search, ? for help.

const KEYS = [
  ["j / k", "next, previous violation (then what is allowed)"], ["] / [", "next, previous fault"],
  ["/", "search the log"], ["+ / −", "narrow, widen the brush"], ["← / →", "move the brush"],
  ["0 or Esc", "show the whole run"], ["t", "light or dark"], ["?", "this help"],
];

const help = el("dialog", {id: "help", "aria-label": "Keys"}, el("h2", {}, "Keys"),
  el("dl", {class: "facts"}, KEYS.map(([key, words]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, words)))),
  el("p", {class: "note"}, "Drag across the strip at the top or any track to choose a span of time; double-click to see all."),
  el("form", {method: "dialog"}, el("button", {}, "Close")));

function toggleHelp() { help.open ? help.close() : help.showModal(); }

function listenToKeys() {
  document.body.append(help);
  let anomaly = -1, fault = -1;
  const step = (at, by, length) => (length ? Math.max(0, Math.min(length - 1, at + by)) : -1);
  const goAnomaly = (by) => {
    anomaly = step(anomaly, by, DATA.anomalies.length);
    if (anomaly >= 0) lookAt(DATA.anomalies[anomaly].id);
  };
  const goFault = (by) => {
    fault = step(fault, by, faults.length);
    if (fault < 0) return;
    Brush.set(faultBegin(faults[fault]) - 1000, Math.max(faultEnd(faults[fault]), faultBegin(faults[fault]) + 3000) + 1000);
    section("timeline").scrollIntoView({block: "start"});
  };
  const actions = {
    j: () => goAnomaly(1), k: () => goAnomaly(-1), "]": () => goFault(1), "[": () => goFault(-1),
    "/": () => { section("log").scrollIntoView({block: "start"}); section("log-search").focus(); },
    "?": toggleHelp, "0": Brush.reset, Escape: Brush.reset, "+": () => Brush.zoom(0.7), "-": () => Brush.zoom(1.4),
    ArrowLeft: () => Brush.pan(-0.2), ArrowRight: () => Brush.pan(0.2), t: switchTheme,
  };
  addEventListener("keydown", (event) => {
    const busy = event.target.closest?.("input, select, textarea, dialog, [role=slider], .log-lines");
    if (busy || event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
}

function switchTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  repaintAll();
}
