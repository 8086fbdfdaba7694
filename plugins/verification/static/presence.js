// Who is in front of the camera: sent from the live page, without leaving it.

/** Called by each live page once it has joined. */
export function room(page) {
  const box = document.querySelector("[data-presence]");
  if (!box) return;
  const form = box.querySelector("form");
  const note = box.querySelector("[data-presence-note]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const people = new FormData(form).getAll("people");
    try {
      const answer = await page.wire.ask("action", { name: "verification.present", data: { people } });
      tick(form, answer.result.people);
      note.textContent = box.dataset.saved;
    } catch (refusal) {
      note.textContent = refusal.message || box.dataset.failed;
    }
  });
}

function tick(form, here) {
  for (const one of form.querySelectorAll("[name=people]")) one.checked = here.includes(one.value);
}
