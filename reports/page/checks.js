// ---- checks: what was checked, the bound each promise was held to, and what was measured.

function renderChecks() {
  const checks = DATA.checks;
  if (!checks.length) {
    fill("checks", el("p", {class: "note"}, "Nothing was checked."));
    return;
  }
  const heads = ["", "check", "measured against its bound", "allowed", "violations", "rests on", "in words"];
  fill("checks", el("div", {class: "wide"}, el("table", {class: "checks"},
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", {scope: "col"}, head)))),
    el("tbody", {}, checks.map(checkRow)))));
}

function checkRow(check) {
  return el("tr", {class: "check-" + check.valid, "data-check": check.name},
    el("td", {}, mark(check.valid)),
    el("th", {scope: "row"}, check.name),
    el("td", {}, measures(check)),
    el("td", {class: "number"}, check.allowed ? grouped(check.allowed) : "–"),
    el("td", {class: "number"}, check.violations ? grouped(check.violations) : "–"),
    el("td", {class: "number"}, check.operations ? grouped(check.operations) : "–"),
    el("td", {}, check.explanation, check.truncated && el("p", {class: "note"}, "Incomplete: " + check.truncated)));
}

/** Each figure with its bound; a bar shows how much of the bound was used. */
function measures(check) {
  const bounds = new Map(check.bound);
  const measured = new Map(check.measured);
  const rows = [...check.measured.map(([name, value]) => [name, value, bounds.get(name)]),
                ...check.bound.filter(([name]) => !measured.has(name)).map(([name, bound]) => [name, undefined, bound])];
  return rows.map(([name, value, bound]) => el("div", {class: "measure"},
    el("span", {class: "measure-name"}, measureWords(name)[0]),
    el("span", {class: "number"}, value === undefined ? "" : measureText(name, value),
       bound !== undefined && el("span", {class: "bound"}, (value === undefined ? "bound " : " ≤ ") + measureText(name, bound))),
    value != null && bound > 0 && gauge(value / bound)));
}

function gauge(share) {
  const fill = el("i", {class: share > 1 ? "over" : ""});
  fill.style.width = Math.min(share, 1) * 100 + "%";
  return el("span", {class: "gauge", role: "img", "aria-label": Math.round(share * 100) + " % of the bound"}, fill);
}
