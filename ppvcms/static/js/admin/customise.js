// The customiser: every change is kept as a draft, and the frame beside the form shows it.

import { announce, toast } from "../ui.js";

const PAUSE_MS = 350;
const box = document.querySelector("[data-pv-customise]");
const form = document.getElementById("look");
const frame = box.querySelector("iframe");
const holder = box.querySelector("[data-pv-frame]");
const said = box.querySelector("[data-pv-said]");
let width = 1280;
let timer = 0;
let running = Promise.resolve();
let onlySheet = true;

function fit() {
  const scale = Math.min(1, holder.clientWidth / width);
  frame.style.inlineSize = `${width}px`;
  frame.style.blockSize = `${holder.clientHeight / scale}px`;
  frame.style.transform = `scale(${scale})`;
  frame.style.marginInlineStart = `${Math.max(0, (holder.clientWidth - width * scale) / 2)}px`;
}

function restyle(address) {
  const page = frame.contentDocument;
  const links = [...page.querySelectorAll("link[data-pv-look]")];
  const own = links.find((link) => link.getAttribute("href").includes("/looks/"));
  if (own && address) own.href = address;
  else if (own) own.remove();
  else if (address) {
    const link = page.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.dataset.pvLook = "";
    page.head.append(link);
  }
}

function warn(texts) {
  const alert = box.querySelector("[data-pv-warnings]");
  alert.hidden = texts.length === 0;
  alert.querySelector("ul").replaceChildren(
    ...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
  );
}

async function keep(sheetAlone) {
  const data = new FormData(form);
  let answer = null;
  try {
    answer = await fetch(box.dataset.draft, { method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" } });
  } catch {
    answer = null;
  }
  const told = answer?.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  if (!answer?.ok || !told) {
    toast(told?.error?.reason ?? box.dataset.textTrouble, { urgent: true });
    return;
  }
  for (const sent of form.querySelectorAll('input[type="file"], [data-pv-picture]')) {
    sent.value = "";
    sent.dispatchEvent(new Event("change"));
  }
  warn(told.warnings);
  document.querySelector("[data-pv-changed]").hidden = !told.changed;
  said.textContent = box.dataset.textKept;
  if (sheetAlone) restyle(told.sheet);
  else frame.contentWindow.location.reload();
}

function changed(event) {
  const name = event.target.name ?? "";
  onlySheet = onlySheet && /^(light|dark|font)\./.test(name);
  const back = form.querySelector(`[data-pv-own="${CSS.escape(name)}"]`);
  if (back) back.hidden = event.target.value === event.target.dataset.own;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const sheetAlone = onlySheet;
    onlySheet = true;
    running = running.then(() => keep(sheetAlone));
  }, PAUSE_MS);
}

function move(row, step) {
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(row);
  else other.after(row);
  announce(row.querySelector("label").textContent.trim());
  changed({ target: row.querySelector('[name="home"]') });
}

form.addEventListener("input", changed);
form.addEventListener("click", (event) => {
  const own = event.target.closest("[data-pv-own]");
  if (own) {
    const field = document.getElementById(own.dataset.pvOwn);
    field.value = field.dataset.own;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
  for (const [mark, step] of [["[data-pv-up]", -1], ["[data-pv-down]", 1]]) {
    const button = event.target.closest(mark);
    if (button) {
      move(button.closest("li"), step);
      button.focus();
    }
  }
});
box.querySelector("[data-pv-keep]").hidden = true;
for (const button of box.querySelectorAll("[data-pv-width]")) {
  button.addEventListener("click", () => {
    width = Number(button.dataset.pvWidth);
    for (const other of box.querySelectorAll("[data-pv-width]")) other.setAttribute("aria-pressed", String(other === button));
    fit();
  });
}
box.querySelector("[data-pv-frame-scheme]").addEventListener("click", ({ currentTarget }) => {
  const page = frame.contentDocument.documentElement;
  page.dataset.bsTheme = page.dataset.bsTheme === "dark" ? "light" : "dark";
  currentTarget.setAttribute("aria-pressed", String(page.dataset.bsTheme === "dark"));
});
new ResizeObserver(fit).observe(holder);
fit();
