// The day of access in a citation: today, as the reader's clock has it.

/** @param {HTMLElement} element */
export function start(element) {
  const now = new Date();
  element.textContent = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
