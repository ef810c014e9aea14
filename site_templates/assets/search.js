// Search over the index that catalogue/search.py writes: folds and cuts a query as it does the texts,
// fetches the few files that hold its terms, and ranks.  No document is needed: it runs in any browser or worker.

/**
 * @typedef {object} Index  What search/<lang>.json holds, and what has been fetched since.
 * @property {string} address  @property {number} count  @property {number} size
 * @property {string} alike  @property {Record<string, string>} spellings  @property {string[]} stop
 * @property {string[]} first  @property {string[]} terms  @property {string[]} entries  @property {string[]} words
 * @property {Record<string, string[]>} facets  @property {Record<string, string[]>} labels
 * @property {Record<string, {sets: any[][], width: number, of: string}>} columns
 * @property {{rows: string, name: string}} orders  Files with the place of each dataset by its rows and by its title.
 * @property {string} lang
 * @property {Map<string, string>} old  Characters and those that they are searched for as.
 * @property {Map<string, Promise<any>>} files
 */

/**
 * @typedef {object} Entry  A dataset in a list of results.
 * @property {string} path  @property {string} title  @property {string} other  @property {string} summary
 * @property {string[]} keywords  @property {string[]} columns  @property {number} rows  @property {string} day
 * @property {boolean} sample
 * @property {boolean} retired
 * @property {string} values  The file of its values, "" without any.
 */

/** @typedef {{term: string, word: number, need: boolean, prefix: string, bonus: number}} Wanted  A term of a query, and which of its words it is of. */
/** @typedef {Record<string, number[][]>} Shard */

const LEVELS = [8, 4, 2, 1];
const LONGEST = 30;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
/** How many of the best are looked at closely. */
const CLOSE = 12;
/** Files of terms that one beginning of a word may ask for. */
const SPREAD = 3;
/** Terms of a query that are looked for: who pastes a page still gets an answer at once. */
const MOST = 16;
const KANA = "ぁ-ゟー";
const CJK = "ー々〆〇ぁ-ゟヷ-ヺ㐀-䶿一-鿿豈-\uFAFF가-힣\u{20000}-\u{323AF}";
const DASH_IN_KANA = new RegExp(`(?<=[${KANA}])-`, "gu");
const DASH_ALONE = new RegExp(`(?<![${KANA}])ー+`, "gu");
const DASH_AT_END = new RegExp(`(?<=[${KANA}]{3})ー(?![${KANA}])`, "gu");
const NOT_WORDS = /(?:[^\p{L}\p{N}-]|(?<![a-z0-9])-|-(?![a-z0-9]))+/gu;
const RUN = new RegExp(`([${CJK}]+)|([^ ${CJK}]+)`, "gu");
const PARTICLE = /([^\s\p{sc=Hiragana}])ー?(?=([のをにはがとでへや])([^\s\p{sc=Hiragana}]))/gu;

/** The index at `address`, the URL of search/<lang>.json.  @param {string} address @param {RequestCache} [cache] @returns {Promise<Index>} */
export async function openIndex(address, cache = "default") {
  const answer = await fetch(address, { cache });
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  const index = await answer.json();
  const chars = [...index.alike];
  index.old = new Map(chars.flatMap((char, n) => (n % 2 ? [] : [[char, chars[n + 1]]])));
  index.lang = /([a-z]+)\.json/.exec(address)?.[1] ?? "ja";
  return Object.assign(index, { address: new URL(address, location.href).href, files: new Map() });
}

// ---- words ----

/** Text as it is compared; `fold` of catalogue/search.py.  @param {Index} index @param {string} text */
export function fold(index, text) {
  let folded = text.normalize("NFKC").toLowerCase();
  folded = folded.replace(/[\u00C0-\u024F\u1E00-\u1EFF]/g, (char) => char.normalize("NFD")[0]);
  folded = folded.replace(/[ァ-ヶ]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0x60));
  folded = folded.replace(/[_‐‑‒–—―−─━]/g, "-").replace(/[^\x00-\x7F]/gu, (char) => index.old.get(char) ?? char);
  folded = folded.replace(DASH_IN_KANA, "ー").replace(DASH_ALONE, " ").replace(/ー{2,}/g, "ー").replace(DASH_AT_END, "");
  for (const [one, other] of Object.entries(index.spellings)) folded = folded.replaceAll(one, other);
  return folded.replace(NOT_WORDS, " ").trim();
}

/** Runs of Japanese and other words of folded text.  @param {Index} index @param {string} folded @returns {{runs: string[], words: string[]}} */
export function cut(index, folded) {
  /** @type {{runs: string[], words: string[]}} */
  const found = { runs: [], words: [] };
  for (const [, run, word] of folded.matchAll(RUN)) {
    if (run) found.runs.push(run);
    else if (!index.stop.includes(word)) found.words.push([...word].slice(0, LONGEST).join(""));
  }
  return found;
}

