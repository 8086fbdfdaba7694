// The tip buttons, their sounds, and what rises over the picture. One key for each intended tip,
// so that a double click pays once.

import { play } from "./sounds.js";

/** Called by the room page once it has joined. */
export function room(page) {
  for (const box of document.querySelectorAll("[data-tips]")) new Tips(box, page);
  page.wire.on("tip", (tip) => celebrate(tip, page));
  for (const button of document.querySelectorAll("[data-tips-sound]")) new Switch(button);
}

const MUTED = "pv_tips_muted";
const muted = () => window.localStorage.getItem(MUTED) === "1";

class Switch {
  constructor(button) {
    this.button = button;
    button.addEventListener("click", (event) => {
      event.preventDefault();
      window.localStorage.setItem(MUTED, muted() ? "0" : "1");
      this.show();
    });
    this.show();
  }

  show() {
    this.button.setAttribute("aria-pressed", String(!muted()));
    this.button.querySelector("i").className = `bi bi-volume-${muted() ? "mute" : "up"}`;
  }
}

class Tips {
  constructor(box, page) {
    Object.assign(this, { box, page, key: null, busy: false });
    this.form = box.querySelector("[data-tips-form]");
    if (!this.form) return;
    this.note = box.querySelector("[data-tips-note]");
    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-tips-amount]");
      if (button) this.ask(Number(button.dataset.tipsAmount), button.dataset.tipsWords ?? "");
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.own();
    });
  }

  own() {
    const field = this.form.elements.amount;
    const found = field.value.trim().match(/^(\d{1,6})(?:[.,](\d{1,2}))?$/);
    const amount = found ? Number(found[1]) * 100 + Number((found[2] ?? "0").padEnd(2, "0")) : 0;
    const { least, most } = field.dataset;
    if (amount < Number(least) || amount > Number(most)) {
      const words = this.box.dataset.range
        .replace("{least}", this.page.formatMoney(least))
        .replace("{most}", this.page.formatMoney(most));
      this.say(words);
      field.setAttribute("aria-invalid", "true");
      field.focus();
      return;
    }
    field.removeAttribute("aria-invalid");
    this.ask(amount);
  }

  async ask(amount, words = "") {
    if (this.busy) return;
    this.busy = true;
    this.lock(true);
    try {
      const shown = this.page.formatMoney(amount);
      const question = this.box.dataset.ask.replace("{amount}", shown);
      const asked = words ? `${question} ${words}` : question;
      if (!(await this.page.confirm(asked, { yes: this.box.dataset.yes }))) return;
      this.key = this.page.newKey();
      this.words = words;
      await this.send(amount, false);
    } finally {
      this.busy = false;
      this.lock(false);
    }
  }

  async send(amount, confirm) {
    const note = this.words || this.form.elements.note.value.trim();
    const data = { amount, note, key: this.key, confirm };
    const to = this.form.elements.to?.value;
    if (to) data.to = to;
    try {
      await this.page.wire.ask("action", { name: "tips.send", data });
      this.form.reset();
      this.say(this.box.dataset.sent.replace("{amount}", this.page.formatMoney(amount)));
    } catch (error) {
      if (error.code === "confirm") {
        if (await this.page.confirm(error.message, { yes: this.box.dataset.yes })) {
          await this.send(amount, true);
        }
        return;
      }
      this.say(error.message);
      if (error.code === "funds") this.page.topup?.(error.message);
    }
  }

  say(words) {
    this.note.textContent = words;
  }

  lock(on) {
    for (const control of this.form.elements) control.disabled = on;
  }
}

function celebrate(tip, page) {
  const shown = `${tip.name}: ${page.formatMoney(tip.amount)}`;
  if (page.kind === "perform") page.toast(tip.note ? `${shown} ${tip.note}` : shown);
  if (tip.sound && !muted()) play(tip.sound);
  if (tip.colour || tip.image) rise(tip, shown);
}

// Calm: one badge that rises over the picture and goes by itself.
function rise(tip, shown) {
  const stage = document.querySelector("[data-pv-stage]");
  if (!stage) return;
  const badge = document.createElement("div");
  badge.className = `tips-rise${tip.colour ? ` tips-${tip.colour}` : ""}`;
  badge.setAttribute("aria-hidden", "true");
  if (tip.image) {
    const image = document.createElement("img");
    image.src = tip.image;
    image.alt = "";
    badge.append(image);
  }
  badge.append(shown);
  stage.append(badge);
  window.setTimeout(() => badge.remove(), 3400);
}
