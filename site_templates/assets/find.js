// Search and facets of the list of datasets, with what is asked for in the address.  The list in the page stays until
// something is asked; without this script it is the whole catalogue, in pages.

import { tellValues } from "./find-values.js";
import { findDay, judgeFreshness } from "./fresh.js";
import { cut, fold, listNewest, loadEntries, look, openIndex, search, sortBy, suggest } from "./search.js";

/** @typedef {import("./search.js").Index} Index */
/** @typedef {import("./search.js").Entry} Entry */

const FACETS = ["theme", "publisher", "fresh", "frequency", "format", "license"];
const PAGE = 12;
const ORDERS = ["new", "name", "rows"];
/** Milliseconds of rest after which a typed query is worth a place in the history. */
const REST = 1200;

/** Bring a search form to life.  @param {HTMLElement} element */
export function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  const main = /** @type {HTMLElement} */ (form.closest("main"));
  const box = /** @type {HTMLInputElement} */ (form.elements.namedItem("q"));
  const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (main.querySelector(selector));
  const [status, still, answer, more, nothing, near] = ["status", "static", "answer", "more", "nothing", "near"].map((name) => part(`[data-${name}]`));
  const list = /** @type {HTMLElement} */ (answer.querySelector("ul"));
  const first = status.textContent ?? "";
  /** @type {Promise<Index> | undefined} */
  let opening;
  /** @type {RequestCache} */
  let cache = "default";
  let turn = 0;
  let rest = 0;
  let typing = false;
  /** What is shown: all the numbers found, and how many of them.  @type {{index: Index | null, numbers: number[], shown: number}} */
  const view = { index: null, numbers: [], shown: 0 };

  const open = () => (opening ??= openIndex(/** @type {string} */ (form.dataset.find), cache).then((index) => (addChoices(form, index), index)));

  /** Show what the form asks for.  @param {boolean} [again] whether to open the index anew where a file of it is gone: the site may have been published since */
  async function show(again = true) {
    const mine = ++turn;
    const asked = readForm(form);
    linkLanguages(asked);
    if (!asked.toString()) {
      still.hidden = false;
      answer.hidden = true;
      status.textContent = first;
      if (opening) await open().then((index) => countChoices(form, index, listNewest(index)));
      return;
    }
    try {
      const index = await open();
      const text = (asked.get("q") ?? "").trim();
      const order = ORDERS.find((each) => each === asked.get("sort"));
      const { numbers, whole } = text ? await search(index, text, order ? 0 : undefined) : { numbers: listNewest(index), whole: true };
      const found = countChoices(form, index, numbers);
      const kept = order ? await sortBy(index, found, order) : found;
      const entries = await loadEntries(index, kept.slice(0, PAGE));
      if (mine !== turn) return;
      const items = entries.map((entry, n) => fillEntry(form, index, entry, kept[n], text));
      list.replaceChildren(...items);
      if (text) tellValues(form, index, entries, items, listMarks(index, text));
      Object.assign(view, { index, numbers: kept, shown: entries.length });
      still.hidden = true;
      answer.hidden = false;
      nothing.hidden = kept.length > 0;
      more.hidden = kept.length <= PAGE;
      if (kept.length === 0) offerWords(near, index, text, form);
      status.textContent = say(form, kept.length, whole);
    } catch (error) {
      if (mine !== turn) return;
      opening = undefined;
      cache = "reload";
      if (again) return show(false);
      still.hidden = false;
      answer.hidden = true;
      status.textContent = form.dataset.broken ?? "";
      console.warn(error);
    }
  }

  /** Put what is asked for in the address: a new step of the history, or in place of the last. @param {boolean} step */
  function note(step) {
    const asked = readForm(form).toString();
    const address = asked ? `?${asked}` : location.pathname;
    if (asked === new URLSearchParams(location.search).toString()) return;
    if (step) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  box.addEventListener("input", (event) => {
    if (/** @type {InputEvent} */ (event).isComposing) return;
    note(!typing);
    typing = true;
    clearTimeout(rest);
    rest = setTimeout(() => (typing = false), REST);
    show();
  });
  box.addEventListener("compositionend", () => box.dispatchEvent(new InputEvent("input")));
  box.addEventListener("focus", () => open().catch(() => (opening = undefined)), { once: true });
  box.addEventListener("keydown", (event) => {
    const link = list.querySelector("a");
    if (event.key === "ArrowDown" && link && !answer.hidden && !event.isComposing) {
      event.preventDefault();
      link.focus();
    }
  });
  form.addEventListener("change", (event) => {
    if (event.target === box) return;
    typing = false;
    note(true);
    show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    typing = false;
    note(true);
    show();
  });
  part("[data-clear]").addEventListener("click", () => {
    for (const choice of form.querySelectorAll("input:checked")) /** @type {HTMLInputElement} */ (choice).checked = false;
    note(true);
    show();
    box.focus();
  });
  near.addEventListener("click", (event) => {
    const link = /** @type {HTMLElement} */ (event.target).closest("a");
    if (!link) return;
    event.preventDefault();
    for (const choice of form.querySelectorAll("input:checked")) /** @type {HTMLInputElement} */ (choice).checked = false;
    box.value = link.textContent ?? "";
    note(true);
    show();
    box.focus();
  });
  more.addEventListener("click", async () => {
    const { index, numbers, shown } = view;
    if (!index) return;
    const next = numbers.slice(shown, shown + PAGE);
    const entries = await loadEntries(index, next);
    const added = entries.map((entry, n) => fillEntry(form, index, entry, next[n], box.value));
    list.append(...added);
    tellValues(form, index, entries, added, listMarks(index, box.value));
    view.shown += added.length;
    more.hidden = view.shown >= numbers.length;
    added[0]?.querySelector("a")?.focus();
  });

  async function restore() {
    const asked = new URLSearchParams(location.search);
    box.value = asked.get("q") ?? "";
    typing = false;
    const sort = /** @type {HTMLSelectElement | null} */ (form.elements.namedItem("sort"));
    if (sort) sort.value = ORDERS.find((each) => each === asked.get("sort")) ?? "";
    if (FACETS.some((name) => asked.has(name))) await open().catch(() => undefined);
    for (const choice of form.querySelectorAll("input[type=checkbox]")) {
      const input = /** @type {HTMLInputElement} */ (choice);
      input.checked = asked.getAll(input.name).includes(input.value);
    }
    await show();
  }
  addEventListener("popstate", restore);

  const facets = part("[data-facets]");
  facets.hidden = false;
  if (matchMedia("(min-width: 64rem)").matches) /** @type {HTMLDetailsElement} */ (facets).open = true;
  if (/** @type {HTMLDetailsElement} */ (facets).open) whenIdle(() => open().then((index) => turn || countChoices(form, index, listNewest(index)), () => undefined));
  facets.addEventListener("toggle", () => open().then((index) => view.index || countChoices(form, index, listNewest(index)), () => undefined));
  if (location.search) restore();
}

