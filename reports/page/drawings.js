// ---- drawings: the topology that Graphviz drew before, during and after; a click brings the brush to its time.

function renderDrawings() {
  for (const figure of document.querySelectorAll("figure.drawing")) {
    const drawing = DATA.drawings.list.find((candidate) => candidate.name === figure.dataset.name);
    const svg = figure.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", "Topology " + (drawing?.caption ?? ""));
    const width = parseFloat(svg.getAttribute("width"));  // in points, as Graphviz wrote it
    if (width) svg.style.width = `min(100%, ${width * 1.15}pt)`;
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    if (!drawing) continue;
    const show = el("button", {type: "button", class: "time", click: () => Brush.around(drawing.t)},
                    "bring the brush here");
    figure.querySelector("figcaption").append(" ", show);
  }
}
