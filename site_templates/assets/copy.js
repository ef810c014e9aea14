// A button beside everything that people copy: code, addresses, references.

/** Tells those who can't see it. @type {HTMLElement | undefined} */
let status;

/**
 * Put text on the clipboard, also where the page isn't served over HTTPS.
 * @param {string} text
 * @param {HTMLElement} source what holds it
 * @returns {Promise<boolean>}
 */
async function copy(text, source) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(source);
    return document.execCommand("copy");
  }
}

/** @param {string} words */
function tell(words) {
  if (!status) {
    status = document.createElement("p");
    status.className = "unseen";
    status.setAttribute("role", "status");
    document.body.append(status);
  }
  status.textContent = "";
  status.textContent = words;
}

/**
 * Add the button.  `data-copy` of the element says what it is, or if it is empty the summary above; the words are those of `body`.
 * @param {HTMLElement} element
 */
export function start(element) {
  const { wordCopy = "", wordCopied = "", wordSelected = "" } = document.body.dataset;
  const name = element.dataset.copy || element.closest("details")?.querySelector("summary")?.textContent;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = wordCopy;
  button.setAttribute("aria-label", `${wordCopy}: ${name}`);
  button.addEventListener("click", async () => {
    const done = await copy(element.textContent ?? "", element);
    button.textContent = done ? wordCopied : wordSelected;
    tell(button.textContent);
    setTimeout(() => (button.textContent = wordCopy), 2500);
  });
  const both = document.createElement("div");
  both.className = "copyable";
  element.replaceWith(both);
  both.append(element, button);
}
