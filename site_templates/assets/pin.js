// A switch between the address that always has the newest release, and the one of this release that never changes.

/**
 * Add the switch to an element with `data-moving` and `data-pinned` (the two folders) and `data-words` (its label).
 * @param {HTMLElement} element
 */
export function start(element) {
  const { moving = "", pinned = "", words = "" } = element.dataset;
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  label.className = "pin";
  label.append(box, ` ${words}`);
  const codes = [...element.querySelectorAll("pre code")].map((code) => /** @type {[Element, string]} */ ([code, code.textContent ?? ""]));
  box.addEventListener("change", () => {
    for (const [code, text] of codes) code.textContent = box.checked ? text.replaceAll(moving, pinned) : text;
  });
  element.prepend(label);
}
