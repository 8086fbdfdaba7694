// What page modules of plugins get: one shape for the public room, the private page and the live page.

import { confirmDialog, formatMoney, toast } from "../ui.js";
import { newKey } from "./wire.js";

/** A live page as plugins see it; docs/realtime.md names every part. */
export class Page {
  constructor(kind, { root, wire, me, topup = () => {} }) {
    Object.assign(this, { kind, root, wire, me, topup });
    this.plugins = {};
    this.loaded = false;
  }

  toast = toast;

  formatMoney = formatMoney;

  confirm = confirmDialog;

  newKey = newKey;

  /** Take what a `join` answered; the first one also loads the modules. */
  joined(answer) {
    this.plugins = answer.plugins ?? {};
    if (this.loaded) return;
    this.loaded = true;
    for (const url of JSON.parse(this.root.dataset.pvModules ?? "[]")) this.#load(url);
  }

  // Each may export `room(page)`; a broken one costs only itself.
  async #load(url) {
    try {
      const module = await import(url);
      await module.room?.(this);
    } catch (error) {
      console.warn(`ppvcms: ${url}`, error);
    }
  }
}
