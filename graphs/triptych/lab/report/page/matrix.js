// Tasks × variants. Only the rows in sight, and the one that has the focus, are in the document.

const SPARE = 6;

const state = { find: "", show: "all", family: "", candidate: -1, sort: "task", down: false };

const { candidates } = index;

// Of each task, against the chosen candidate; NaN where no pair is measured.
const difference = new Float64Array(tasks.length);
const ratio = new Float64Array(tasks.length);

let rows = [];
let active = { row: 0, column: 0 };
let rowHeight = 34;
let columns = [];

// What can be asked for: name to [label, whether a task is shown].
const ways = {
  all: ["all tasks", () => true],
  won: ["won by the candidate", (task) => difference[task] > 0],
  lost: ["lost by the candidate", (task) => difference[task] < 0],
  differ: ["that differ", (task) => difference[task] !== 0 && !Number.isNaN(difference[task])],
  alike: ["that came out alike", (task) => difference[task] === 0],
  neither: ["solved by neither", (task) => bothShare(task) === 0],
  both: ["solved by both", (task) => bothShare(task) === 1],
  missing: ["with cells missing", (task) => both().some((v) => tried[v][task] < trials)],
  fooled: ["own checks passed, hidden failed", (task) => anyCell(task, (cell) =>
    column.checked[cell] === 2 && column.graded[cell] !== 2)],
  strict: ["own checks failed, hidden passed", (task) => anyCell(task, (cell) =>
    column.checked[cell] === 1 && column.graded[cell] === 2)],
  objected: ["the reviewer objected", (task) => anyCell(task, (cell) => column.reviewed[cell] === 1)],
  replaced: ["first draft replaced", (task) => anyCell(task, (cell) => column.replaced[cell] === 1)],
};

const both = () => (state.candidate < 0 ? [baseline] : [baseline, state.candidate]);

function bothShare(task) {
  let passed = 0;
  let of = 0;
  for (const variant of both()) {
    passed += solved[variant][task];
    of += tried[variant][task];
  }
  return of ? passed / of : NaN;
}

function anyCell(task, wanted) {
  return both().some((variant) => {
    for (let trial = 0; trial < trials; trial += 1) {
      const cell = cellAt(task, variant, trial);
      if (cell >= 0 && wanted(cell)) return true;
    }
    return false;
  });
}

function compareTasks() {
  for (let task = 0; task < tasks.length; task += 1) {
    let pairs = 0;
    let wins = 0;
    let a = 0;
    let b = 0;
    if (state.candidate >= 0) {
      pairsOf(task, baseline, state.candidate, (first, second) => {
        pairs += 1;
        wins += column.passed[second] - column.passed[first];
        a += tokensOf(first);
        b += tokensOf(second);
      });
    }
    difference[task] = pairs ? wins / pairs : NaN;
    ratio[task] = pairs && a ? b / a : NaN;
  }
}

function makeColumns() {
  columns = variants.map((name, number) => ({
    key: `v${number}`,
    variant: number,
    head: name,
    value: (task) => (tried[number][task] ? solved[number][task] / tried[number][task] : NaN),
  }));
  if (state.candidate >= 0) {
    columns.push({ key: "difference", head: "difference", value: (task) => difference[task] });
    columns.push({ key: "tokens", head: "tokens", value: (task) => ratio[task] });
  }
}

// The tasks that are asked for, in the order that is asked for.
function choose() {
  const wanted = state.find.trim().toLowerCase();
  const test = (ways[state.show] || ways.all)[1];
  const family = families.indexOf(state.family);
  rows = [];
  for (let task = 0; task < tasks.length; task += 1) {
    if (state.family && index.family[task] !== family) continue;
    if (wanted && !tasks[task].toLowerCase().includes(wanted)
      && !families[index.family[task]].toLowerCase().includes(wanted)) continue;
    if (test(task)) rows.push(task);
  }
  const sorted = columns.find((one) => one.key === state.sort);
  const sign = state.down ? -1 : 1;
  if (sorted) {
    const keys = Float64Array.from({ length: tasks.length }, (_, task) => sorted.value(task));
    // What has no value comes last either way.
    const order = (a, b) => Number.isNaN(keys[a]) - Number.isNaN(keys[b])
      || sign * (keys[a] - keys[b]) || a - b;
    rows.sort(order);
  } else if (state.down) rows.reverse();
}

function head() {
  const button = (key, label, told) => el("th", {
    scope: "col",
    "aria-sort": state.sort === key ? (state.down ? "descending" : "ascending") : "none",
  }, el("button", { type: "button", "data-sort": key }, label), told ? el("small", {}, told) : null);
  const role = (one) => (one.variant === baseline ? "baseline"
    : one.variant !== undefined && one.variant === state.candidate && candidates.length > 1
      ? "candidate" : "");
  const heads = columns.map((one) => button(one.key, one.head, role(one)));
  const row = el("tr", { "aria-rowindex": "1" }, button("task", "task", ""), ...heads);
  document.querySelector("#matrix thead").replaceChildren(row);
}

