// ---- columns: the operations, unpacked into typed arrays (the layout is in reports/columns.h).

const NEVER = -1;  // latency of an operation that never completed
const OK = 0, FAIL = 1, INFO = 2;

/** Latencies are kept on a log scale in 16 bits: 0.0001 ms to 10^6 ms. */
const logCode = (ms) => Math.max(0, Math.min(65535, Math.round((Math.log10(Math.max(ms, 1e-4)) + 4) * 6553.5)));
const fromLogCode = (code) => 10 ** (code / 6553.5 - 4);

async function unpackOperations() {
  const element = section("operations");
  const bytes = decodeBase64(element.textContent);
  const packed = element.dataset.encoding === "deflate" ? await inflate(bytes) : bytes;
  element.textContent = "";
  const columns = splitColumns(packed);
  const n = TABLES.count;
  const ops = {
    n, columns,
    invoked: new Float64Array(n), latency: new Float32Array(n), level: new Uint16Array(n),
    outcome: new Uint8Array(n), func: new Uint8Array(n), process: new Uint32Array(n),
    key: new Int32Array(n), node: new Int16Array(n), error: new Int16Array(n), values: null,
    shown: new Uint8Array(n),  // as outcome; but a refusal that is an answer (a failed compare-and-set) is drawn as ok
  };
  let time = 0;
  eachInteger(columns[0], n, (value, i) => { time += value; ops.invoked[i] = time / 1000; });
  eachInteger(columns[1], n, (value, i) => {
    const ms = value === 0 ? NEVER : (value - 1) / 1000;
    ops.latency[i] = ms;
    ops.level[i] = ms === NEVER ? 65535 : logCode(ms);
  });
  eachInteger(columns[2], n, (value, i) => { ops.outcome[i] = value & 3; ops.func[i] = value >> 2; });
  eachInteger(columns[3], n, (value, i) => { ops.process[i] = value; });
  eachInteger(columns[4], n, (value, i) => { ops.key[i] = value - 1; });
  eachInteger(columns[5], n, (value, i) => { ops.node[i] = value - 1; });
  eachInteger(columns[6], n, (value, i) => {
    ops.error[i] = value - 1;
    const answered = ops.outcome[i] === FAIL && value === 0 && ops.node[i] >= 0;
    ops.shown[i] = answered ? OK : ops.outcome[i];
  });
  return ops;
}

function decodeBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function splitColumns(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const columns = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    columns.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return columns;
}

/** Calls each(value, index) for the n LEB128 integers of a column. */
function eachInteger(bytes, n, each) {
  let at = 0;
  for (let i = 0; i < n; ++i) {
    let byte = bytes[at++];
    let value = byte & 127;
    for (let scale = 128; byte > 127; scale *= 128) {
      byte = bytes[at++];
      value += (byte & 127) * scale;
    }
    each(value, i);
  }
}

/** The first operation invoked at or after a time. */
function firstAt(ops, ms) {
  let low = 0, high = ops.n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ops.invoked[middle] < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Arguments and results as JSON text, unpacked when first asked for: most readers never do. */
function unpackValues(ops) {
  if (ops.values) return ops.values;
  const table = JSON.parse(new TextDecoder().decode(ops.columns[9]));
  const codes = [new Float64Array(ops.n), new Float64Array(ops.n)];
  for (const side of [0, 1]) eachInteger(ops.columns[7 + side], ops.n, (value, i) => { codes[side][i] = value; });
  const last = new Map();
  const texts = [new Array(ops.n), new Array(ops.n)];
  for (let i = 0; i < ops.n; ++i)
    for (const side of [0, 1]) texts[side][i] = valueText(codes[side][i], ops.key[i], last, table);
  ops.values = texts;
  return texts;
}

function valueText(code, key, last, table) {
  if (code === 0) return null;
  if (code % 2 === 0) return table[code / 2 - 1];
  const zigzag = (code - 1) / 2;
  const value = (last.get(key) ?? 0) + (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);
  last.set(key, value);
  return String(value);
}

/** "write r17 42 → ok", as the terminal says it. */
function operationWords(ops, i) {
  const [argument, result] = unpackValues(ops).map((side) => side[i]);
  const outcome = ["ok", "fail", "info"][ops.outcome[i]];
  const answer = ops.outcome[i] === OK && (argument === null || (result !== null && result !== argument));
  let text = TABLES.functions[ops.func[i]];
  if (ops.key[i] >= 0) text += " " + TABLES.keys[ops.key[i]];
  if (argument !== null) text += " " + argument;
  text += " → " + (answer ? result ?? "null" : outcome);
  if (ops.error[i] >= 0) text += ` (${TABLES.errors[ops.error[i]]})`;
  return text;
}
