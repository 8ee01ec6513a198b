// ---- slots: who owned which slots over time, a row for each observer, so that disagreement is seen. Within a row
// the slots run from 0 (top) to 16383 (bottom).

function addSlots() {
  const {maps, spans} = DATA.ownership;
  if (!spans.length) return;
  const observers = [...new Set(spans.map(([observer]) => observer))].sort((a, b) => a - b);
  const ROW = Math.max(16, Math.min(26, 180 / observers.length));

  function draw(ctx, scale) {
    const dark = isDark();
    for (const [observer, begin, end, map] of spans) {
      const x = scale.x(begin), width = scale.x(end) - x;
      if (x > scale.w || x + width < 0) continue;
      const y = observers.indexOf(observer) * ROW + 1, height = ROW - 3;
      for (const [first, last, owner] of maps[map]) {
        ctx.fillStyle = nodeColour(owner, dark);
        const top = first / 16384 * height;
        ctx.fillRect(x, y + top, width + 0.5, Math.max((last + 1 - first) / 16384 * height, 0.5));
      }
    }
  }

  function tip(t, y) {
    const row = y / ROW | 0;
    const observer = observers[row];
    const slot = Math.max(0, Math.min(16383, Math.round((y - row * ROW - 1) / (ROW - 3) * 16384)));
    const span = spans.find(([who, begin, end]) => who === observer && begin <= t && t < end);
    if (!span) return [`${nodeName(observer)} gave no answer`];
    const range = maps[span[3]].find(([first, last]) => first <= slot && slot <= last);
    return [`${nodeName(observer)} says: slots ${range[0]}-${range[1]} belong to ${nodeName(range[2])}`];
  }

  const owners = [...new Set(maps.flat().map(([, , owner]) => owner))].sort((a, b) => a - b);
  const keys = el("p", {class: "legend owners"}, owners.map((owner) => {
    const swatch = el("i", {class: "swatch"});
    const paint = () => { swatch.style.background = nodeColour(owner, isDark()); };
    paint();
    repaints.push(paint);
    return el("span", {}, swatch, nodeName(owner));
  }));

  Tracks.add({
    title: "Slot owners", height: observers.length * ROW + 2, draw, tip, legend: keys,
    note: "as each node sees it",
    rows: observers.map((observer) => ({label: nodeName(observer)})),
    describe: "Which node owned which slots over time, in the eyes of each node.",
  });
}

function isDark() {
  const root = document.documentElement;
  if ("printing" in root.dataset) return false;
  if (root.dataset.theme) return root.dataset.theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}
