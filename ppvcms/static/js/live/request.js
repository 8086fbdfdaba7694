// The client's own request in a room: waiting, in the queue, called, or what became of it.

import { announce, formatDuration, toast } from "../ui.js";

const OPEN = ["waiting", "queued", "called"];

/** Shows the request in `[data-pv-waiting]`, and its end in the outcome box. */
export class MyRequest {
  constructor(root, wire, { words, say }) {
    Object.assign(this, { root, wire, words, say });
    this.request = null;
    this.box = root.querySelector("[data-pv-waiting]");
    if (!this.box) return;
    this.box.addEventListener("click", (event) => {
      if (event.target.closest("[data-pv-withdraw]")) this.#ask("withdraw");
      if (event.target.closest("[data-pv-answer]")) this.#ask("answer");
    });
    setInterval(() => this.#count(), 500);
  }

  /** Whether one waits. */
  get open() {
    return OPEN.includes(this.request?.state);
  }

  show(request) {
    const before = this.request?.state;
    this.request = request;
    if (!this.box) return;
    this.box.hidden = !this.open;
    if (!this.open) {
      const end = this.words[`request_${request?.state}`];
      if (end) this.say(request.reason ? `${end} “${request.reason}”` : end);
      return;
    }
    this.say("");
    const { state, entry, place } = request;
    const title = this.words[`asked_${state === "waiting" ? entry ?? "request" : state}`] ?? this.words.asked_request;
    const text = title.replace("{place}", place ?? 1);
    const strong = this.box.querySelector("strong");
    strong.textContent = text;
    this.box.querySelector("[data-pv-answer]").hidden = state !== "called";
    this.box.querySelector("[data-pv-counts]").hidden = state === "queued";
    if (state === "called" && before !== "called") announce(text, { urgent: true });
    this.#count();
  }

  #count() {
    if (!this.open) return;
    const left = (this.request.expires_at - this.wire.now()) / 1000;
    this.box.querySelector("[data-pv-expires]").textContent = formatDuration(left);
  }

  async #ask(event) {
    try {
      this.show((await this.wire.ask(event, { request: this.request.id })).request);
    } catch (error) {
      toast(error.message);
    }
  }
}
