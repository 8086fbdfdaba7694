// The requests of a room as its live page shows them: who asks, for what, until when.

import { announce, badgeOf, confirmDialog, formatDuration, formatMoney, toast } from "../ui.js";
import { newKey } from "./wire.js";

/** Fills `[data-pv-queue]`; `onAccepted(answer, row)` hears of an accepted one, `ready(row)` says no with a sentence. */
export class Queue {
  constructor(root, wire, { words, ready, onAccepted }) {
    Object.assign(this, { root, wire, words, ready, onAccepted });
    this.rows = [];
    this.list = root.querySelector("[data-pv-queue]");
    wire.on("requests", ({ queue }) => this.show(queue));
    root.querySelector("[data-pv-reject-all]").addEventListener("click", () => this.#rejectAll());
    setInterval(() => this.#count(), 500);
  }

  show(next) {
    const known = new Set(this.rows.map((one) => one.id));
    const fresh = next.filter((one) => !known.has(one.id) && one.state !== "queued");
    this.rows = next;
    this.list.replaceChildren(...next.map((one) => this.#card(one)));
    this.root.querySelector("[data-pv-queue-empty]").hidden = next.length > 0;
    this.root.querySelector("[data-pv-reject-all]").hidden = next.length < 2;
    const { title } = this.root.dataset;
    document.title = next.length ? `(${next.length}) ${title}` : title;
    this.#count();
    if (fresh.length) {
      ring();
      const { name, entry } = fresh.at(-1);
      announce((this.words[`new_${entry}`] ?? this.words.new_request).replace("{name}", name), { urgent: true });
    }
  }

  #card(one) {
    const item = document.getElementById("request-card").content.firstElementChild.cloneNode(true);
    item.dataset.pvRequest = one.id;
    const place = (name) => item.querySelector(`[data-pv-q="${name}"]`);
    const set = (name, value) => { place(name).textContent = value; };
    const waits = (one.state ?? "waiting") === "waiting";
    set("name", one.name);
    if (one.badge) place("name").append(" ", badgeOf(one.badge));
    set("initial", [...one.name][0] ?? "");
    set("mode", this.words[`mode_${one.mode}`] ?? one.mode);
    set("minutes", this.words.minutes.replace("{n}", `${one.minutes}${one.minutes_more ? "+" : ""}`));
    set("rate", formatMoney(one.rate));
    set("note", one.note);
    place("note").hidden = !one.note;
    set("state", waits ? "" : this.words[`request_${one.state}`] ?? "");
    place("state").hidden = waits;
    item.toggleAttribute("data-fresh", waits);
    const accept = item.querySelector("[data-pv-accept]");
    accept.hidden = !waits;
    accept.querySelector("span").textContent = this.words[`accept_${one.entry}`] ?? this.words.accept_request;
    accept.addEventListener("click", () => this.#accept(accept, one));
    item.querySelector("[data-pv-reject]").addEventListener("click", (event) => this.#reject(event.currentTarget, one));
    return item;
  }

  #count() {
    for (const one of this.rows) {
      const item = this.list.querySelector(`[data-pv-request="${one.id}"]`);
      if (!item) continue;
      const left = (one.expires_at - this.wire.now()) / 1000;
      item.querySelector('[data-pv-q="age"]').textContent = formatDuration((this.wire.now() - one.made_at) / 1000);
      item.querySelector('[data-pv-q="expires"]').textContent = formatDuration(left);
      item.toggleAttribute("data-short", left < 30);
    }
  }

  async #accept(button, one) {
    const refusal = this.ready(one);
    if (refusal) {
      toast(refusal);
      return;
    }
    button.disabled = true;
    one.key ??= newKey();
    try {
      await this.onAccepted(await this.wire.ask("accept", { request: one.id, key: one.key }), one);
    } catch (error) {
      toast(error.message);
      button.disabled = false;
    }
  }

  async #reject(button, one) {
    button.disabled = true;
    const reason = button.closest("[data-pv-request]").querySelector("[data-pv-reason]").value.trim();
    try {
      await this.wire.ask("reject", { request: one.id, reason });
    } catch (error) {
      toast(error.message);
      button.disabled = false;
    }
  }

  async #rejectAll() {
    if (!(await confirmDialog(this.words.reject_all_question, { yes: this.words.reject_all_yes }))) return;
    try {
      await this.wire.ask("reject_all", { reason: "" });
    } catch (error) {
      toast(error.message);
    }
  }
}

function ring() {
  try {
    const sound = new AudioContext();
    const volume = sound.createGain();
    volume.gain.value = 0.1;
    volume.connect(sound.destination);
    [523, 659, 784].forEach((pitch, nr) => {
      const tone = sound.createOscillator();
      tone.frequency.value = pitch;
      tone.connect(volume);
      tone.start(sound.currentTime + nr * 0.16);
      tone.stop(sound.currentTime + nr * 0.16 + 0.14);
    });
  } catch {
    // The queue shows it too.
  }
}
