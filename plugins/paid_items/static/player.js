// A link of a file lives five minutes; a player that needs another one goes on where it was.

const box = document.querySelector("[data-items-links]");

async function fresh() {
  const answer = await fetch(box.dataset.itemsLinks, { credentials: "same-origin" });
  return answer.ok ? (await answer.json()).files : [];
}

for (const player of box?.querySelectorAll("video, audio") ?? []) {
  let renewedAt = 0;
  player.addEventListener("error", async () => {
    // A file that no browser can read would otherwise be asked for again for ever.
    if (Date.now() - renewedAt < 30_000) return;
    renewedAt = Date.now();
    const file = (await fresh()).find((one) => one.id === player.dataset.file);
    if (!file) return;
    const [at, played] = [player.currentTime, !player.paused];
    player.src = file.url;
    player.currentTime = at;
    if (played) await player.play().catch(() => {});
  });
}
