// The button that lets this browser in: asks for permission, subscribes at the
// browser's push service, and hands the subscription to the site.

const card = document.querySelector("[data-web-push]");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function show(state) {
  for (const part of card.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
}

function trouble() {
  card.querySelector('[data-when="trouble"]').hidden = false;
}

function bytes(text) {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

async function send(url, data) {
  const answer = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
    },
    body: JSON.stringify(data),
  });
  if (!answer.ok) throw new Error(String(answer.status));
}

function registration() {
  return navigator.serviceWorker.getRegistration(new URL("./", new URL(card.dataset.worker, location.href)));
}

async function subscription() {
  return (await registration())?.pushManager.getSubscription();
}

function keyFits(known) {
  const own = known.options?.applicationServerKey;
  if (!own) return true;
  const wanted = bytes(card.dataset.key);
  const has = new Uint8Array(own);
  return has.length === wanted.length && has.every((byte, at) => byte === wanted[at]);
}

async function ready(found) {
  if (found.active) return found;
  const worker = found.installing ?? found.waiting;
  await new Promise((resolve) => {
    worker.addEventListener("statechange", () => worker.state === "activated" && resolve());
  });
  return found;
}

async function letIn() {
  if ((await Notification.requestPermission()) !== "granted") {
    show(Notification.permission === "denied" ? "denied" : "off");
    return;
  }
  const found = await ready(await navigator.serviceWorker.register(card.dataset.worker));
  const before = await found.pushManager.getSubscription();
  if (before && !keyFits(before)) await before.unsubscribe();
  const made = await found.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytes(card.dataset.key),
  });
  await send(card.dataset.in, made.toJSON());
  location.reload();
}

async function letOut(all) {
  const known = await subscription();
  await send(card.dataset.out, { endpoint: all ? "" : (known?.endpoint ?? "none") });
  await known?.unsubscribe();
  location.reload();
}

async function look() {
  if (!able) return show("unable");
  if (Notification.permission === "denied") return show("denied");
  const known = await subscription();
  show(known ? "on" : "off");
  // The site may have forgotten this browser, or another person's name is on it.
  if (known && keyFits(known)) await send(card.dataset.in, known.toJSON());
}

const acts = { in: letIn, out: () => letOut(false), "out-all": () => letOut(true) };

if (card) {
  card.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    button.disabled = true;
    try {
      await acts[button.dataset.do]();
    } catch {
      trouble();
    } finally {
      button.disabled = false;
    }
  });
  look().catch(trouble);
}
