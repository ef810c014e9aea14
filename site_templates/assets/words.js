// Words and elements, for the scripts that draw something.

/** The words that an element holds, as a function that fills them in.  @param {HTMLElement | null} holder */
export function read_words(holder) {
  const words = JSON.parse(holder?.dataset.words ?? "{}");
  return (/** @type {string} */ key, /** @type {Record<string, string | number>} */ values = {}) => {
    const found = words[key] ?? key;
    const text = Array.isArray(found) ? found[values.n === 1 ? 0 : 1] : found;
    return text.replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === "number" ? value.toLocaleString("en") : value;
    });
  };
}

/** An element with properties and content.
 * @template {keyof HTMLElementTagNameMap} T  @param {T} tag  @param {Record<string, any>} properties  @param {(Node | string)[]} content
 * @returns {HTMLElementTagNameMap[T]} */
export function make(tag, properties, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === "" || value === undefined) continue;
    if (name in element) /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...content);
  return element;
}
