// ---- strength: was the test strong enough? What the verdict's weight rests on.

function renderStrength() {
  const s = DATA.strength;
  const share = (part) => (s.operations ? (100 * part / s.operations).toFixed(part === s.ok ? 1 : 2) + " %" : "");
  const judge = (good) => (good ? "valid" : "unknown");
  /** Of faults, or of commands that do what faults do: how many took effect, and how many of those to heal did. */
  const deeds = (counts, name) => !counts.requested ? [] : [
    [judge(counts.verified === counts.requested), name + " verified active", `${counts.verified} of ${counts.requested}`],
    [counts.to_heal ? judge(counts.healed === counts.to_heal) : "none", name + " verified healed",
     counts.to_heal ? `${counts.healed} of ${counts.to_heal} that were to heal` : "none was to heal"]];
  const none = !s.faults.requested && !s.commands.requested;
  const rows = [
    run.no_faults && none && ["none", "faults", "none, by the plan"],
    !run.no_faults && none && [judge(false), "faults", "none was asked for"],
    ...deeds(s.faults, "faults"), ...deeds(s.commands, "commands"),
    !run.no_faults && [judge(s.during_faults > 0), "operations during faults", grouped(s.during_faults)],
    [judge(s.checks > 0 && s.checks_complete === s.checks), "checkers complete", `${s.checks_complete} of ${s.checks}`],
    [judge(s.observer_looks > 0), "looks of the observer",
     `${grouped(s.observer_looks)}, ${grouped(s.observer_failures)} without an answer`],
  ].filter(Boolean);
  const outcomes = el("div", {class: "outcomes", role: "img",
                              "aria-label": `${share(s.ok)} ok, ${share(s.info)} info, ${share(s.fail)} fail`},
                      [["ok", s.ok], ["info", s.info], ["fail", s.fail]].filter(([, n]) => n).map(([name, n]) => {
                        const bar = el("span", {class: "bar-" + name});
                        bar.style.flexGrow = Math.max(n, s.operations / 200);
                        return bar;
                      }));
  fill("strength",
    el("table", {class: "plain"}, el("tbody", {}, rows.map(([state, name, value]) =>
      el("tr", {}, el("td", {}, mark(state)), el("th", {scope: "row"}, name), el("td", {class: "number"}, value))))),
    s.operations > 0 && outcomes,
    el("p", {class: "note", id: "outcome-counts"},
       !s.operations ? "No operation was recorded." : `${grouped(s.operations)} operations: ${grouped(s.ok)} ok (${share(s.ok)}), ${grouped(s.info)} info ` +
       `(${share(s.info)}), ${grouped(s.fail)} fail (${share(s.fail)}). ` +
       `Clients followed ${grouped(s.moved)} MOVED and ${grouped(s.asked)} ASK.`),
    faults.length > 0 && el("table", {class: "plain"}, el("thead", {}, el("tr", {},
      [s.commands.requested ? "fault or command" : "fault", "verified", "operations"].map((name) => el("th", {scope: "col"}, name)))),
      el("tbody", {}, faults.map((fault) => el("tr", {},
        el("td", {}, fault.description),
        el("td", {class: "number"}, fault.active == null ? "never" : "+" + duration(fault.active - fault.requested)),
        el("td", {class: "number"}, fault.operations == null ? "–" : grouped(fault.operations)))))));
}
