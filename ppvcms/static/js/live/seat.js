// One seat of the payer, in a room or in a private show: the meter, what lies over the picture, its buttons.

import { announce, confirmDialog, formatDuration, formatMoney, toast } from "../ui.js";
import { Meter } from "./meter.js";
import { newKey } from "./wire.js";

export const ENDED = ["settled", "void"];
const CUT = ["exhausted", "waiting", "break"];
const URGENT = ["exhausted", "limit", "block", "continue"];

/** Shows a seat; `reopen()` lets its media flow again, `onEnd(seat)` hears that it is over. */
export class SeatView {
  constructor(root, wire, { words, reopen, onEnd }) {
    Object.assign(this, { root, wire, words, reopen, onEnd });
    this.seat = null;
    this.media = "off";
    this.meter = new Meter(this.#find("[data-pv-meter]"), wire, { side: "payer", words });
    this.meter.onChange = (key) => { if (key === "low" || key === "critical") beep(); };
    root.addEventListener("click", (event) => this.#click(event));
    wire.on("balance", ({ limited }) => this.#limit(limited));
    setInterval(() => this.#count(), 500);
  }

  /** Whether there is a seat that may go on. */
  get open() {
    return this.seat !== null && !ENDED.includes(this.seat.state);
  }

  show(next) {
    if (this.seat?.seat === next.seat && next.server_now < this.seat.server_now) return;
    const same = this.seat?.seat === next.seat;
    const before = same ? this.seat.state : null;
    // What is sent to both sides does not say it.
    this.seat = same ? { limited: this.seat.limited, ...next } : next;
    this.root.dataset.seatState = next.state;
    this.root.dataset.seatRole = next.role ?? "viewer";
    this.meter.show(this.seat);
    this.#buttons();
    this.cover();
    if (CUT.includes(before) && !CUT.includes(next.state) && this.open) this.reopen();
    if (ENDED.includes(next.state)) this.onEnd(next);
  }

  /** Hear whether it is the payer's own limit that bounds the time. */
  #limit(limited) {
    if (!this.seat || limited === undefined || this.seat.limited === limited) return;
    this.seat = { ...this.seat, limited };
    this.meter.show(this.seat);
    this.cover();
  }

  clear() {
    this.seat = null;
    delete this.root.dataset.seatState;
    delete this.root.dataset.seatRole;
    this.cover();
  }

  /** Hear what the line does, for the words over the picture. */
  line(state, reason) {
    this.media = state;
    // The engine cuts by itself and may be first to say so.
    if (state === "cut" && reason === "exhausted" && this.open) this.seat = { ...this.seat, state: reason };
    this.cover();
  }

  /** Show the one thing that has to be said over the picture, if any. */
  cover() {
    const name = this.#cover();
    for (const box of this.root.querySelectorAll("[data-pv-cover]")) {
      const hidden = box.dataset.pvCover !== name;
      if (box.hidden === hidden) continue;
      box.hidden = hidden;
      if (hidden) continue;
      announce(box.querySelector("strong").textContent, { urgent: URGENT.includes(name) });
      if (URGENT.includes(name)) box.querySelector("button")?.focus({ preventScroll: true });
    }
  }

  #cover() {
    const { seat } = this;
    if (!this.open) return null;
    if (seat.state === "waiting") return seat.must_continue ? "continue" : "waiting";
    if (seat.state === "exhausted" && seat.block?.offered) return "block";
    if (seat.state === "exhausted" && seat.limited) return "limit";
    if (["exhausted", "paused", "break"].includes(seat.state)) return seat.state;
    return seat.state === "secured" || ["connecting", "lost"].includes(this.media) ? "connecting" : null;
  }

  #buttons() {
    const show = (selector, on) => {
      for (const one of this.root.querySelectorAll(selector)) one.hidden = !on;
    };
    show("[data-pv-leave-slot]", this.open && this.seat.role === "two_way" && !this.seat.private);
    const next = this.open && this.seat.block?.offered ? this.seat.block : null;
    show("[data-pv-next-block]", Boolean(next));
    if (next) {
      const text = this.words.next_block.replace("{minutes}", next.seconds / 60).replace("{price}", formatMoney(next.price));
      for (const place of this.root.querySelectorAll("[data-pv-next-block-text]")) place.textContent = text;
    }
    const cause = this.#find("[data-pv-paused-text]");
    cause.textContent = this.words[`paused_${this.seat.pause_cause}`] ?? this.words.paused_note;
  }

  #count() {
    const { seat } = this;
    if (!this.open) return;
    const name = seat.state === "waiting" && seat.must_continue ? "continue" : seat.state;
    const until = {
      exhausted: seat.exhausted_until, paused: seat.resume_until, waiting: seat.resume_until, break: seat.resume_until,
      continue: seat.continue_by,
    }[name];
    for (const place of this.root.querySelectorAll(`[data-pv-${name}-left]`)) {
      if (until) place.textContent = formatDuration((until - this.wire.now()) / 1000);
      place.parentElement.toggleAttribute("hidden", !until);
    }
  }

  #click(event) {
    const on = (selector) => event.target.closest(selector);
    if (!this.open) return;
    const button = on("[data-pv-end], [data-pv-leave-seat], [data-pv-continue], [data-pv-take-block], [data-pv-leave-slot]");
    if (!button) return;
    if (on("[data-pv-end], [data-pv-leave-seat]")) this.#end();
    else if (on("[data-pv-continue]")) this.#ask(button, "continue", { key: this.#key("continue") });
    else if (on("[data-pv-leave-slot]")) this.#ask(button, "leave_slot");
    // The number is the key: a second click takes nothing.
    else if (this.seat.block) this.#ask(button, "next_block", { nr: this.seat.block.taken + 1 });
  }

  async #end() {
    if (!(await confirmDialog(this.words.end_question, { yes: this.words.end_yes }))) return;
    await this.#ask(null, "end");
  }

  async #ask(button, event, more = {}) {
    if (button) button.disabled = true;
    try {
      const answer = await this.wire.ask(event, { seat: this.seat.seat, ...more });
      this.keys = {};
      if (answer.seat) this.show(answer.seat);
    } catch (error) {
      // Sent again with its key it has one effect; another cause is another act.
      if (error.code !== "line") this.keys = {};
      toast(error.message);
      if (error.code === "funds") this.onFunds?.(error.message);
    } finally {
      if (button) button.disabled = false;
    }
  }

  #key(name) {
    this.keys ??= {};
    this.keys[name] ??= newKey();
    return this.keys[name];
  }

  #find(selector) {
    return this.root.querySelector(selector);
  }
}

function beep() {
  try {
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.value = 0.08;
    tone.frequency.value = 660;
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.25);
  } catch {
    // Sound is a comfort, the text says the same.
  }
}
