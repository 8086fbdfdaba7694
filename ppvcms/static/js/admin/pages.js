// The preview of a page follows what is typed.

const preview = document.getElementById("preview");
const text = document.querySelector("textarea[name=body]");
let waiting = 0;

async function refresh() {
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const answer = await fetch(preview.dataset.preview, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ text: text.value }),
  });
  // The server has cleaned it: what is shown here is what visitors get.
  if (answer.ok) preview.innerHTML = await answer.text();
}

text?.addEventListener("input", () => {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(refresh, 300);
});
