// What scripts say.  The words of each language are one module, made of words.json with the site, which all pages share.

/** @type {{default: Record<string, Record<string, string | string[]>>}} */
const { default: table } = await (document.documentElement.lang === "en" ? import("./words.en.js") : import("./words.ja.js"));

/** The words whose keys begin with `prefix`, as a function that fills them in.  @param {string} prefix */
export function read_words(prefix) {
  const words = table[prefix] ?? {};
  return (/** @type {string} */ key, /** @type {Record<string, string | number>} */ values = {}) => {
    const found = words[key] ?? key;
    const text = Array.isArray(found) ? found[values.n === 1 ? 0 : 1] : found;
    return text.replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === "number" ? value.toLocaleString("en") : value;
    });
  };
}