/** The root of an English word: stations → station, fisheries → fishery, priced → pric.  @param {string} word */
export function stem(word) {
  if (!/^[a-z]{4,}$/.test(word)) return word;
  let root = word;
  if (root.endsWith("ies")) root = root.slice(0, -3) + "y";
  else if (/(?:ss|sh|ch|x|z)es$/.test(root)) root = root.slice(0, -2);
  else if (/[^su]s$/.test(root) && !root.endsWith("is")) root = root.slice(0, -1);
  if (root.length > 5) root = root.replace(/(?:ing|ed)$/, "");
  return root;
}

/** What a query asks for; `apart`: the parts of wi-fi, not wifi.  @param {Index} index @param {string} text @param {boolean} [apart] @returns {Wanted[]} */
export function plan(index, text, apart = false) {
  const { runs, words } = cut(index, fold(index, text));
  const loose = new Set();
  for (const [, before, particle, after] of text.normalize("NFKC").matchAll(PARTICLE)) {
    loose.add(fold(index, before) + particle).add(particle + fold(index, after));
  }
  /** @type {Map<string, Wanted>} */
  const wanted = new Map();
  const want = (/** @type {string} */ term, need = true, prefix = "", bonus = 1) => {
    if (!wanted.has(term)) wanted.set(term, { term, word, need, prefix, bonus });
  };
  let word = 0;
  const alone = words.length === 0 && runs.every((run) => [...run].length === 1);
  for (const run of runs) {
    const chars = [...run];
    word++;
    if (chars.length === 1) want(run, alone);
    const step = chars.length > (/^[ぁ-ゟー]+$/.test(run) ? 7 : 10) ? 2 : 1;
    const pairs = chars.slice(1).flatMap((char, n) => (n % step && n < chars.length - 2 ? [] : [chars[n] + char]));
    const firm = pairs.some((pair) => !loose.has(pair));
    for (const pair of pairs) want(pair, !firm || !loose.has(pair));
    if (chars.length > 1) want("^" + chars[0] + chars[1], false, "", 0.5);
  }
  for (const plain of words.flatMap((word) => (apart ? word.split("-") : word.replaceAll("-", "")))) {
    const root = stem(plain);
    word++;
    const open = /^[a-z]/.test(plain) ? plain.length > 2 : plain.length > 3;
    want(plain, true, open ? root.replace(/[ye]$/, "") : "");
  }
  const [firm, rest] = [true, false].map((need) => [...wanted.values()].filter((each) => each.need === need));
  return [...firm, ...rest].slice(0, MOST);
}

// ---- files ----

