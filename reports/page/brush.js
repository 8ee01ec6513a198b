// ---- brush: the one span of time that every track, list and log follows, kept in the URL's hash.
// The hash is "#v1&t=6.00-9.50": bare words name the element to look at, t is the brush in seconds.

const Brush = (() => {
  let [t0, t1] = FULL;
  const followers = [];
  const SHORTEST = 5;  // ms

  const isFull = () => t0 <= FULL[0] && t1 >= FULL[1];
  /** At the edges of the run, what lies before or after it belongs to it. */
  const holds = (t) => (t >= t0 || t0 <= FULL[0]) && (t <= t1 || t1 >= FULL[1]);

  function set(begin, end) {
    const length = Math.min(Math.max(end - begin, SHORTEST), FULL[1] - FULL[0]);
    t0 = Math.max(FULL[0], Math.min(begin, FULL[1] - length));
    t1 = t0 + length;
    writeHash();
    followers.forEach((follow) => follow());
  }

  const reset = () => set(...FULL);
  const around = (t, before = 1000, after = 2000) => set(t - before, t + after);
  const pan = (share) => { const by = (t1 - t0) * share; set(t0 + by, t1 + by); };
  function zoom(factor, at = (t0 + t1) / 2) {
    set(at - (at - t0) * factor, at + (t1 - at) * factor);
  }

  function hashParts() {
    let text = location.hash.slice(1);
    try { text = decodeURIComponent(text); } catch { /* not ours: taken as it is */ }
    return text.split("&").filter(Boolean);
  }

  function writeHash() {
    const rest = hashParts().filter((part) => !part.startsWith("t="));
    if (!isFull()) rest.push(`t=${seconds(t0, 2)}-${seconds(t1, 2)}`);
    replaceHash(rest);
  }
  function replaceHash(parts) {
    const url = "#" + parts.join("&");
    try { history.replaceState(null, "", url); } catch { location.replace(url); }
  }

  /** Names the element one looks at, in place of the one before. */
  function setPlace(id) {
    replaceHash([id, ...hashParts().filter((part) => part.includes("="))]);
  }

  /** Takes brush and theme from the hash; returns the id of the element to look at, or null, and whether the hash
   * says which time to show: then the place does not change it. */
  function readHash() {
    let place = null, ranged = false;
    for (const part of hashParts()) {
      const range = /^t=([\d.]+)-([\d.]+)$/.exec(part);
      if (range) {
        ranged = true;
        set(range[1] * 1000, range[2] * 1000);
      }
      else if (/^theme=(light|dark)$/.test(part)) document.documentElement.dataset.theme = part.slice(6);
      else if (/^[\w-]+$/.test(part)) place = part;
    }
    return {place, ranged};
  }

  return {
    get t0() { return t0; }, get t1() { return t1; },
    set, reset, around, pan, zoom, isFull, holds, readHash, setPlace,
    follow(follower) { followers.push(follower); },
  };
})();