/** @param {() => void} action */
function whenIdle(action) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(action, { timeout: 2000 });
  else setTimeout(action, 200);
}

// ---- what is asked ----

/** What the form asks for, as the address says it.  @param {HTMLFormElement} form */
function readForm(form) {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    const text = String(value).trim();
    if (text) asked.append(name, text);
  }
  return asked;
}

/** The link to the other language asks the same.  @param {URLSearchParams} asked */
function linkLanguages(asked) {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("a.other-language"));
  if (link) link.search = asked.toString();
}

/** @param {HTMLFormElement} form @param {number} count @param {boolean} whole */
function say(form, count, whole) {
  const { found, foundOne, partly, none } = form.dataset;
  if (!count) return none ?? "";
  const words = count === 1 ? foundOne : found?.replace("{n}", count.toLocaleString());
  return whole ? words ?? "" : `${partly} ${words}`;
}

// ---- facets ----

/** The choices that the catalogue has, where the page doesn't name them.  @param {HTMLFormElement} form @param {Index} index */
function addChoices(form, index) {
  const template = /** @type {HTMLTemplateElement} */ (form.querySelector("template[data-choice]"));
  for (const name of FACETS) {
    const list = /** @type {HTMLElement} */ (form.querySelector(`[data-facet="${name}"] ul`));
    if (list.children.length || !index.facets[name]) continue;
    index.facets[name].forEach((value, n) => {
      const choice = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
      const input = /** @type {HTMLInputElement} */ (choice.querySelector("input"));
      choice.dataset.value = input.value = value;
      input.name = name;
      /** @type {HTMLElement} */ (choice.querySelector(".choice-name")).textContent = index.labels[name][n];
      list.append(choice);
    });
  }
}

