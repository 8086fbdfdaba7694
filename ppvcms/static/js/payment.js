// The page after the gateway: asks until the payment has an end, then shows it.
// In the window that a room has opened for it, it offers to close that window.

const box = document.getElementById("payment");
let pause = 1000;

async function ask() {
  try {
    const answer = await fetch(box.dataset.intent, { headers: { Accept: "application/json" } });
    const intent = await answer.json();
    if (answer.ok && !intent.waiting) {
      location.reload();
      return;
    }
  } catch {
    // The line may be down for a moment: ask again.
  }
  pause = Math.min(pause * 1.2, 10_000);
  setTimeout(ask, pause);
}

if (window.name === "pv-payment") {
  const button = box.querySelector("[data-close-window]");
  button.hidden = "waiting" in box.dataset;
  button.addEventListener("click", () => window.close());
  for (const link of box.querySelectorAll("a")) link.hidden = !button.hidden;
}
if ("waiting" in box.dataset) setTimeout(ask, pause);
