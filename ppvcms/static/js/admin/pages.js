// The editor of blocks without loading the page again: each button sends the form, and the list
// of blocks that comes back takes the place of the old one. The preview follows what is typed.

import { announce, toast } from "../ui.js";

const PAUSE_MS = 900;
const form = document.querySelector("[data-pv-build]");
const preview = form.querySelector("[data-pv-preview]");
const SAID = { add: "textAdded", double: "textAdded", up: "textMoved", down: "textMoved", remove: "textRemoved" };
let waiting = 0;

function look() {
  window.clearTimeout(waiting);
  // Hidden on a phone until it is asked for: then nothing is loaded.
  if (preview) waiting = window.setTimeout(() => form.requestSubmit(preview), PAUSE_MS);
}

function focusOn(pieces, verb, old) {
  const key = pieces.dataset.here;
  if (verb === "add" || verb === "double") {
    const fresh = [...pieces.querySelectorAll(".pv-piece")].find((one) => !old.includes(one.id));
    fresh?.scrollIntoView({ block: "nearest" });
    (fresh?.querySelector("input:not([type=hidden]), textarea, select") ?? fresh?.querySelector("button"))?.focus();
    return;
  }
  const same = key && pieces.querySelector(`[value="${CSS.escape(`${verb}:${key}`)}"]`);
  const other = key && pieces.querySelector(`#piece-${CSS.escape(key)} button:not(:disabled)`);
  (same && !same.disabled ? same : other || pieces.querySelector("#new_block"))?.focus();
}

async function act(button) {
  const verb = button.value.split(":")[0];
  const old = [...form.querySelectorAll(".pv-piece")].map((one) => one.id);
  let answer = null;
  try {
    answer = await fetch(form.action || location.href, { method: "POST", body: new FormData(form, button), credentials: "same-origin" });
  } catch {
    answer = null;
  }
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const pieces = page?.getElementById("pieces");
  if (!pieces) {
    toast(form.dataset.textTrouble, { urgent: true });
    return;
  }
  document.getElementById("pieces").replaceWith(document.adoptNode(pieces));
  announce(form.dataset[SAID[verb]] ?? "");
  focusOn(pieces, verb, old);
  look();
}

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name !== "act" || button.value === "save") return;
  event.preventDefault();
  act(button);
});
form.addEventListener("input", look);
form.querySelector("iframe")?.addEventListener("load", (event) => {
  // The page is looked at, not used.
  const stop = (act) => (act.type === "submit" || act.target.closest("a[href]")) && act.preventDefault();
  for (const kind of ["submit", "click"]) event.target.contentDocument?.addEventListener(kind, stop, true);
});
look();
