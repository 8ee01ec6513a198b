// ---- story: what happened, as sentences with times. A click brings the brush there.

const KIND_MARKS = {run: "·", fault: "✂", healed: "○", suspect: "?", promotion: "▲", crash: "✕", loss: "−",
                    violation: "✕", operation: "›"};

function momentItem(moment, options = {}) {
  const look = () => {
    if (moment.anomaly) return lookAt(moment.anomaly);
    Brush.around(moment.t, 1000, 2000);
  };
  return el("li", {class: "moment moment-" + moment.kind, "data-t": moment.t},
            el("button", {type: "button", class: "time", click: look, title: "Bring the brush here"},
               seconds(moment.t, options.decimals ?? 3)),
            el("span", {class: "kind", "aria-hidden": "true"}, KIND_MARKS[moment.kind] ?? "·"),
            el("b", {class: "who"}, moment.who === "!" ? "" : moment.who),
            el("span", {class: "what"}, moment.text));
}

/** Of a run that failed before its load began there may be logs all the same. */
function nothingTold() {
  if (DATA.verdict.word !== "error") return "Nothing was recorded.";
  return DATA.logs.total > 0
    ? `The run failed before anything was recorded of it. What its servers wrote until then stands below: ` +
      `${plural(DATA.logs.total, "line")}, whole in nodes/ of the store.`
    : "The run failed before its servers wrote anything; build.log in the store, if it is there, tells of the compilation.";
}

function renderStory() {
  const list = el("ol", {class: "moments"}, DATA.story.map((moment) => momentItem(moment)));
  fill("story", DATA.story.length ? list : el("p", {class: "note"}, nothingTold()));
  Brush.follow(() => {
    for (const item of list.children) item.classList.toggle("outside", !Brush.holds(Number(item.dataset.t)));
  });
}
