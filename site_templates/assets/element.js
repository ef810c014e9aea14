// Elements, for the scripts that draw something.

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