/** A dataset's values of a facet.  @param {Index} index @param {string} name @param {number} number @param {string} today @returns {string[]} */
function listValues(index, name, number, today) {
  if (name !== "fresh") return look(index, name, number).map((value) => index.facets[name][value]);
  const [created, due] = look(index, "days", number);
  if (due === "retired") return [due];
  return [created ? judgeFreshness(due, today) : "planned"];
}

/**
 * Of the datasets found, those that have one of the chosen values in every facet; and beside each choice, how many
 * there would be with it.
 * @param {HTMLFormElement} form @param {Index} index @param {number[]} numbers @returns {number[]}
 */
function countChoices(form, index, numbers) {
  const today = findDay(form.dataset.timezone ?? "UTC");
  const chosen = FACETS.map((name) => new Set([...form.querySelectorAll(`input[name="${name}"]:checked`)].map((each) => /** @type {HTMLInputElement} */ (each).value)));
  const counts = FACETS.map(() => /** @type {Map<string, number>} */ (new Map()));
  /** @type {Map<string, string[]>[]} */
  const known = FACETS.map(() => new Map());
  const kept = numbers.filter((number) => {
    const values = FACETS.map((name, n) => {
      const column = index.columns[name === "fresh" ? "days" : name];
      const key = column.of.slice(number * column.width, (number + 1) * column.width);
      let found = known[n].get(key);
      if (!found) known[n].set(key, (found = listValues(index, name, number, today)));
      return found;
    });
    const misses = FACETS.filter((_, n) => chosen[n].size > 0 && !values[n].some((value) => chosen[n].has(value)));
    FACETS.forEach((name, n) => {
      if (misses.length === 0 || (misses.length === 1 && misses[0] === name)) {
        for (const value of values[n]) counts[n].set(value, (counts[n].get(value) ?? 0) + 1);
      }
    });
    return misses.length === 0;
  });
  /** @type {HTMLElement} */ (form.querySelector("[data-clear]")).hidden = chosen.every((values) => values.size === 0);
  FACETS.forEach((name, n) => {
    for (const choice of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll(`[data-facet="${name}"] li`))) {
      const count = counts[n].get(choice.dataset.value ?? "") ?? 0;
      /** @type {HTMLElement} */ (choice.querySelector(".choice-count")).textContent = count.toLocaleString();
      choice.hidden = !count && !choice.querySelector("input")?.checked;
    }
    const facet = /** @type {HTMLElement} */ (form.querySelector(`[data-facet="${name}"]`));
    facet.hidden = !facet.querySelector("li:not([hidden])");
  });
  return kept;
}

// ---- results ----

