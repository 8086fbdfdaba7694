// Who pays in the public show, as its performer sees them: time left, their cameras, and how many watch unseen.

import { confirmDialog, formatDuration, formatMoney, toast } from "../ui.js";
import { MediaLine, play } from "./media.js";

/** Fills `[data-pv-audience]` and the counts; each two-way seat has a line of its own. */
export class Audience {
  constructor(root, wire, { words }) {
    Object.assign(this, { root, wire, words });
    this.viewers = [];
    this.lines = new Map();
    this.list = root.querySelector("[data-pv-audience]");
    this.at = performance.now();
    wire.on("audience", (next) => { if (next.room === root.dataset.room) this.show(next); });
    wire.on("seat", (next) => this.#figures(next));
    this.list.addEventListener("click", (event) => this.#click(event));
    setInterval(() => this.#count(), 1000);
  }

  show(next) {
    this.viewers = next?.viewers ?? [];
    this.at = performance.now();
    const count = next?.voyeurs ?? 0;
    const unseen = this.root.querySelector("[data-pv-voyeurs]");
    unseen.hidden = !count;
    unseen.querySelector("b").textContent = count;
    const seats = new Set(this.viewers.map((one) => one.seat));
    for (const item of [...this.list.children]) if (!seats.has(item.dataset.seat)) item.remove();
    for (const one of this.viewers) this.#row(one);
    const slots = next?.slots ?? { total: 0, free: 0 };
    this.root.querySelector("[data-pv-slots]").textContent = slots.total
      ? this.words.slots.replace("{free}", slots.free).replace("{total}", slots.total) : "";
    this.root.querySelector("[data-pv-audience-box]").hidden = !this.viewers.length && !slots.total;
    this.root.querySelector("[data-pv-audience-empty]").hidden = this.viewers.length > 0;
    this.#cameras();
    this.#count();
  }

  /** Take the live figures of one seat between two lists. */
  #figures(next) {
    const one = this.viewers.find((each) => each.seat === next.seat);
    if (!one) return;
    const { state, role, rate, cost, counting, time_left_s } = next;
    this.#settle();
    Object.assign(one, { state, role, rate, cost, counting, time_left_s });
    this.#row(one);
    this.#cameras();
  }

  /** Count what has passed into every row, so that each may get figures of its own moment. */
  #settle() {
    const passed = (performance.now() - this.at) / 1000;
    for (const one of this.viewers) if (one.counting) one.time_left_s = Math.max(0, one.time_left_s - passed);
    this.at = performance.now();
  }

  #row(one) {
    let item = this.list.querySelector(`[data-seat="${one.seat}"]`);
    if (!item) {
      item = document.getElementById("viewer-row").content.firstElementChild.cloneNode(true);
      item.dataset.seat = one.seat;
      this.list.append(item);
    }
    item.dataset.role = one.role;
    const set = (name, value) => { item.querySelector(`[data-pv-v="${name}"]`).textContent = value; };
    set("name", one.name);
    set("state", this.words[`viewer_${one.state}`] ?? "");
    set("cost", formatMoney(one.cost));
    set("rate", this.words.per_minute.replace("{price}", formatMoney(one.rate)));
    item.querySelector("[data-pv-leave-slot]").hidden = one.role !== "two_way";
  }

  #count() {
    const passed = (performance.now() - this.at) / 1000;
    for (const one of this.viewers) {
      const item = this.list.querySelector(`[data-seat="${one.seat}"]`);
      if (!item) continue;
      const left = one.counting ? Math.max(0, one.time_left_s - passed) : one.time_left_s;
      item.querySelector('[data-pv-v="left"]').textContent = one.rate ? formatDuration(left) : this.words.no_limit;
      item.toggleAttribute("data-short", left <= 60);
    }
  }

  #cameras() {
    const wanted = new Set(this.viewers.filter((one) => one.role === "two_way" && ["secured", "live"].includes(one.state)).map((one) => one.seat));
    for (const [seat, line] of this.lines) {
      if (wanted.has(seat)) continue;
      line.close();
      this.lines.delete(seat);
    }
    for (const seat of wanted) {
      if (this.lines.has(seat)) continue;
      const video = () => this.list.querySelector(`[data-seat="${seat}"] video`);
      const line = new MediaLine(this.wire, "watch", {
        about: { slot: seat },
        onTrack: ({ stream }) => {
          const place = video();
          if (!place) return;
          place.hidden = false;
          play(place, stream, () => {});
        },
        // A line that was lost may come back by itself, with the picture it had.
        onState: (now) => { if (video() && now !== "connecting") video().hidden = now !== "connected" || !video().srcObject; },
      });
      this.lines.set(seat, line);
      line.open();
    }
  }

  /** Close every camera, such as before a private show. */
  stop() {
    for (const line of this.lines.values()) line.close();
    this.lines.clear();
  }

  async #click(event) {
    const on = (selector) => event.target.closest(selector);
    const seat = on("[data-seat]")?.dataset.seat;
    if (!seat) return;
    const out = on("[data-pv-out]");
    if (!out && !on("[data-pv-leave-slot]")) return;
    const name = this.viewers.find((one) => one.seat === seat)?.name ?? "";
    if (out && !(await confirmDialog(this.words.out_question.replace("{name}", name), { yes: this.words.out_yes }))) return;
    try {
      await this.wire.ask(out ? "end" : "leave_slot", { seat });
    } catch (error) {
      toast(error.message);
    }
  }
}
