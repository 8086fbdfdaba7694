// The live panel: counts between the server's figures and is corrected by each of them.

import { announce, formatDuration, formatMoney } from "../ui.js";

const LOOKS = {
  secured: "free", live: "running", paused: "paused", waiting: "paused", break: "paused", exhausted: "critical", settled: "off", void: "off",
};
// In these no line carries anything, so none can be down.
const RESTS = ["waiting", "exhausted"];
const ICONS = {
  free: "gift", running: "info-circle", paused: "pause-circle-fill",
  low: "exclamation-triangle-fill", critical: "exclamation-octagon-fill", off: "check-circle",
};

/** Shows one seat in a `[data-pv-meter]` section; `side` is "payer" or "performer". */
export class Meter {
  constructor(root, wire, { side, words }) {
    Object.assign(this, { root, wire, side, words });
    this.seat = null;
    this.at = 0;
    this.spoken = null;
    this.timer = setInterval(() => this.#draw(), 250);
  }

  show(seat) {
    if (this.seat && seat.server_now < this.seat.server_now) return;
    this.seat = seat;
    this.at = performance.now();
    this.#draw();
  }

  #figures() {
    const { seat } = this;
    const passed = seat.counting ? Math.max(0, (performance.now() - this.at) / 1000) : 0;
    const counted = seat.counted_s + passed;
    const free = Math.max(0, seat.grace_left_s - passed);
    return { counted, free, cost: this.#cost(passed), left: Math.max(0, seat.time_left_s - passed) };
  }

  // The same formula as the bill, R-19 and R-20; the server's figure replaces it within seconds.
  #cost(passed) {
    const { seat } = this;
    if (!seat.counting || seat.block) return seat.cost;
    const parts = seat.segments?.length ? seat.segments : [{ rate: seat.rate, counted_s: seat.counted_s }];
    let free = seat.grace_s;
    const weight = parts.reduce((sum, part, nr) => {
      const seconds = Math.floor(part.counted_s + (nr === parts.length - 1 ? passed : 0));
      const given = Math.min(free, seconds);
      free -= given;
      return sum + part.rate * (seconds - given);
    }, 0);
    return Math.max(seat.cost, Math.floor(weight / 60));
  }

  #draw() {
    const { seat, root } = this;
    if (!seat) return;
    const now = this.#figures();
    let look = LOOKS[seat.state] ?? "running";
    if (look === "running" && now.free > 0) look = "free";
    if (look === "running" && now.left <= 60) look = "low";
    if (["running", "low"].includes(look) && now.left <= 20) look = "critical";
    root.dataset.state = look;
    root.dataset.seatState = seat.state;
    const set = (name, value) => {
      const place = root.querySelector(`[data-pv-${name}]`);
      if (place && place.textContent !== value) place.textContent = value;
    };
    set("counted", formatDuration(now.counted));
    set("cost", formatMoney(now.cost));
    set("rate", formatMoney(seat.rate));
    if (this.words[`mode_${seat.mode}`]) set("mode-name", this.words[`mode_${seat.mode}`]);
    set("left", seat.rate || seat.block ? formatDuration(now.left) : this.words.no_limit);
    if (seat.balance) set("available", formatMoney(seat.balance.available));
    const bar = root.querySelector("[data-pv-secured]");
    if (bar) {
      const secured = Math.max(0, (seat.secured_until - this.wire.now()) / 1000);
      bar.max = Math.max(bar.max, Math.ceil(secured), 60);
      bar.value = seat.counting ? secured : bar.value;
    }
    this.#lines(seat);
    this.#note(seat, now, look);
  }

  #lines(seat) {
    const own = this.side === "payer" ? seat.payer_line : seat.performer_line;
    const other = this.side === "payer" ? seat.performer_line : seat.payer_line;
    for (const [key, state] of [["own", own], ["other", other]]) {
      const line = this.root.querySelector(`[data-pv-line="${key}"]`);
      if (!line) continue;
      const shown = RESTS.includes(seat.state) ? "waiting" : state;
      line.dataset.line = { up: "good", down: "down" }[shown] ?? "waiting";
      line.querySelector("span").textContent = this.words[`line_${shown}`] ?? shown;
    }
  }

  #note(seat, now, look) {
    const until = (moment) => formatDuration((moment - this.wire.now()) / 1000);
    let key = look;
    let value = "";
    if (seat.state === "secured") key = "connecting";
    else if (seat.state === "paused") { key = "paused"; value = seat.resume_until ? until(seat.resume_until) : ""; }
    else if (seat.state === "waiting") key = seat.must_continue ? "continue" : "waiting";
    else if (seat.state === "break") { key = "break"; value = seat.resume_until ? until(seat.resume_until) : ""; }
    else if (seat.state === "exhausted") { key = this.#ended(seat); value = seat.exhausted_until ? until(seat.exhausted_until) : ""; }
    else if (look === "free") value = formatDuration(now.free);
    const text = (this.words[key] ?? "").replace("{time}", value);
    const note = this.root.querySelector("[data-pv-meter-note]");
    const icon = note.querySelector("i");
    const name = `bi bi-${ICONS[look] ?? ICONS.running}`;
    if (icon.className !== name) icon.className = name;
    const span = note.querySelector("span");
    if (span.textContent !== text) span.textContent = text;
    if (this.spoken !== key) {
      if (this.spoken !== null && text) announce(text, { urgent: ["low", "critical", "paused", "waiting", "continue", "break", "exhausted", "limited", "block"].includes(key) });
      this.spoken = key;
      this.onChange?.(key);
    }
  }

  /** What ended the time: the money, the payer's own limit or the block that was bought. */
  #ended(seat) {
    if (this.side === "performer") return "exhausted";
    if (seat.block?.offered) return "block";
    return seat.limited ? "limited" : "exhausted";
  }

  stop() {
    clearInterval(this.timer);
  }
}
