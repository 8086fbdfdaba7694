// Who is in front of the camera: sent from the live page, without leaving it.

/** Called by each live page once it has joined. */
export function room(page) {
  const box = document.querySelector("[data-presence]");
  if (!box) return;
  const note = box.querySelector("[data-presence-note]");
  box.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const people = new FormData(event.target).getAll("people");
    try {
      show(box, await ask(page, "present", { people }));
      note.textContent = box.dataset.saved;
    } catch (refusal) {
      note.textContent = refusal.message || box.dataset.failed;
    }
  });
  // People are added and verified on other pages; what they changed is read on coming back.
  document.addEventListener("visibilitychange", async () => {
    if (document.hidden) return;
    try {
      show(box, await ask(page, "roll", {}));
    } catch {
      // The next time brings it.
    }
  });
}

async function ask(page, name, data) {
  const answer = await page.wire.ask("action", { name: `verification.${name}`, data });
  return answer.result.lines;
}

function show(box, lines) {
  box.hidden = lines.length === 0;
  const place = box.querySelector("[data-presence-lines]");
  place.replaceChildren(place.querySelector("legend"), ...lines.map(row));
}

function row({ id, name, may, present, state }) {
  const line = Object.assign(document.createElement("div"), { className: "form-check" });
  const tick = { type: "checkbox", name: "people", value: id, id: `here-${id}`, className: "form-check-input" };
  const field = Object.assign(document.createElement("input"), tick, { checked: present, disabled: !may });
  const words = Object.assign(document.createElement("label"), { className: "form-check-label", htmlFor: field.id });
  words.append(name);
  if (state) words.append(" ", Object.assign(document.createElement("span"), { className: "pv-badge", textContent: state }));
  line.append(field, words);
  return line;
}
