// The tip buttons: one key for each intended tip, so that a double click pays once.

/** Called by the room page once it has joined. */
export function room(page) {
  for (const box of document.querySelectorAll("[data-tips]")) new Tips(box, page);
  page.wire.on("tip", (tip) => celebrate(tip, page));
}

class Tips {
  constructor(box, page) {
    Object.assign(this, { box, page, key: null, busy: false });
    this.form = box.querySelector("[data-tips-form]");
    if (!this.form) return;
    this.note = box.querySelector("[data-tips-note]");
    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-tips-amount]");
      if (button) this.ask(Number(button.dataset.tipsAmount));
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

  async ask(amount) {
    if (this.busy) return;
    this.busy = true;
    this.lock(true);
    try {
      const shown = this.page.formatMoney(amount);
      const words = this.box.dataset.ask.replace("{amount}", shown);
      if (!(await this.page.confirm(words, { yes: this.box.dataset.yes }))) return;
      this.key = this.page.newKey();
      await this.send(amount, false);
    } finally {
      this.busy = false;
      this.lock(false);
    }
  }

  async send(amount, confirm) {
    const note = this.form.elements.note.value.trim();
    const data = { amount, note, key: this.key, confirm };
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
  if (page.kind === "perform") page.toast(`${tip.name}: ${page.formatMoney(tip.amount)}`);
}
