// The page after the gateway: asks until the payment has an end, then shows it.
const box = document.getElementById("payment");
const WAITING = ["quoted", "awaiting", "unknown"];
let pause = 1000;

async function ask() {
  try {
    const answer = await fetch(box.dataset.intent, { headers: { Accept: "application/json" } });
    const intent = await answer.json();
    if (!WAITING.includes(intent.state)) {
      location.reload();
      return;
    }
  } catch {
    // The line may be down for a moment: ask again.
  }
  pause = Math.min(pause * 1.2, 10_000);
  setTimeout(ask, pause);
}

setTimeout(ask, pause);
