// The chat list and its form, the same in the public room and in a private show.

import { badgeOf, formatMoney, toast } from "../ui.js";
import { newKey } from "./wire.js";

const KEEP = 200;

/** Fills one `.pv-chat` list; a line that is known already is not added again. */
export class Chat {
  constructor(root, wire, { me }) {
    this.list = root.querySelector(".pv-chat");
    this.form = root.querySelector("[data-pv-chat-form]");
    this.wire = wire;
    this.me = me;
    this.known = new Set();
    wire.on("chat", (line) => this.add(line));
    this.form?.addEventListener("submit", (event) => this.#send(event));
  }

  reset(lines) {
    this.list.replaceChildren();
    this.known.clear();
    for (const line of lines) this.add(line);
  }

  add(line) {
    if (this.known.has(line.id)) return;
    this.known.add(line.id);
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 80;
    const item = document.createElement("li");
    const look = line.kind === "tip" ? "tip" : line.kind === "system" ? "note"
      : line.user && line.user === this.me() ? "own" : line.role === "performer" ? "host" : "say";
    item.className = `pv-chat__line pv-chat__line--${look}`;
    if (line.user) item.dataset.user = line.user;
    if (line.name) {
      const who = document.createElement("span");
      who.className = "pv-chat__who";
      who.textContent = line.name;
      item.append(who);
      if (line.data?.badge) item.append(badgeOf(line.data.badge), " ");
    }
    if (line.data?.image) {
      const image = document.createElement("img");
      Object.assign(image, { src: line.data.image, alt: "", width: 24, height: 24, className: "pv-chat__image" });
      item.append(image);
    }
    if (line.data?.amount) {
      const amount = document.createElement("b");
      amount.textContent = `${formatMoney(line.data.amount)} `;
      item.append(amount);
    }
    const words = document.createElement("span");
    words.textContent = line.text;
    item.append(words);
    this.list.append(item);
    while (this.list.children.length > KEEP) this.list.firstElementChild.remove();
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  enable(can) {
    for (const control of this.form?.elements ?? []) control.disabled = !can;
  }

  async #send(event) {
    event.preventDefault();
    const field = this.form.elements.text;
    const text = field.value.trim();
    if (!text) return;
    this.key ??= newKey();
    try {
      const { message } = await this.wire.ask("chat", { text, key: this.key });
      if (message) this.add(message);
      field.value = "";
      this.key = null;
    } catch (error) {
      if (error.code !== "line") this.key = null;
      toast(error.message);
    }
  }
}
