// Quick edit: a cell is saved when it is left; what is refused says why and stays as typed.

import { announce, send } from "../ui.js";

const table = document.querySelector("[data-quick]");

function mark(input, state, words = "") {
  const place = document.getElementById(input.getAttribute("aria-describedby"));
  input.toggleAttribute("data-changed", state === "changed");
  input.toggleAttribute("data-saved", state === "saved");
  input.setAttribute("aria-invalid", String(state === "refused"));
  if (place) place.textContent = words;
}

async function save(input) {
  if (input.value === input.defaultValue) return;
  input.readOnly = true;
  let answer;
  try {
    answer = await send(input.form.action, { [input.name]: input.value });
  } catch {
    answer = { ok: false, data: null };
  }
  input.readOnly = false;
  const problem = answer.data?.errors?.[input.name];
  if (answer.ok && input.name in answer.data.values) {
    input.value = answer.data.values[input.name];
    input.defaultValue = input.value;
    mark(input, "saved");
    announce(table.dataset.saved);
  } else {
    mark(input, "refused", problem ?? table.dataset.failed);
  }
}

if (table) {
  for (const button of table.querySelectorAll("[data-quick-save]")) button.hidden = true;
  table.addEventListener("focusout", (event) => {
    if (event.target.matches("input[name]")) save(event.target);
  });
  table.addEventListener("keydown", (event) => {
    if (!event.target.matches("input[name]")) return;
    if (event.key === "Enter") {
      event.preventDefault();
      save(event.target);
    }
    if (event.key === "Escape") {
      event.target.value = event.target.defaultValue;
      mark(event.target, "");
    }
  });
}
