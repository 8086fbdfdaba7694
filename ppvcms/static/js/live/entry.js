// The entry panel: every term before the click, then one click that asks or enters.

import { confirmDialog, formatDuration, formatMoney, toast } from "../ui.js";
import { newKey } from "./wire.js";

/**
 * The panel `[data-pv-entry]` of a room.
 *
 * `me()` and `price(mode)` tell what is known now; `onAsked(request)` and `onEntered(seat)`
 * hear what came of the click, and `before(offer)` may still prepare something.
 */
export class Entry {
  constructor(root, wire, { words, me, price, topup, before, onAsked, onEntered }) {
    Object.assign(this, { root, wire, words, me, price, topup, before, onAsked, onEntered });
    this.panel = root.querySelector("[data-pv-entry]");
    this.offer = null;
    this.opener = null;
    if (!this.panel) return;
    root.addEventListener("click", (event) => this.#click(event));
    this.panel.addEventListener("change", (event) => {
      if (event.target.name === "block") this.open(this.mode, { block: Number(event.target.value) || null });
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) this.close();
    });
  }

  get isOpen() {
    return Boolean(this.panel) && !this.panel.hidden;
  }

  /** Show the terms of a mode as they are now. */
  async open(mode, { block = null } = {}) {
    if (!this.panel) return;
    this.mode = mode;
    const price = this.price(mode);
    if (!this.me()?.user) {
      if (price) this.#show(price, null);
      return;
    }
    try {
      const { offer } = await this.wire.ask("quote", block ? { mode, block } : { mode });
      this.offer = offer;
      this.#show(price ?? offer, offer);
    } catch (error) {
      toast(error.message);
    }
  }

  /** Ask for the terms again, such as after a top-up. */
  again() {
    if (this.isOpen) this.open(this.mode, { block: this.offer?.block?.minutes ?? null });
  }

  close() {
    if (!this.isOpen) return;
    this.panel.hidden = true;
    this.opener?.focus({ preventScroll: true });
  }

  #click(event) {
    const on = (selector) => event.target.closest(selector);
    const opener = on("[data-pv-ask]");
    if (opener) {
      this.opener = opener;
      opener.closest("details")?.removeAttribute("open");
      this.open(opener.dataset.pvAsk);
    }
    if (on("[data-pv-send]")) this.#send();
    if (on("[data-pv-leave-entry]")) this.close();
  }

  #show(price, offer) {
    const { panel, words } = this;
    const find = (selector) => panel.querySelector(selector);
    const row = (name, value) => {
      const place = find(`[data-pv-row="${name}"]`);
      if (place) place.hidden = !value;
      const text = find(`[data-pv-term="${name}"]`);
      if (text && value) text.textContent = value;
    };
    const terms = offer ?? price;
    const entry = terms.entry ?? price.entry;
    const block = offer?.block ?? null;
    find("[data-pv-entry-name]").textContent = terms.label;
    find("[data-pv-entry-text]").textContent = offer?.covered ? words.covered : offer?.change ? words.change_note : words[`text_${terms.mode}`] ?? "";
    row("rate", block ? "" : formatMoney(terms.rate));
    this.#blocks(price.blocks ?? [], block);
    row("carries", words[`carries_${price.carries}`] ?? "");
    row("grace", terms.grace_s ? formatDuration(terms.grace_s) : offer?.grace_note ? words.none : "");
    find("[data-pv-grace-note]").textContent = offer?.grace_note || words.grace_note;
    row("minimum", !block && terms.minimum_minutes ? words.minutes.replace("{n}", terms.minimum_minutes) : "");
    const beside = this.#ways(terms.mode);
    row("two_way", beside.two_way);
    row("voyeur", beside.voyeur);
    row("voyeurs", price.private ? (terms.voyeurs ? words.yes : words.no) : "");
    row("recording", terms.recording ? words.recording : words.no);
    row("note", offer && entry !== "click");
    row("funds", offer && !offer.covered ? formatMoney(offer.funds_needed) : "");
    row("available", offer ? formatMoney(offer.available) : "");
    const lacks = (offer?.missing ?? 0) > 0;
    find("[data-pv-lacks]").hidden = !lacks;
    find("[data-pv-lacks-text]").textContent = lacks
      ? words.lacks.replace("{needed}", formatMoney(offer.funds_needed)).replace("{available}", formatMoney(offer.available)).replace("{missing}", formatMoney(offer.missing)) : "";
    find("[data-pv-buys]").textContent = offer && !lacks && !block && !offer.covered ? words.buys.replace("{n}", offer.minutes) : "";
    find("[data-pv-entry-note]").textContent = words[`note_${entry}`] ?? "";
    const send = find("[data-pv-send]");
    send.textContent = words[offer?.change ? "send_change" : `send_${entry}`] ?? words.send_request;
    send.hidden = !offer || lacks;
    find("[data-pv-topup]").hidden = !lacks;
    find("[data-pv-sign-in]").hidden = Boolean(offer);
    panel.hidden = false;
    [...panel.querySelectorAll(".pv-entry__end .btn")].find((one) => !one.hidden)?.focus({ preventScroll: true });
  }

  /** What the other ways into the same show cost, for who enters it. */
  #ways(mode) {
    const price = this.price(mode);
    const found = {};
    if (!price || price.private || price.way) return found;
    for (const one of this.prices?.() ?? []) {
      if (one.way && one.open) found[one.role] = perMinute(this.words, one.rate);
    }
    return found;
  }

  #blocks(blocks, chosen) {
    const place = this.panel.querySelector("[data-pv-blocks]");
    place.hidden = !blocks.length;
    const legend = place.querySelector("legend");
    const choice = (value, text, checked) => {
      const label = document.createElement("label");
      label.className = "pv-block";
      const input = Object.assign(document.createElement("input"), { type: "radio", name: "block", value, checked });
      label.append(input, ` ${text}`);
      return label;
    };
    place.replaceChildren(
      legend,
      ...(blocks.length ? [choice("", this.words.by_minute, !chosen)] : []),
      ...blocks.map((one) => choice(String(one.minutes), this.words.block
        .replace("{minutes}", one.minutes).replace("{price}", formatMoney(one.price)), chosen?.minutes === one.minutes)),
    );
  }

  async #send({ endOther = false } = {}) {
    const button = this.panel.querySelector("[data-pv-send]");
    const { offer } = this;
    button.disabled = true;
    offer.key ??= newKey();
    const data = { offer: offer.token, key: offer.key, ...(endOther ? { end_other: true } : {}) };
    try {
      await this.before?.(offer);
      if (offer.entry === "click") {
        const { seat } = await this.wire.ask("enter", data);
        this.panel.hidden = true;
        this.onEntered(seat);
      } else {
        const note = this.panel.querySelector("[data-pv-note]").value.trim();
        const { request } = await this.wire.ask("ask", { ...data, note });
        this.panel.hidden = true;
        this.onAsked(request);
      }
    } catch (error) {
      await this.#refused(error, endOther);
    } finally {
      button.disabled = false;
    }
  }

  async #refused(error, endOther) {
    if (error.code === "busy" && error.details.seat && !endOther) {
      const question = `${error.reason} ${this.words.end_other_question}`;
      if (await confirmDialog(question, { yes: this.words.end_other_yes })) await this.#send({ endOther: true });
      return;
    }
    toast(error.message);
    if (["expired", "funds"].includes(error.code)) this.again();
  }
}

function perMinute(words, rate) {
  return words.per_minute.replace("{price}", formatMoney(rate));
}
