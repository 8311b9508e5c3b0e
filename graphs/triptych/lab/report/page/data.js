"use strict";
// The data of the page: the index as columns, the records in chunks that are unpacked when asked for.

const byId = (id) => document.getElementById(id);

// An element with children. Strings become text nodes: nothing of a record is ever read as HTML.
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const index = JSON.parse(byId("index").textContent);
const column = index.columns;
const { tasks, variants, families, trials } = index;
const cellCount = column.task.length;
const baseline = Math.max(0, variants.indexOf(index.baseline));

// One for each variant: task * trials + trial to the number of its cell, -1 where there is none.
const places = variants.map(() => new Int32Array(tasks.length * trials).fill(-1));
// One for each variant, by task: trials that were measured and passed.
const tried = variants.map(() => new Uint16Array(tasks.length));
const solved = variants.map(() => new Uint16Array(tasks.length));

for (let cell = 0; cell < cellCount; cell += 1) {
  const task = column.task[cell];
  const variant = column.variant[cell];
  places[variant][task * trials + column.trial[cell]] = cell;
  tried[variant][task] += 1;
  solved[variant][task] += column.passed[cell];
}

const cellAt = (task, variant, trial) => places[variant][task * trials + trial];

// The pairs of a task: calls seen(a, b) for each trial that both variants have measured.
function pairsOf(task, a, b, seen) {
  for (let trial = 0; trial < trials; trial += 1) {
    const first = cellAt(task, a, trial);
    const second = cellAt(task, b, trial);
    if (first >= 0 && second >= 0) seen(first, second);
  }
}

const tokensOf = (cell) => column.tokens_in[cell] + column.tokens_out[cell];

const unpacked = new Map();

async function unpack(number) {
  const text = byId(`chunk${number}`).textContent;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

// The records of a chunk; the last few stay unpacked.
function chunk(number) {
  if (!unpacked.has(number)) {
    if (unpacked.size > 7) unpacked.delete(unpacked.keys().next().value);
    unpacked.set(number, unpack(number));
  }
  return unpacked.get(number);
}

// The record of a cell, as it stands in cells.jsonl without what is at its default.
async function recordOf(cell) {
  if (cell < 0) return null;
  return (await chunk(Math.floor(cell / index.chunk)))[cell % index.chunk];
}

async function allRecords() {
  const lines = [];
  for (let first = 0; first < cellCount; first += index.chunk) {
    for (const record of await unpack(first / index.chunk)) lines.push(JSON.stringify(record));
  }
  return lines.join("\n") + "\n";
}

function allCells() {
  const plain = Object.keys(column).filter((name) => name !== "task" && name !== "variant");
  const words = index.words;
  const quoted = (value) => {
    const text = value === null ? "" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [["task", "family", "variant", ...plain].join(",")];
  for (let cell = 0; cell < cellCount; cell += 1) {
    const task = column.task[cell];
    const values = plain.map((name) =>
      words[name] ? words[name][column[name][cell]] : column[name][cell]);
    const named = [tasks[task], families[index.family[task]], variants[column.variant[cell]]];
    lines.push([...named, ...values].map(quoted).join(","));
  }
  return lines.join("\n") + "\n";
}

const whole = new Intl.NumberFormat("en");
const perCent = (share) => `${(100 * share).toFixed(1)}%`;
const points = (share) => {
  const text = (100 * share).toFixed(1);
  return share > 0 ? `+${text}` : text.replace(/^-0\.0$/, "0.0");
};