/** A dataset in the list.  @param {HTMLFormElement} form @param {Index} index @param {Entry} entry @param {number} number @param {string} text */
function fillEntry(form, index, entry, number, text) {
  const template = /** @type {HTMLTemplateElement} */ (document.querySelector("template[data-entry]"));
  const item = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  const marks = listMarks(index, text);
  const link = /** @type {HTMLAnchorElement} */ (item.querySelector("a"));
  link.href = new URL(entry.path.replace(/^datasets\//, ""), form.action).href;
  link.append(...mark(index, entry.title, marks));
  const found = listColumns(index, entry, marks);
  const day = entry.day && new Date(`${entry.day}T00:00:00Z`).toLocaleDateString(index.lang === "en" ? "en-GB" : "ja-JP", { dateStyle: "long", timeZone: "UTC" });
  const label = (/** @type {string} */ name) => look(index, name, number).map((value) => index.labels[name][value]).join(" ");
  const frequency = index.facets.frequency[look(index, "frequency", number)[0]];
  const named = form.querySelector(`[data-facet="frequency"] [data-value="${frequency}"] .choice-name`)?.textContent;
  /** @type {Record<string, (Node | string)[]>} */
  const slots = {
    retired: entry.retired ? [item.querySelector('[data-slot="retired"]')?.textContent ?? ""] : [],
    sample: entry.sample ? [item.querySelector('[data-slot="sample"]')?.textContent ?? ""] : [],
    summary: mark(index, entry.summary, marks),
    columns: found.length ? [`${form.dataset.columns}: `, ...found.slice(0, 6).flatMap((column, n) => [n ? " · " : "", ...mark(index, column, marks)])] : [],
    publisher: [label("publisher")],
    day: day ? [form.dataset.updated?.replace("{day}", day) ?? day] : [],
    rows: entry.day ? [form.dataset.rows?.replace("{n}", entry.rows.toLocaleString()) ?? ""] : [],
    frequency: named ? [named] : [],
    unreleased: entry.day ? [] : [item.querySelector('[data-slot="unreleased"]')?.textContent ?? ""],
  };
  for (const [name, parts] of Object.entries(slots)) {
    const slot = item.querySelector(`[data-slot="${name}"]`);
    if (parts.length) slot?.replaceChildren(...parts);
    else slot?.remove();
  }
  return item;
}

/** The columns in which the query was found: those that hold all of its words, or else any.  @param {Index} index @param {Entry} entry @param {string[]} marks */
function listColumns(index, entry, marks) {
  const words = marks.filter((each) => each.length > 1);
  const held = entry.columns.map((column) => {
    const folded = fold(index, column).replaceAll("-", " ");
    return { column, count: words.filter((each) => folded.includes(each.replaceAll("-", " "))).length };
  });
  const most = Math.max(0, ...held.map(({ count }) => count));
  return most ? held.filter(({ count }) => count === most).map(({ column }) => column) : [];
}

/** The folded words to be marked.  @param {Index} index @param {string} text */
function listMarks(index, text) {
  const { runs, words } = cut(index, fold(index, text));
  return [...runs, ...words].sort((one, other) => other.length - one.length);
}

/** A text with the words that were searched for marked.  @param {Index} index @param {string} text @param {string[]} marks @returns {(Node | string)[]} */
function mark(index, text, marks) {
  const chars = [...text];
  let plain = "";
  /** @type {number[]} */
  const places = [];
  chars.forEach((char, n) => {
    const folded = fold(index, char) || (char === "ー" ? "ー" : " ");
    plain += folded;
    for (let k = 0; k < folded.length; k++) places.push(n);
  });
  const lit = new Set();
  for (const each of marks.flatMap((whole) => listParts(whole, plain))) {
    for (let at = plain.indexOf(each); at >= 0; at = plain.indexOf(each, at + 1)) {
      if (/[a-z0-9]/.test(each[0]) && /[a-z0-9]/.test(plain[at - 1] ?? "")) continue;
      for (let k = at; k < at + each.length; k++) lit.add(places[k]);
    }
  }
  /** @type {(Node | string)[]} */
  const parts = [];
  for (let n = 0; n < chars.length; ) {
    let end = n;
    while (end < chars.length && lit.has(end) === lit.has(n)) end++;
    const words = chars.slice(n, end).join("");
    if (lit.has(n)) parts.push(Object.assign(document.createElement("mark"), { textContent: words }));
    else parts.push(words);
    n = end;
  }
  return parts;
}

/** A word where `text` holds it, or else its longest parts that it holds.  @param {string} word @param {string} text */
function listParts(word, text) {
  const latin = /^[a-z0-9]/.test(word);
  const parts = [];
  for (let start = 0; start < word.length; ) {
    let end = word.length;
    while (end > start && !text.includes(word.slice(start, end))) end--;
    if (end - start > (latin ? 3 : 1) || end - start === word.length) parts.push(word.slice(start, end));
    start = latin ? word.length : Math.max(end, start + 1);
  }
  return parts;
}

/** Words of the catalogue near to what wasn't found.  @param {HTMLElement} near @param {Index} index @param {string} text @param {HTMLFormElement} form */
function offerWords(near, index, text, form) {
  const words = text ? suggest(index, text) : [];
  near.hidden = words.length === 0;
  near.querySelector("span")?.replaceChildren(
    ...words.flatMap((word) => {
      const link = document.createElement("a");
      link.href = `${form.action}?${new URLSearchParams({ q: word })}`;
      link.textContent = word;
      return [link, " "];
    }),
  );
}
