// ---- main: the page, in the order a tired person reads. The words stand before the operations are unpacked.

async function main() {
  Brush.readHash();
  renderVerdict();
  renderStory();
  renderStrength();
  renderChecks();
  renderSteps();
  renderFailovers();
  renderDrawings();
  renderFacts();
  listenToKeys();
  const ops = await unpackOperations();
  renderAnomalies(ops);
  renderLog();
  addOverview(ops);
  addFaults();
  if (ops.n > 0) {
    addLatency(ops);
    addRate(ops);
  }
  addAvailability();
  addLanes();
  addSlots();
  Tracks.mount(section("timeline"));
  const look = () => {
    const {place, ranged} = Brush.readHash();
    if (place) lookAt(place, {keepBrush: ranged});
    repaintAll();
  };
  addEventListener("hashchange", look);
  look();
  Tracks.drawAll();
  Object.assign(document.documentElement.dataset, {
    ready: Math.round(performance.now()), operations: ops.n, anomalies: DATA.anomalies.length,
  });
}

main();
