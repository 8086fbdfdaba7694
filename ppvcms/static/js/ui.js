// What every page can do: light and dark, notices, menus, dialogs, times, money.

const body = document.body;
const root = document.documentElement;
const language = root.lang || "en";
const text = (name) => body.dataset[`text${name}`] ?? name;

/** Show minor units of a currency as people write them; credits by default. */
export function formatMoney(minor, currency = "CRD") {
  const amount = Number(minor) / 100;
  if (currency === "CRD") {
    const figure = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return `${figure.format(amount)} ${body.dataset.creditUnit ?? "cr"}`;
  }
  const style = new Intl.NumberFormat(language, { style: "currency", currency });
  return style.format(Number(minor) / 10 ** style.resolvedOptions().maximumFractionDigits);
}

/** Return what stands beside a name: `{label, icon, tone}`. */
export function badgeOf({ label, icon, tone }) {
  const badge = document.createElement("span");
  badge.className = `pv-badge${tone ? ` pv-badge--${tone}` : ""}`;
  if (icon) {
    const sign = document.createElement("i");
    sign.className = `bi bi-${icon}`;
    sign.setAttribute("aria-hidden", "true");
    badge.append(sign);
  }
  badge.append(label);
  return badge;
}

/** Show seconds as 0:07, 12:40 or 1:02:03. */
export function formatDuration(seconds) {
  const all = Math.max(0, Math.floor(Number(seconds)));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(all / 3600), Math.floor((all % 3600) / 60), all % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Let a screen reader say something without moving the focus. */
export function announce(message, { urgent = false } = {}) {
  const place = document.getElementById(urgent ? "pv-alert" : "pv-announce");
  if (!place) return;
  place.textContent = "";
  window.setTimeout(() => { place.textContent = message; }, 60);
}

/** Show a short notice at the foot of the page; it leaves by itself unless it is urgent. */
export function toast(message, { urgent = false, seconds = 6 } = {}) {
  const place = document.getElementById("pv-toasts");
  if (!place) return;
  const box = document.createElement("div");
  box.className = "pv-toast";
  const words = document.createElement("span");
  words.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.setAttribute("aria-label", text("Close"));
  close.innerHTML = '<i class="bi bi-x-lg" aria-hidden="true"></i>';
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  place.append(box);
  announce(message, { urgent });
  if (!urgent) window.setTimeout(() => box.remove(), seconds * 1000);
}

/** Ask before something that cannot be taken back; resolves to true or false. */
export function confirmDialog(question, { title = "", yes = text("Confirm"), no = text("Cancel") } = {}) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "pv-dialog";
    const form = document.createElement("form");
    form.method = "dialog";
    if (title) {
      const heading = document.createElement("h2");
      heading.textContent = title;
      form.append(heading);
    }
    const words = document.createElement("p");
    words.className = "mb-0";
    words.id = "pv-dialog-text";
    words.textContent = question;
    dialog.setAttribute("aria-labelledby", words.id);
    const end = document.createElement("div");
    end.className = "pv-dialog__end";
    for (const [value, label, look] of [["no", no, "btn-quiet"], ["yes", yes, "btn-primary"]]) {
      const button = document.createElement("button");
      button.value = value;
      button.className = `btn ${look}`;
      button.textContent = label;
      end.append(button);
    }
    form.append(words, end);
    dialog.append(form);
    dialog.addEventListener("close", () => { resolve(dialog.returnValue === "yes"); dialog.remove(); });
    body.append(dialog);
    dialog.showModal();
  });
}

/** Send JSON or a form to our own site with the token against forged requests. */
export async function send(url, data = {}, { method = "POST" } = {}) {
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const answer = await fetch(url, {
    method,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
    body: JSON.stringify(data),
  });
  const kind = answer.headers.get("Content-Type") ?? "";
  return { ok: answer.ok, status: answer.status, data: kind.includes("json") ? await answer.json() : null };
}

/** Write every <time data-pv-relative> as "3 minutes ago". */
export function relativeTimes(within = document) {
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const steps = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [2592000, "day", 86400], [Infinity, "month", 2592000]];
  for (const time of within.querySelectorAll("time[data-pv-relative]")) {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [, unit, size] = steps.find(([limit]) => Math.abs(seconds) < limit);
    time.title ||= new Date(time.dateTime).toLocaleString(language);
    time.textContent = words.format(Math.round(seconds / size), unit);
  }
}

