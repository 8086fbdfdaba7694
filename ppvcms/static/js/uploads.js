// Files on their way in: part by part, with a bar, going on where a broken line left them.
//
// <div data-pv-upload="<kind>" data-name="file"> holds an <input type="file"> without a name and a
// place [data-pv-upload-list]. Each file that arrived becomes a hidden input of that name; with
// data-submit the form around it is sent when all are there.

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const PAUSES_S = [1, 2, 4, 8, 15, 30];

class Refused extends Error {}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const wait = (seconds) => new Promise((done) => {
  const timer = window.setTimeout(done, seconds * 1000);
  window.addEventListener("online", () => { window.clearTimeout(timer); done(); }, { once: true });
});

async function call(url, { method = "GET", json, body, headers = {}, signal } = {}) {
  const answer = await fetch(url, {
    method,
    signal,
    credentials: "same-origin",
    headers: { Accept: "application/json", "X-CSRFToken": token(), ...(json ? { "Content-Type": "application/json" } : {}), ...headers },
    body: json ? JSON.stringify(json) : body,
  });
  const data = await answer.json().catch(() => null);
  if (answer.ok || answer.status === 409) return { status: answer.status, data };
  const said = data?.error ? `${data.error.reason} ${data.error.remedy}`.trim() : "";
  // A server that is away or full comes back; whatever else is said is final.
  if (answer.status >= 500 || answer.status === 429) throw new Error(said);
  throw new Refused(said || String(answer.status));
}

async function patiently(act, tell) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof Refused || error.name === "AbortError" || tries > 40) throw error;
      tell();
      await wait(PAUSES_S[Math.min(tries, PAUSES_S.length - 1)]);
    }
  }
}

async function known(place) {
  const id = window.localStorage.getItem(place);
  if (!id) return null;
  try {
    const { data } = await call(`/uploads/${id}.json`);
    return data;
  } catch (error) {
    if (error instanceof Refused) window.localStorage.removeItem(place);
    return null;
  }
}

async function digestOf(file, size) {
  const parts = [];
  for (let at = 0; at < file.size; at += size) {
    parts.push(await crypto.subtle.digest("SHA-256", await file.slice(at, at + size).arrayBuffer()));
  }
  return hex(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));
}

/** Send a file; `tell({sent, waiting})` hears how far it is. Resolves to {id, name, kind, size}. */
export async function sendFile(file, kind, tell, signal) {
  const place = `pv-upload:${kind}:${file.name}:${file.size}:${file.lastModified}`;
  const part = 4 * 1024 * 1024;
  const away = () => tell({ sent, waiting: true });
  let sent = 0;
  let upload = await known(place);
  if (upload?.file) { window.localStorage.removeItem(place); upload = null; }
  if (!upload) {
    const begun = () => call("/uploads.json", { method: "POST", json: { kind, name: file.name, size: file.size }, signal });
    upload = (await patiently(begun, away)).data;
    window.localStorage.setItem(place, upload.id);
  }
  sent = upload.offset;
  tell({ sent, waiting: false });
  while (sent < file.size) {
    const answer = await patiently(() => call(`/uploads/${upload.id}`, {
      method: "PATCH",
      body: file.slice(sent, sent + part),
      headers: { "Upload-Offset": String(sent), "Content-Type": "application/octet-stream" },
      signal,
    }), away);
    sent = answer.data.offset;
    tell({ sent, waiting: false });
  }
  const digest = await digestOf(file, part);
  const done = await patiently(() => call(`/uploads/${upload.id}/finish.json`, { method: "POST", json: { digest }, signal }), away);
  window.localStorage.removeItem(place);
  return done.data.file;
}

function line(box, file) {
  const row = document.createElement("div");
  row.className = "pv-progress-line";
  const top = document.createElement("div");
  top.className = "pv-progress-line__top";
  const [name, shown] = [document.createElement("span"), document.createElement("b")];
  name.textContent = file.name;
  shown.className = "pv-num";
  const bar = document.createElement("progress");
  bar.className = "pv-progress";
  bar.max = file.size;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  const stop = document.createElement("button");
  stop.type = "button";
  stop.className = "btn btn-quiet btn-sm";
  stop.textContent = document.body.dataset.textCancel ?? "Cancel";
  top.append(name, shown, stop);
  row.append(top, bar);
  box.append(row);
  return { row, bar, shown, stop };
}

async function bring(holder, file) {
  const shown = line(holder.querySelector("[data-pv-upload-list]") ?? holder, file);
  const ended = new AbortController();
  shown.stop.addEventListener("click", () => { ended.abort(); shown.row.remove(); });
  const tell = ({ sent, waiting }) => {
    shown.bar.value = sent;
    shown.shown.textContent = waiting ? holder.dataset.textWaiting : `${Math.floor((100 * sent) / file.size)} %`;
  };
  try {
    const kept = await sendFile(file, holder.dataset.pvUpload, tell, ended.signal);
    shown.stop.remove();
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = holder.dataset.name;
    input.value = kept.id;
    holder.append(input);
    return true;
  } catch (error) {
    if (error.name !== "AbortError") {
      shown.bar.remove();
      shown.shown.textContent = "";
      shown.stop.remove();
      const why = document.createElement("p");
      why.className = "pv-field__error";
      why.setAttribute("role", "alert");
      why.textContent = error.message;
      shown.row.append(why);
    }
    return false;
  }
}

for (const holder of document.querySelectorAll("[data-pv-upload]")) {
  const input = holder.querySelector('input[type="file"]');
  input?.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    const arrived = [];
    for (const file of files) arrived.push(await bring(holder, file));
    if (arrived.length && arrived.some(Boolean) && "submit" in holder.dataset) holder.closest("form").requestSubmit();
  });
}
