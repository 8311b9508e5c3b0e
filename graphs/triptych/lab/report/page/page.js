// What people do on the page, and the address that brings them back to it.

const options = (select, pairs) => select.replaceChildren(
  ...pairs.map(([value, label]) => el("option", { value }, label)));

const enough = (candidate) => (candidates.includes(candidate) ? candidate : candidates[0] ?? -1);

// The state as the part of the address after '#'.
function hashOf() {
  const parts = [];
  if (pair && (dialog.open || pair.opening !== false)) {
    const names = [tasks[pair.task], pair.trial, variants[pair.left], variants[pair.right]];
    parts.push(`pair=${names.map(encodeURIComponent).join("/")}`);
  }
  for (const name of ["find", "show", "family"]) {
    if (state[name] && state[name] !== "all") parts.push(`${name}=${encodeURIComponent(state[name])}`);
  }
  if (state.candidate >= 0 && state.candidate !== enough(-1)) {
    parts.push(`candidate=${encodeURIComponent(variants[state.candidate])}`);
  }
  if (state.sort !== "task" || state.down) parts.push(`sort=${state.down ? "-" : ""}${state.sort}`);
  return `#${parts.join("&")}`;
}

function keepHash(anew) {
  const hash = hashOf();
  if (hash === (location.hash || "#")) return;
  history[anew ? "pushState" : "replaceState"](null, "", hash);
}

function parts(hash) {
  const found = {};
  for (const part of hash.replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at > 0) found[part.slice(0, at)] = part.slice(at + 1);
  }
  return found;
}

const plain = (text) => {
  try {
    return decodeURIComponent(text || "");
  } catch {
    return "";
  }
};

// The state that an address stands for; what it names and the record lacks is left out.
async function restore() {
  const found = parts(location.hash);
  const sort = plain(found.sort);
  state.find = plain(found.find);
  state.show = ways[plain(found.show)] ? plain(found.show) : "all";
  state.family = families.includes(plain(found.family)) ? plain(found.family) : "";
  state.candidate = enough(variants.indexOf(plain(found.candidate)));
  compareTasks();
  makeColumns();
  state.down = sort.startsWith("-");
  state.sort = columns.some((one) => one.key === sort.replace(/^-/, "")) ? sort.replace(/^-/, "") : "task";
  byId("find").value = state.find;
  byId("show").value = state.show;
  byId("family").value = state.family;
  byId("candidate").value = String(state.candidate);
  refresh();
  const [task, trial, left, right] = (found.pair || "").split("/").map(plain);
  const named = [tasks.indexOf(task), Number(trial), variants.indexOf(left), variants.indexOf(right)];
  if (found.pair && named.every((n) => n >= 0) && named[1] < trials) await showPair(...named);
  else if (dialog.open) dialog.close();
}

function asked() {
  state.find = byId("find").value;
  state.show = byId("show").value;
  state.family = byId("family").value;
  const candidate = Number(byId("candidate").value);
  if (candidate !== state.candidate) {
    state.candidate = candidate;
    compareTasks();
    makeColumns();
  }
  refresh();
  keepHash(false);
}

function sortBy(key) {
  // Numbers are first asked for with the largest on top, names in their order.
  if (state.sort === key) state.down = !state.down;
  else Object.assign(state, { sort: key, down: key !== "task" });
  refresh();
  keepHash(false);
  document.querySelector(`#matrix thead button[data-sort="${key}"]`).focus();
}

function keyed(event) {
  const cell = event.target.closest("tbody [tabindex]");
  if (!cell || event.altKey || event.metaKey) return;
  const { row, column: number } = active;
  const page = Math.max(1, Math.floor(byId("window").clientHeight / rowHeight) - 2);
  const moves = {
    ArrowDown: [row + 1, number],
    ArrowUp: [row - 1, number],
    ArrowRight: [row, number + 1],
    ArrowLeft: [row, number - 1],
    PageDown: [row + page, number],
    PageUp: [row - page, number],
    Home: event.ctrlKey ? [0, 0] : [row, 0],
    End: event.ctrlKey ? [rows.length - 1, columns.length] : [row, columns.length],
  };
  if (moves[event.key]) moveTo(...moves[event.key]);
  else if (event.key === "Enter" || event.key === " ") openCell(row, number);
  else return;
  event.preventDefault();
}

function clicked(event) {
  const sort = event.target.closest("button[data-sort]");
  if (sort) return sortBy(sort.dataset.sort);
  const cell = event.target.closest("tbody [tabindex]");
  if (!cell) return undefined;
  moveTo(Number(cell.parentElement.dataset.row), [...cell.parentElement.children].indexOf(cell));
  return openCell(active.row, active.column);
}

function save(name, type, text) {
  const link = el("a", { download: `${index.name}-${name}` });
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function closed() {
  pair = null;
  keepHash(false);
  reveal(active.row);
  draw();
  focusCell();
}

function changePair() {
  const number = (id) => Number(byId(id).value);
  showPair(pair.task, number("trial"), number("left"), number("right")).then(() => keepHash(false));
}

function start() {
  byId("explore").hidden = false;
  options(byId("show"), Object.entries(ways).map(([name, [label]]) => [name, label]));
  options(byId("family"), [["", "all"], ...families.filter(Boolean).map((name) => [name, name])]);
  options(byId("candidate"), candidates.map((number) => [String(number), variants[number]]));
  const every = variants.map((name, number) => [String(number), name]);
  options(byId("left"), every);
  options(byId("right"), every);
  options(byId("trial"), Array.from({ length: trials }, (_, n) => [String(n), String(n + 1)]));
  byId("family-label").hidden = families.length < 2;
  byId("candidate-label").hidden = candidates.length < 2;
  byId("trial-label").hidden = trials < 2;
  byId("mixed").hidden = trials < 2;

  byId("filters").addEventListener("input", asked);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => {
    byId("find").value = "";
    byId("show").value = "all";
    byId("family").value = "";
    Object.assign(state, { sort: "task", down: false });
    asked();
  });
  let waiting = false;
  byId("window").addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  });
  byId("matrix").addEventListener("keydown", keyed);
  byId("matrix").addEventListener("click", clicked);
  for (const id of ["left", "right", "trial"]) byId(id).addEventListener("change", changePair);
  byId("previous").addEventListener("click", () => stepPair(-1));
  byId("next").addEventListener("click", () => stepPair(1));
  byId("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", closed);
  broad.addEventListener("change", () => (dialog.open ? drawPair() : undefined));
  byId("save-csv").addEventListener("click", () => save("cells.csv", "text/csv", allCells()));
  byId("save-result").addEventListener("click", () =>
    save("result.json", "application/json", JSON.parse(byId("result").textContent)));
  byId("save-records").addEventListener("click", async () =>
    save("records.jsonl", "application/jsonl", await allRecords()));
  byId("theme").addEventListener("change", (event) => {
    document.documentElement.dataset.theme = event.target.value;
  });
  window.addEventListener("popstate", () => {
    if (!location.hash || location.hash.includes("=") || dialog.open) restore();
  });
  window.addEventListener("resize", draw);
  restore();
}

start();
