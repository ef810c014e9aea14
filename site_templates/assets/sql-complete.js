// Completes names in the editor of SQL: tables, columns (also by their title, in any script), functions and keywords.  The
// list is offered while one types, or by Ctrl+Space; nothing is taken from it but what was chosen by an arrow key or a click.

import { make } from "./element.js";

/** @typedef {{text: string, about: string, kind: "table" | "column" | "function" | "word", table?: string}} Offer */

const MOST = 8;
const WORDS = "SELECT FROM WHERE GROUP BY ORDER BY HAVING LIMIT OFFSET AS AND OR NOT IN LIKE BETWEEN IS NULL DISTINCT CASE WHEN THEN ELSE END JOIN LEFT JOIN ON USING UNION ALL WITH DESC ASC NULLS LAST OVER PARTITION BY".split(/ (?!BY|JOIN|LAST|ALL)/);
const RESERVED = new Set([...WORDS.flatMap((word) => word.split(" ")), "TABLE", "VALUES", "TO", "DO", "DEFAULT", "CHECK", "PRIMARY", "REFERENCES", "USER", "ANY", "SOME", "FOR", "WINDOW", "COLUMN"]);

/** @param {HTMLTextAreaElement} field  @param {() => Offer[]} list_offers  @param {(key: string, values?: Record<string, string | number>) => string} say */
export function start(field, list_offers, say) {
  const id = "sql-offers";
  const list = make("ul", { id, role: "listbox", className: "sql-offers", hidden: true, ariaLabel: say("offers") });
  const told = make("span", { className: "unseen", role: "status" });
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", id);
  field.setAttribute("aria-haspopup", "listbox");
  const box = make("div", { className: "sql-editor" });
  field.before(box);
  box.append(field, list, told);
  let shown = /** @type {Offer[]} */ ([]), at = -1;

  const close = () => {
    list.hidden = true;
    shown = [];
    at = -1;
    told.textContent = "";
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (/** @type {number} */ place) => {
    at = place;
    [...list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === at)));
    if (at < 0) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", `${id}-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  };
  const take = (/** @type {number} */ place) => {
    const [start, end] = word_before(field), offer = shown[place];
    field.setRangeText(offer.text, start, end, "end");
    close();
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  };
  const offer = (/** @type {boolean} */ asked) => {
    const [start, end] = word_before(field), word = field.value.slice(start, end);
    if (!word && !asked) return close();
    shown = find_offers(list_offers(), word, field.value, /\b(?:from|join)\s+$/i.test(field.value.slice(0, start)));
    if (!shown.length || (shown.length === 1 && shown[0].text === word)) return close();
    list.replaceChildren(...shown.map(({ text, about, kind }, n) => {
      const item = make("li", { id: `${id}-${n}`, role: "option" }, make("code", {}, text), " ", make("span", {}, [say(`offer_${kind}`), about].filter(Boolean).join(" ")));
      item.setAttribute("aria-selected", "false");
      item.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(n);
      });
      return item;
    }));
    list.hidden = false;
    at = -1;
    field.removeAttribute("aria-activedescendant");
    told.textContent = say("offered", { n: shown.length });
  };

  field.addEventListener("input", (event) => {
    if (!(/** @type {InputEvent} */ (event).isComposing)) offer(false);
  });
  field.addEventListener("compositionend", () => offer(false));
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      return offer(true);
    }
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(at < 0 && step < 0 ? shown.length - 1 : (at + step + shown.length) % shown.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && at >= 0 && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      take(at);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    } else if (event.key !== "Shift" && (event.key.startsWith("Arrow") || event.key === "Enter" || event.key === "Tab")) close();
  });
}

/** Where the word before the cursor begins and ends.  @param {HTMLTextAreaElement} field  @returns {[number, number]} */
function word_before(field) {
  const end = field.selectionStart, word = /"?[\p{L}\p{N}\p{M}_ー][\p{L}\p{N}\p{M}_ー.-]*$|"$/u.exec(field.value.slice(0, end));
  return [word ? word.index : end, end];
}

/** What begins so, columns of the tables in the query first, or tables where one is to come.
 * @param {Offer[]} all  @param {string} word  @param {string} query  @param {boolean} from */
function find_offers(all, word, query, from) {
  const plain = (/** @type {string} */ text) => text.normalize("NFKC").toLowerCase();
  const alias = /^(\w+)\.(.*)$/u.exec(word), wanted = plain((alias ? alias[2] : word).replace(/^"/, ""));
  const used = plain(query);
  const rank = (/** @type {Offer} */ { text, about, kind, table }) => {
    const name = plain(text.replaceAll('"', "")), whole = plain(word.replaceAll('"', ""));
    const begins = name.startsWith(wanted) || (kind === "table" && name.startsWith(whole));
    if (!begins && !(wanted && kind !== "word" && (name.includes(wanted) || plain(about).includes(wanted)))) return 9;
    if (alias && kind !== "column" && !name.startsWith(whole)) return 9;
    const near = kind === "column" && table && used.includes(plain(table)) ? 0 : 1;
    return (begins ? 0 : 4) + (kind === "column" ? near : kind === "table" ? (from ? -1 : 1.5) : kind === "function" ? 2 : 3);
  };
  const ranked = all.map((offer) => ({ offer, rank: rank(offer) })).filter((each) => each.rank < 9).sort((a, b) => a.rank - b.rank);
  const found = [];
  for (const { offer } of ranked) {
    if (found.some((each) => each.text === offer.text)) continue;
    found.push(alias ? { ...offer, text: offer.kind === "column" ? `${alias[1]}.${offer.text}` : offer.text } : offer);
    if (found.length === MOST) break;
  }
  return found;
}

/** A name as SQL reads it: in quotation marks where it must be.  @param {string} name */
export function quote(name) {
  return /^[a-z_][a-z0-9_]*$/i.test(name) && !RESERVED.has(name.toUpperCase()) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The keywords.  @returns {Offer[]} */
export function list_words() {
  return WORDS.map((text) => ({ text, about: "", kind: "word" }));
}
