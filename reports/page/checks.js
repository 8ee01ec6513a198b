// ---- checks: what was checked, the bound each promise was held to, and what was measured.

function renderChecks() {
  const checks = DATA.checks;
  if (!checks.length) {
    fill("checks", el("p", {class: "note"}, "Nothing was checked."));
    return;
  }
  const heads = [el("span", {class: "offscreen"}, "result"), "check", "measured against its bound", "allowed", "violations", "rests on", "in words"];
  fill("checks", el("div", {class: "wide", role: "region", tabindex: "0", "aria-label": "what was checked"}, el("table", {class: "checks"},
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", {scope: "col"}, head)))),
    el("tbody", {}, checks.map(checkRow)))));
}

function checkRow(check) {
  return el("tr", {class: "check-" + check.valid, "data-check": check.name},
    el("td", {}, mark(check.valid)),
    el("th", {scope: "row"}, check.name),
    el("td", {}, measures(check)),
    el("td", {class: "number"}, check.allowed ? grouped(check.allowed) : "–",
       check.known > 0 && el("p", {class: "note"}, `${grouped(check.known)} known`)),
    el("td", {class: "number"}, check.violations ? grouped(check.violations) : "–"),
    el("td", {class: "number"}, check.operations ? grouped(check.operations) : "–"),
    el("td", {}, check.explanation, check.truncated && el("p", {class: "note"}, (check.valid === "unknown" ? "Incomplete: " : "Told in part: ") + check.truncated)));
}

/** Figures that have a bound stand each on a line, with a bar for how much of it was used; the rest in a sentence. */
function measures(check) {
  const bounds = new Map(check.bound);
  const measured = new Map(check.measured);
  const held = check.measured.filter(([name]) => bounds.has(name));
  const rest = [...check.measured.filter(([name]) => !bounds.has(name)).map(([name, value]) =>
                  `${measureWords(name)[0]} ${measureText(name, value)}`),
                ...check.bound.filter(([name]) => !measured.has(name)).map(([name, bound]) =>
                  `${measureWords(name)[0]} ${boundSign(name) === "of" ? "" : boundSign(name) + " "}${measureText(name, bound)}`)];
  return [...held.map(([name, value]) => el("div", {class: "measure"},
      el("span", {class: "measure-name"}, measureWords(name)[0]),
      el("span", {class: "number"}, measureText(name, value), boundText(name, bounds.get(name))),
      value != null && bounds.get(name) > 0 && boundSign(name) === "≤" && gauge(value / bounds.get(name)))),
    rest.length > 0 && el("p", {class: "note"}, rest.join(" · "))];
}

function boundText(name, bound) {
  return el("span", {class: "bound"}, ` ${boundSign(name)} ${measureText(name, bound)}`);
}

function gauge(share) {
  const fill = el("i", {class: share > 1 ? "over" : ""});
  fill.style.width = Math.min(share, 1) * 100 + "%";
  return el("span", {class: "gauge", role: "img", "aria-label": Math.round(share * 100) + " % of the bound"}, fill);
}
