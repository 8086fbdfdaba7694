// The live monitor reads its board again every few seconds, while somebody looks at it.

const board = document.querySelector("[data-board]");
const note = document.querySelector("[data-board-note]");
const EVERY_MS = 3_000;

function say(fresh) {
  const words = fresh ? note.dataset.fresh : note.dataset.stale;
  if (note.textContent !== words) note.textContent = words;
}

/** Put the new board in place, and the focus back where it was. */
function replace(html) {
  const focused = board.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  board.innerHTML = html;
  if (focused) board.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(board.dataset.board, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    replace(await answer.text());
    say(true);
  } catch {
    say(false);
  }
}

say(true);
window.setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
