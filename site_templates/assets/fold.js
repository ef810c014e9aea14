// Text as it is compared, the days that people write, and the marks on what was found.

import { make } from "./element.js";

/** Text as it is compared: full and half width, large and small letters, katakana and hiragana alike.  @param {string} text */
export function fold(text) {
  const plain = /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase() : text.normalize("NFKC").toLowerCase();
  return /[ァ-ヶ]/.test(plain) ? plain.replace(/[ァ-ヶ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60)) : plain;
}

const DAYS = [
  /^(?:(\d{4})[-/.年])?(\d{1,2})[/月](\d{1,2})日?$/, // 2023/1/5, 2023年1月5日, 1月5日, 1/5
  /^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?[月日]?$/, // 2023-1-5, 2023年1月
];

/** A test of days (`2023-01-05`) by what people type for one; null where it is none.  @param {string} word  a folded word */
export function read_day(word) {
  for (const pattern of DAYS) {
    const found = pattern.exec(word);
    if (!found) continue;
    const [year, month, day] = found.slice(1).map((each) => (each ? Number(each) : 0));
    if (month < 1 || month > 12 || day > 31) continue;
    return (/** @type {string} */ shown) => {
      const [y, m, d] = shown.slice(0, 10).split("-").map(Number);
      return (!year || y === year) && m === month && (!day || d === day);
    };
  }
  return null;
}

/** A text with marks where it holds one of the folded words.  @param {string} text  @param {string[]} words */
export function mark_hits(text, words) {
  if (!words.length) return [text];
  let folded = "";
  const places = /** @type {number[]} */ ([]);
  let at = 0;
  for (const sign of text) {
    for (const each of fold(sign)) places.push(...Array(each.length).fill(at)), folded += each;
    at += sign.length;
  }
  places.push(text.length);
  const parts = /** @type {(string | HTMLElement)[]} */ ([]);
  let from = 0;
  for (let n = 0; n < folded.length; n++) {
    const hit = places[n] >= from ? words.find((word) => folded.startsWith(word, n)) : undefined;
    if (!hit) continue;
    const start = places[n], last = places[n + hit.length - 1];
    const end = places.find((place) => place > last) ?? text.length;
    parts.push(text.slice(from, start), make("mark", {}, text.slice(start, end)));
    from = end;
    n += hit.length - 1;
  }
  return [...parts, text.slice(from)].filter((part) => part !== "");
}

/** A number as text with thousands separators.  @param {string} text */
export function group_digits(text) {
  return /e/i.test(text) ? text : text.replace(/^-?\d+/, (whole) => whole.replace(/(?<=\d)(?=(\d{3})+$)/g, ","));
}
