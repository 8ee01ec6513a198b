// ---- steps: what the commands of steps were answered, and what steps expected or waited for; those that went well too.

function renderSteps() {
  const asked = [...DATA.commands.map(commandOfStep), ...DATA.expectations.map(expectationOfStep)]
    .sort((a, b) => a.t - b.t);
  if (!asked.length) return;
  section("steps").hidden = false;
  const heads = [el("span", {class: "offscreen"}, "result"), "time", "step", "node", "command or condition", "came to"];
  fill("steps", el("div", {class: "wide", role: "region", tabindex: "0", "aria-label": "commands and expectations"},
    el("table", {class: "plain"}, el("thead", {}, el("tr", {}, heads.map((head) => el("th", {scope: "col"}, head)))),
       el("tbody", {}, asked.map((one) => el("tr", {class: "step-" + one.state, "data-step": one.step},
         el("td", {}, mark(one.state)),
         el("td", {class: "number"}, seconds(one.t)),
         el("td", {}, one.step), el("td", {}, one.node), el("td", {}, el("code", {}, one.asked)),
         el("td", {}, one.came)))))));
}

function commandOfStep(command) {
  const wanted = command.expected && !command.ok ? ` (expected ${command.expected})` : "";
  return {t: command.t, step: command.step, node: command.node, asked: command.words.join(" "),
          state: command.ok ? "valid" : command.expected ? "invalid" : "unknown", came: command.reply + wanted};
}

function expectationOfStep(one) {
  const patience = `in ${duration(one.patience)}`;
  const [state, came] = one.held != null ? ["valid", `held after ${duration(one.held - one.began)}`]
    : !one.failed ? ["unknown", one.why]
    : one.kind === "expect" ? ["invalid", `did not hold ${patience}: ${one.why}`]
    : ["unknown", `waited in vain, ${duration(one.patience)}: ${one.why}`];
  return {t: one.began, step: one.step, node: "", asked: `${one.kind} ${one.condition}`, state, came};
}