function outcome(task, variant) {
  const n = tried[variant][task];
  const c = solved[variant][task];
  if (!n) return ["missing", "·", "not measured"];
  const kind = c === n ? "passed" : c === 0 ? "failed" : "mixed";
  if (trials === 1) return [kind, c ? "✓" : "✗", c ? "passed" : "failed"];
  return [kind, `${c}/${n}`, `${c} of ${n} passed`];
}

function cellOf(task, one) {
  if (one.variant !== undefined) {
    const [kind, sign, told] = outcome(task, one.variant);
    return el("td", { "aria-label": `${one.head}: ${told}` },
      el("span", { class: `mark ${kind}`, "aria-hidden": "true" }, sign));
  }
  const value = one.value(task);
  const none = Number.isNaN(value);
  const text = none ? "–" : one.key === "tokens" ? `×${value.toFixed(2)}` : points(value);
  const kind = one.key === "difference" && value ? (value > 0 ? " gain" : " loss") : "";
  return el("td", { class: `number${kind}`, "aria-label": `${one.head}: ${none ? "unknown" : text}` },
    text);
}

function rowOf(at) {
  const task = rows[at];
  const family = families[index.family[task]];
  const name = el("th", { scope: "row", title: tasks[task] }, tasks[task],
    family ? el("small", {}, ` ${family}`) : null);
  const row = el("tr", { "aria-rowindex": String(at + 2), "data-row": String(at) },
    name, ...columns.map((one) => cellOf(task, one)));
  [...row.children].forEach((cell, number) => {
    cell.tabIndex = at === active.row && number === active.column ? 0 : -1;
  });
  return row;
}

function space(count) {
  const cell = el("td", { colspan: String(columns.length + 1) });
  cell.style.height = `${count * rowHeight}px`;
  return el("tr", { class: "space", role: "presentation" }, cell);
}

// Put the rows in sight into the document; the one with the focus stays in it wherever it is.
function draw() {
  const view = byId("window");
  const body = document.querySelector("#matrix tbody");
  const focused = body.contains(document.activeElement);
  const first = Math.max(0, Math.floor(view.scrollTop / rowHeight) - SPARE);
  const count = Math.ceil(view.clientHeight / rowHeight) + 2 * SPARE;
  const shown = new Set();
  for (let at = first; at < Math.min(rows.length, first + count); at += 1) shown.add(at);
  if (active.row < rows.length) shown.add(active.row);
  const made = [];
  let next = 0;
  for (const at of [...shown].sort((a, b) => a - b)) {
    if (at > next) made.push(space(at - next));
    made.push(rowOf(at));
    next = at + 1;
  }
  if (rows.length > next) made.push(space(rows.length - next));
  body.replaceChildren(...made);
  byId("matrix").setAttribute("aria-rowcount", String(rows.length + 1));
  byId("matrix").setAttribute("aria-colcount", String(columns.length + 1));
  const real = body.querySelector("tr[data-row]");
  // Letters may be larger here than they were thought to be.
  if (real && Math.abs(real.offsetHeight - rowHeight) > 0.5) {
    rowHeight = real.offsetHeight;
    draw();
  } else if (Math.ceil(view.clientHeight / rowHeight) + 2 * SPARE > count) {
    draw(); // with rows in it, it has become higher
  }
  if (focused) focusCell();
}

function focusCell() {
  const row = document.querySelector(`#matrix tr[data-row="${active.row}"]`);
  if (row) row.children[active.column].focus({ preventScroll: true });
}

function reveal(at) {
  const view = byId("window");
  const high = view.clientHeight - document.querySelector("#matrix thead").offsetHeight;
  if (at * rowHeight < view.scrollTop) view.scrollTop = at * rowHeight;
  if ((at + 1) * rowHeight > view.scrollTop + high) view.scrollTop = (at + 1) * rowHeight - high;
}

function moveTo(row, number) {
  if (!rows.length) return;
  active = {
    row: Math.min(rows.length - 1, Math.max(0, row)),
    column: Math.min(columns.length, Math.max(0, number)),
  };
  reveal(active.row);
  draw();
  focusCell();
}

function tell() {
  const shares = variants.map((name, variant) => {
    let n = 0;
    let c = 0;
    for (const task of rows) {
      n += tried[variant][task];
      c += solved[variant][task];
    }
    return n ? `${name} ${perCent(c / n)}` : "";
  }).filter(Boolean);
  const all = rows.length === tasks.length;
  const count = all ? `All ${whole.format(tasks.length)} tasks`
    : `${whole.format(rows.length)} of ${whole.format(tasks.length)} tasks`;
  byId("shown").textContent = rows.length ? `${count}: ${shares.join(", ")}.` : "No task is like that.";
}

// After a change of what is asked for.
function refresh() {
  choose();
  active = { row: 0, column: Math.min(active.column, columns.length) };
  byId("window").scrollTop = 0;
  head();
  draw();
  tell();
}
