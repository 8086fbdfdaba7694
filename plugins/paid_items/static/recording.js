// Recording: a badge for everybody, the switch for the room's own page, the question for whom it concerns.

/** Called by each live page once it has joined. */
export function room(page) {
  const words = document.querySelector("[data-recording]");
  if (!words) return;
  const recorder = new Recorder(words, page);
  recorder.show(page.plugins.paid_items?.recording ?? { on: false });
  page.wire.on("recording", (told) => recorder.told(told));
  page.wire.on("state", () => recorder.hosts && recorder.look());
}

class Recorder {
  constructor(words, page) {
    Object.assign(this, { words, page, state: { on: false }, busy: false });
    const find = (name) => words.querySelector(`[data-recording-${name}]`);
    Object.assign(this, { panel: find("panel"), ask: find("ask"), party: find("party"), find });
    this.hosts = this.panel !== null;
    this.#buttons();
    // Beside the picture, where it is not missed; the place in the page is below it.
    const side = document.querySelector(".pv-room__side");
    if (!this.hosts && side) side.prepend(this.ask, this.party);
    setInterval(() => this.#tick(), 1000);
  }

  #buttons() {
    const { find, page } = this;
    const stop = () => this.#send("record_stop", { recording: this.state.open?.id ?? "" });
    find("go")?.addEventListener("click", () => this.#send("record", { key: page.newKey() }));
    find("stop").addEventListener("click", stop);
    for (const [name, yes] of [["yes", true], ["no", false]]) {
      find(name)?.addEventListener("click", () => {
        this.#send("record_answer", { recording: this.state.open?.id ?? "", yes });
      });
    }
  }

  told({ on, look }) {
    if (on !== undefined && on !== this.state.on) {
      this.page.toast(on ? this.words.dataset.begun : this.words.dataset.over);
      this.state.on = on;
      this.#badge();
    }
    if (look) this.look();
  }

  async look() {
    try {
      this.show((await this.page.wire.ask("action", { name: "paid_items.recording", data: {} })).result);
    } catch {
      // The next push, or the next join, brings it.
    }
  }

  show(state) {
    this.state = state;
    this.shownAt = Date.now();
    this.#badge();
    if (this.hosts) this.#showPanel();
    else this.#showParty();
  }

  #badge() {
    const top = document.querySelector("[data-pv-stage] .pv-stage__top");
    const now = top?.querySelector(".recording-chip");
    if (!top || Boolean(now) === this.state.on) return;
    if (now) return now.remove();
    const chip = document.createElement("span");
    chip.className = "pv-stage__chip recording-chip";
    chip.innerHTML = '<i class="bi bi-record-circle-fill" aria-hidden="true"></i>';
    chip.append(this.words.dataset.badge);
    top.append(chip);
  }

  #showPanel() {
    const { open, may } = this.state;
    this.panel.hidden = !may && !open;
    this.find("go").hidden = Boolean(open);
    this.find("stop").hidden = !open;
    this.#tick();
  }

  #showParty() {
    const open = this.state.open;
    const asked = open?.state === "asked" && open.answer === "waiting";
    this.ask.hidden = !asked;
    this.party.hidden = open?.state !== "running";
    if (!asked) return;
    this.ask.querySelector("[data-recording-title]").textContent = this.ask.dataset.title.replace("{name}", open.name);
    this.ask.querySelector("[data-recording-client]").hidden = !open.client;
    this.#tick();
  }

  #left() {
    const passed = Math.floor((Date.now() - this.shownAt) / 1000);
    return Math.max(0, (this.state.open?.left_s ?? 0) - passed);
  }

  #tick() {
    const open = this.state.open;
    if (open?.state === "asked" && this.#left() === 0) return this.show({ ...this.state, open: null });
    if (this.hosts) this.find("text").textContent = this.#text(open);
    else if (open) this.ask.querySelector("[data-recording-left]").textContent = this.ask.dataset.left.replace("{left}", this.#left());
  }

  #text(open) {
    const { idle, asked, running } = this.panel.dataset;
    if (!open) return idle;
    if (open.state === "asked") return asked.replace("{names}", open.waiting.join(", ")).replace("{left}", this.#left());
    const seconds = open.for_s + Math.floor((Date.now() - this.shownAt) / 1000);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    return running.replace("{time}", time);
  }

  async #send(name, data) {
    if (this.busy) return;
    this.busy = true;
    try {
      this.show((await this.page.wire.ask("action", { name: `paid_items.${name}`, data })).result);
    } catch (error) {
      this.page.toast(error.message, { urgent: true });
      this.look();
    } finally {
      this.busy = false;
    }
  }
}
