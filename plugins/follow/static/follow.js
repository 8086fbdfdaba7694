// A heart changes at once and stays where it is.

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-follow], .pv-perf form:has(.pv-perf__follow)");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      credentials: "same-origin",
      headers: { Accept: "application/json" },
      body: new FormData(form),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const { followed, text } = await answer.json();
    show(form.action, followed);
    const live = document.getElementById("pv-announce");
    if (live) live.textContent = text;
  } catch {
    form.submit();
  } finally {
    button.disabled = false;
  }
});

function show(action, followed) {
  for (const form of document.querySelectorAll("form")) {
    if (form.action !== action) continue;
    const button = form.querySelector("button[aria-pressed]");
    if (!button) continue;
    button.setAttribute("aria-pressed", String(followed));
    const icon = button.querySelector(".bi");
    const shape = /bookmark/.test(icon.className) ? "bookmark" : "heart";
    icon.classList.toggle(`bi-${shape}-fill`, followed);
    icon.classList.toggle(`bi-${shape}`, !followed);
    const words = button.querySelector("[data-follow-text]");
    if (words) words.textContent = followed ? button.dataset.on : button.dataset.off;
  }
}
