// The page of who is asked: it looks every three seconds and shows what has changed.

const page = document.querySelector("[data-checkin-page]");
let before = null;

async function look() {
  if (document.hidden) return;
  const answer = await fetch(page.dataset.url, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const now = await answer.text();
  const busy = page.querySelector("form :is(input:focus, select:focus), details[open]");
  if (before !== null && now !== before && !busy) location.reload();
  if (before === null || !busy) before = now;
}

if (page) {
  look().catch(() => {});
  setInterval(() => look().catch(() => {}), 3000);
}