/** A file of the index beside search/<lang>.json.  @param {Index} index @param {string} name @returns {Promise<any>} */
function load(index, name) {
  let file = index.files.get(name);
  if (!file) {
    file = fetch(new URL(name, index.address)).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status} ${name}`);
      return answer.json();
    });
    file.catch(() => index.files.delete(name));
    index.files.set(name, file);
  }
  return file;
}

/** The number of the file in which `term` would be, -1 before all.  @param {Index} index @param {string} term */
function place(index, term) {
  let low = -1;
  let high = index.first.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (index.first[middle] <= term) low = middle;
    else high = middle;
  }
  return low;
}

/** The terms that `wanted` stands for, each with how well it matches.  @param {Index} index @param {Wanted} wanted @returns {Promise<[number[][], number][]>} */
async function find(index, wanted) {
  const { term, prefix } = wanted;
  const own = place(index, term);
  const start = prefix ? Math.max(place(index, prefix), 0) : own;
  const end = prefix ? place(index, prefix + "\uFFFF") : own;
  const numbers = new Set(own < 0 ? [] : [own]);
  for (let n = start; n >= 0 && n <= end && numbers.size < SPREAD; n++) numbers.add(n);
  const shards = await Promise.all(
    [...numbers].map((n) => /** @type {Promise<Shard>} */ (load(index, `terms-${n}.${index.terms[n]}.json`))),
  );
  /** @type {[number[][], number][]} */
  const found = [];
  const root = stem(term);
  for (const shard of shards) {
    if (!prefix) {
      if (Object.hasOwn(shard, term)) found.push([shard[term], wanted.bonus]);
      continue;
    }
    for (const [other, lists] of Object.entries(shard)) {
      if (!other.startsWith(prefix)) continue;
      if (other === term) found.push([lists, 1]);
      else if (stem(other) === root) found.push([lists, 0.9]);
      else if (other.startsWith(root) || other.startsWith(term)) found.push([lists, 0.5]);
    }
  }
  return found.length || !prefix || term.length < 5 ? found : findNear(index, term);
}

/** The terms that a misspelt word may mean: of words that begin alike, those with a letter more, less, other or swapped.
 * @param {Index} index @param {string} term @returns {Promise<[number[][], number][]>} */
async function findNear(index, term) {
  const start = Math.max(place(index, term.slice(0, 2)), 0), end = place(index, term.slice(0, 2) + "\uFFFF");
  const numbers = [...new Set([place(index, term), start, end, ...Array.from({ length: SPREAD }, (_, n) => start + n)])]
    .filter((n) => n >= start && n <= end).slice(0, SPREAD - 1);
  const shards = await Promise.all(numbers.map((n) => /** @type {Promise<Shard>} */ (load(index, `terms-${n}.${index.terms[n]}.json`))));
  const most = term.length < 8 ? 1 : 2;
  return shards.flatMap((shard) => Object.entries(shard)).flatMap(([other, lists]) => {
    const far = other[0] === term[0] && Math.abs(other.length - term.length) <= most ? measure(term, other) : most + 1;
    return far <= most ? [/** @type {[number[][], number]} */ ([lists, 0.5 / far])] : [];
  });
}

/** How many letters are to be changed, added, taken away or swapped with their neighbour.  @param {string} one @param {string} other */
function measure(one, other) {
  let last = /** @type {number[]} */ ([]), row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) next[j] = Math.min(next[j], last[j - 2] + 1);
    }
    [last, row] = [row, next];
  }
  return row[other.length];
}

/** Each number of a list.  @param {number[]} list @param {(number: number) => void} each */
function unroll(list, each) {
  let number = -1;
  for (const step of list) {
    if (step > 0) each((number += step));
    else for (let n = step; n < 0; n++) each(++number);
  }
}

// ---- ranking ----

/**
 * The datasets that a query finds, the best first, by their numbers.  `whole`: each holds all of the query; where none
 * does, those that hold most of it.  `close`: how many of the best are looked at closely.
 * @param {Index} index @param {string} text @param {number} [close] @returns {Promise<{numbers: number[], whole: boolean}>}
 */
export async function search(index, text, close = CLOSE) {
  const found = await rank(index, text, plan(index, text), close);
  return found.whole || !fold(index, text).includes("-") ? found : rank(index, text, plan(index, text, true), close);
}

/** @param {Index} index @param {string} text @param {Wanted[]} wanted @param {number} most_close @returns {Promise<{numbers: number[], whole: boolean}>} */
async function rank(index, text, wanted, most_close) {
  const needed = wanted.filter((each) => each.need).length;
  if (!needed) return { numbers: [], whole: true };
  const found = await Promise.all(wanted.map((each) => find(index, each)));
  const scores = new Float32Array(index.count);
  const covered = new Uint8Array(index.count);
  const best = new Float32Array(index.count);
  /** @type {Map<number, {needed: number, covered: Uint8Array}>} */
  const words = new Map();
  for (const { word, need } of wanted) {
    if (!need) continue;
    const own = words.get(word) ?? { needed: 0, covered: new Uint8Array(index.count) };
    own.needed++;
    words.set(word, own);
  }
  wanted.forEach(({ need, word }, n) => {
    best.fill(0);
    const own = words.get(word);
    let holders = 0;
    for (const [lists, fit] of found[n]) {
      lists.forEach((list, level) =>
        unroll(list, (number) => {
          if (!best[number]) holders++;
          best[number] = Math.max(best[number], LEVELS[level] * fit);
        }),
      );
    }
    const rarity = Math.log(1 + index.count / (holders || 1));
    for (let number = 0; number < index.count; number++) {
      if (!best[number]) continue;
      scores[number] += best[number] * rarity;
      if (need && own) {
        covered[number]++;
        own.covered[number]++;
      }
    }
  });
  const most = covered.reduce((high, each) => Math.max(high, each), 0);
  const whole = most === needed;
  const several = [...words.values()].filter((own) => words.size > 1 && own.needed > 1);
  const holdsWord = (/** @type {number} */ number) => several.some((own) => own.covered[number] === own.needed);
  const least = whole ? needed : Math.max(needed / 2, most - 1, 1);
  const numbers = [];
  for (let number = 0; number < index.count; number++) {
    if (covered[number] >= least || (!whole && holdsWord(number))) numbers.push(number);
    scores[number] *= covered[number];
  }
  numbers.sort((one, other) => scores[other] - scores[one] || one - other);
  const close = numbers.slice(0, most_close);
  const entries = await loadEntries(index, close);
  const folded = fold(index, text);
  const points = new Map(close.map((number, n) => [number, scores[number] / (needed * needed) + weigh(index, entries[n], folded)]));
  close.sort((one, other) => (points.get(other) ?? 0) - (points.get(one) ?? 0) || one - other);
  return { numbers: [...close, ...numbers.slice(most_close)], whole };
}

/** What an entry gains by holding the query as it was written.  @param {Index} index @param {Entry} entry @param {string} query */
function weigh(index, entry, query) {
  let points = 0;
  for (const title of [entry.title, entry.other]) {
    const folded = fold(index, title);
    if (!folded) continue;
    let mine = 0;
    if (folded === query) mine = 60;
    else if (starts(folded, query)) mine = 24;
    else if (folded.includes(query)) mine = 12;
    points = Math.max(points, mine && mine + (10 * query.length) / folded.length);
  }
  for (const keyword of entry.keywords) {
    const folded = fold(index, keyword);
    points += folded === query ? 8 : starts(folded, query) ? 3 : 0;
  }
  if (entry.columns.some((column) => ` ${fold(index, column)} `.includes(` ${query} `))) points += 6;
  return points;
}

/** Whether `query` begins `text` or one of its words.  @param {string} text @param {string} query */
function starts(text, query) {
  return text.startsWith(query) || text.includes(" " + query);
}

// ---- entries, facets, words near by ----

/** The entries with these numbers.  @param {Index} index @param {number[]} numbers @returns {Promise<Entry[]>} */
export async function loadEntries(index, numbers) {
  const part = (/** @type {number} */ number) => Math.floor(number / index.size);
  const files = await Promise.all(numbers.map((number) => load(index, `${index.lang}-${part(number)}.${index.entries[part(number)]}.json`)));
  return numbers.map((number, n) => {
    const [path, title, other, summary, keywords, columns, rows, day, marks, values] = files[n][number % index.size];
    return { path, title, other, summary, keywords, columns, rows, day, sample: Boolean(marks & 1), retired: Boolean(marks & 2), values: values ? `values-${number}.${values}.json` : "" };
  });
}

/** The frequent values of an entry by table and column.  @param {Index} index @param {Entry} entry @returns {Promise<[string, string, string, string, string[]][]>} */
export function loadValues(index, entry) {
  return load(index, entry.values);
}

/** Numbers in the order of titles (`name`), of rows (`rows`, most first) or of days (`new`).  @param {Index} index @param {number[]} numbers @param {string} order @returns {Promise<number[]>} */
export async function sortBy(index, numbers, order) {
  if (order === "new") {
    const asked = new Set(numbers);
    return listNewest(index).filter((number) => asked.has(number));
  }
  const { width, high, low } = await load(index, index.orders[order === "rows" ? "rows" : "name"]);
  const place = (/** @type {number} */ number) => {
    let at = 0;
    for (let n = number * width; n < (number + 1) * width; n++) at = at * 64 + DIGITS.indexOf(high[n]);
    return at * 4 + ((DIGITS.indexOf(low[Math.floor(number / 3)]) >> (2 * (number % 3))) & 3);
  };
  const places = new Map(numbers.map((number) => [number, place(number)]));
  return [...numbers].sort((one, other) => (places.get(one) ?? 0) - (places.get(other) ?? 0));
}

/** What a dataset has in a column of the index.  @param {Index} index @param {string} name @param {number} number @returns {any[]} */
export function look(index, name, number) {
  const { sets, width, of } = index.columns[name];
  let place = 0;
  for (let n = number * width; n < (number + 1) * width; n++) place = place * 64 + DIGITS.indexOf(of[n]);
  return sets[place];
}

/** Every dataset's number, the newest data first, retired ones last.  @param {Index} index */
export function listNewest(index) {
  const numbers = Array.from({ length: index.count }, (_, number) => number);
  const days = numbers.map((number) => look(index, "days", number)).map(([created, due]) => (due === "retired" ? "" : created));
  const day = (/** @type {number} */ number) => days[number];
  return numbers.sort((one, other) => (day(one) < day(other) ? 1 : day(one) > day(other) ? -1 : one - other));
}

/** Words of the catalogue that are most like those of `text`.  @param {Index} index @param {string} text @param {number} [most] */
export function suggest(index, text, most = 5) {
  const wanted = pairs(fold(index, text));
  const near = [...new Set([...index.words, ...index.labels.theme])].map((word) => {
    const own = pairs(fold(index, word));
    const shared = [...own].filter((pair) => wanted.has(pair)).length;
    return { word, like: (2 * shared) / (own.size + wanted.size) };
  });
  const best = near.filter(({ like }) => like > 0.2).sort((one, other) => other.like - one.like);
  return best.slice(0, most).map(({ word }) => word);
}

/** Neighbouring characters, the ends included.  @param {string} folded */
function pairs(folded) {
  const chars = [" ", ...folded, " "];
  return new Set(chars.slice(1).map((char, n) => chars[n] + char));
}
