// Recording: a badge for everybody, the switch for the room's own page, the question for whom it concerns.

const PARTS = ["panel", "go", "stop", "text", "ask", "title", "client", "left", "yes", "no", "party"];

/** Called by each live page once it has joined. */
export function room(page) {
  const words = document.querySelector("[data-recording]");
  if (!words) return;
  const recorder = new Recorder(words, page);
  recorder.joined();
  page.wire.on("recording", (told) => recorder.told(told));
  page.wire.on("state", () => recorder.hosts && recorder.look());
}

class Recorder {
  constructor(words, page) {
    Object.assign(this, { words, page, state: { on: false }, busy: false });
    this.parts = Object.fromEntries(PARTS.map((name) => [name, words.querySelector(`[data-recording-${name}]`)]));
    this.hosts = this.parts.panel !== null;
    this.#buttons();
    // Next to the picture, where it is not missed.
    if (this.hosts) document.querySelector(".pv-room__below")?.prepend(this.parts.panel);
    else document.querySelector(".pv-room__side")?.prepend(this.parts.ask, this.parts.party);
    setInterval(() => (page.plugins === this.plugins ? this.#tick() : this.joined()), 1000);
  }

  #buttons() {
    const { go, stop, yes, no } = this.parts;
    const about = () => this.state.open?.id ?? "";
    go?.addEventListener("click", () => this.#send("record", { key: this.page.newKey() }));
    stop.addEventListener("click", () => this.#send("record_stop", { recording: about() }));
    yes?.addEventListener("click", () => this.#send("record_answer", { recording: about(), yes: true }));
    no?.addEventListener("click", () => this.#send("record_answer", { recording: about(), yes: false }));
  }

  /** Take what the last join brought: a page joins anew after a broken line, and for a private show. */
  joined() {
    this.plugins = this.page.plugins;
    this.show(this.plugins.paid_items?.recording ?? { on: false });
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
    const { panel, go, stop } = this.parts;
    panel.hidden = !may && !open;
    go.hidden = Boolean(open);
    stop.hidden = !open;
    this.#tick();
  }

  #showParty() {
    const open = this.state.open;
    const { ask, party, title, client } = this.parts;
    const asked = open?.state === "asked" && open.answer === "waiting";
    ask.hidden = !asked;
    party.hidden = open?.state !== "running";
    if (!asked) return;
    title.textContent = ask.dataset.title.replace("{name}", open.name);
    client.hidden = !open.client;
    this.#tick();
  }

  #left() {
    const passed = Math.floor((Date.now() - this.shownAt) / 1000);
    return Math.max(0, (this.state.open?.left_s ?? 0) - passed);
  }

  #tick() {
    const open = this.state.open;
    if (open?.state === "asked" && this.#left() === 0) return this.show({ ...this.state, open: null });
    const { text, left, ask } = this.parts;
    if (this.hosts) text.textContent = this.#text(open);
    else if (open) left.textContent = ask.dataset.left.replace("{left}", this.#left());
  }

  #text(open) {
    const { idle, asked, running } = this.parts.panel.dataset;
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
