// The form of a mode: only what its base can have is shown, and the panel follows what is typed.

const form = document.querySelector("[data-mode-editor]");
const panel = document.querySelector("[data-mode-panel]");
const PAUSE_MS = 250;
let waiting = null;
let turn = 0;

function fit() {
  const base = form.elements.base.value;
  const carried = ["audio", "text"].find((one) => base.startsWith(one)) ?? "video";
  const shape = {
    paid: !base.endsWith("free"),
    private: ["private", "exclusive", "audio", "text"].includes(base),
    video: carried === "video",
  };
  shape.ways = !shape.private && carried !== "text";
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !shape[part.dataset.for];
  for (const part of form.querySelectorAll("[data-when]")) part.hidden = !form.elements[part.dataset.when].checked;
}

async function show() {
  const mine = ++turn;
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) });
    if (answer.ok && mine === turn) panel.innerHTML = await answer.text();
  } catch {
    // The panel of before stays; saving says what is wrong.
  }
}

if (form) {
  fit();
  form.addEventListener("input", () => {
    fit();
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE_MS);
  });
}
