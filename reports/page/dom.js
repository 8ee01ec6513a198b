// ---- dom: elements, words and figures. Every text goes in as text, never as markup.

addEventListener("error", (event) => { document.documentElement.dataset.error = String(event.message); });
addEventListener("unhandledrejection", (event) => { document.documentElement.dataset.error = String(event.reason); });

/** el("p", {class: "note"}, "text", child, …). A property that is a function listens to the event of its name. */
function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : visible(String(value)));
  }
  element.append(...children.flat().filter((child) => child != null && child !== false)
    .map((child) => (typeof child === "string" ? visible(child) : child)));
  return element;
}

/** Characters that show nothing, or a box, or turn the text around, as what they are: \x1b, \u202e. */
const visible = (text) =>
  text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"))
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16));

const section = (id) => document.getElementById(id);

/** Adds to a section what there is of the given children. */
const fill = (id, ...children) => section(id).append(...children.flat().filter(Boolean));

const grouped = (number) => Math.round(number).toLocaleString("en-US");
const plural = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;

/** Milliseconds of run time as seconds: 41204.1 -> "41.204". */
const seconds = (ms, decimals = 3) => (ms == null ? "never" : (ms / 1000).toFixed(decimals));

/** A length of time in the unit a person would choose. */
function duration(ms) {
  if (ms == null) return "never";
  const size = Math.abs(ms);
  if (size >= 10000) return (ms / 1000).toFixed(1) + " s";
  if (size >= 1000) return (ms / 1000).toFixed(2) + " s";
  if (size >= 10 || size === 0) return ms.toFixed(0) + " ms";
  return size >= 1 ? ms.toFixed(1) + " ms" : ms.toFixed(2) + " ms";
}

/** 12345.678 -> "12,345.678", 4 -> "4". */
const figure = (number) =>
  number == null ? "unknown" : number.toLocaleString("en-US", {maximumFractionDigits: 3});

/** "age_ms_max_a" -> ["age a (greatest)", "ms"]: names of measures hold their unit and rank. */
function measureWords(name) {
  const words = name.split("_");
  const take = (known) => {
    const at = words.findLastIndex((word) => known.includes(word));
    return at > 0 ? words.splice(at, 1)[0] : "";
  };
  const unit = take(["ms", "s", "us", "bytes", "percent"]);
  const rank = {max: " (greatest)", min: " (least)"}[take(["max", "min"])] ?? "";
  return [words.join(" ") + rank, unit === "percent" ? "%" : unit];
}

/** How a figure stands to its bound, by the bound's name. */
const boundSign = (name) => (/_max(_|$)/.test(name) ? "≤" : /_min(_|$)/.test(name) ? "≥" : "of");

function measureText(name, value) {
  const unit = measureWords(name)[1];
  if (value == null) return "unknown";
  return unit === "ms" ? duration(value) : figure(value) + (unit ? " " + unit : "");
}

/** A button that copies a text and says so. */
function copyButton(text, label = "Copy") {
  const button = el("button", {type: "button", class: "copy", click: copy}, label);
  async function copy() {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = el("textarea", {class: "offscreen", "aria-hidden": "true"});  // file:// may forbid the clipboard
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    button.textContent = done ? "Copied" : "Press Ctrl-C";
    setTimeout(() => { button.textContent = label; }, 1600);
  }
  return button;
}

/** Shape as well as colour: how each outcome and verdict is marked. */
const MARKS = {valid: "✓", unknown: "?", invalid: "✕", pass: "✓", fail: "✕", error: "!"};
const mark = (what) => el("span", {class: "mark mark-" + what, role: "img", "aria-label": what}, MARKS[what] ?? "·");

/** Redraws what depends on the page's width, its theme or its medium. */
const repaints = [];
const repaintAll = () => repaints.forEach((repaint) => repaint());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaintAll);
addEventListener("beforeprint", () => { document.documentElement.dataset.printing = ""; repaintAll(); });
addEventListener("afterprint", () => { delete document.documentElement.dataset.printing; repaintAll(); });

/** A colour of the style sheet, for canvases. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