/** Write every <time data-pv-local> in the reader's own time zone; "time" leaves the day out. */
export function localTimes(within = document) {
  for (const time of within.querySelectorAll("time[data-pv-local]")) {
    const zone = time.closest("[data-pv-zone]")?.dataset.pvZone || body.dataset.timeZone || undefined;
    const clock = { hour: "2-digit", minute: "2-digit", timeZone: zone };
    const whole = { weekday: "short", day: "numeric", month: "short", ...clock };
    const at = new Date(time.dateTime);
    const short = time.dataset.pvLocal === "time";
    time.textContent = new Intl.DateTimeFormat(language, short ? { ...clock, timeZoneName: "short" } : whole).format(at);
    time.title = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long", timeZone: zone }).format(at);
  }
}

function switchScheme() {
  const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `pv_scheme=${next}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  root.setAttribute("data-bs-theme", next);
  document.dispatchEvent(new CustomEvent("pv:scheme", { detail: next }));
}

async function copy(button) {
  const source = button.dataset.pvCopy;
  const target = source.startsWith("#") ? document.querySelector(source) : null;
  await navigator.clipboard.writeText(target ? (target.value ?? target.textContent).trim() : source);
  toast(text("Copied"), { seconds: 3 });
}

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-pv-scheme]")) switchScheme();
  const dismiss = on("[data-pv-dismiss]");
  if (dismiss) dismiss.closest(".pv-alert")?.remove();
  const copied = on("[data-pv-copy]");
  if (copied) copy(copied);
  if (on("[data-pv-print]")) window.print();
  if (on("[data-pv-back]") && window.history.length > 1) {
    event.preventDefault();
    window.history.back();
  }
  const asks = on("[data-pv-confirm]");
  if (asks && !asks.dataset.pvConfirmed) {
    event.preventDefault();
    confirmDialog(asks.dataset.pvConfirm, { yes: asks.dataset.pvYes || asks.textContent.trim() }).then((yes) => {
      if (!yes) return;
      asks.dataset.pvConfirmed = "1";
      asks.click();
      delete asks.dataset.pvConfirmed;
    });
  }
  for (const open of document.querySelectorAll("details[data-pv-menu][open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details[data-pv-menu][open]")) {
    open.open = false;
    open.querySelector("summary")?.focus();
  }
});

// Tabs: role=tablist with role=tab buttons that name their panel in aria-controls.
export function selectTab(tab) {
  for (const other of tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (panel) panel.hidden = !chosen;
  }
}
for (const list of document.querySelectorAll('[role="tablist"][data-pv-tabs]')) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];
  list.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) selectTab(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const way = root.dir === "rtl" ? -step : step;
    const next = tabs[(tabs.indexOf(document.activeElement) + way + tabs.length) % tabs.length];
    selectTab(next);
    next.focus();
  });
}

for (const group of document.querySelectorAll("[data-pv-reveal]")) {
  const [input, button] = [group.querySelector("input"), group.querySelector("button")];
  button.hidden = false;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? button.dataset.show : button.dataset.hide;
    button.setAttribute("aria-pressed", String(!shown));
  });
}

for (const table of document.querySelectorAll(".pv-price-edit")) {
  table.addEventListener("input", (event) => {
    const input = event.target;
    input.toggleAttribute("data-changed", input.value !== input.defaultValue);
  });
}

// Filters that apply at once where there is script; a button does it where there is none.
for (const form of document.querySelectorAll("form[data-pv-autosubmit]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// The line of the page one is on stands in sight, however long the navigation.
for (const side of document.querySelectorAll(".pv-dash__side")) {
  const here = side.querySelector("[aria-current]");
  if (here) side.scrollTop = here.offsetTop - side.clientHeight / 2;
}

// A long navigation: what is typed keeps the lines that have it, Enter opens the first.
for (const box of document.querySelectorAll("[data-pv-find]")) {
  const nav = box.closest("nav");
  const links = () => [...nav.querySelectorAll("a")];
  const line = (link) => link.closest("li") ?? link;
  box.hidden = false;
  box.addEventListener("input", () => {
    const word = box.value.trim().toLocaleLowerCase();
    for (const link of links()) {
      line(link).hidden = !link.textContent.toLocaleLowerCase().includes(word);
    }
    for (const heading of nav.querySelectorAll(".pv-side__group")) heading.hidden = word !== "";
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") links().find((link) => !line(link).hidden)?.click();
  });
}

for (const button of document.querySelectorAll("[data-pv-print]")) button.hidden = false;
document.querySelector("[data-pv-focus]")?.focus();
relativeTimes();
localTimes();
window.setInterval(relativeTimes, 30_000);
