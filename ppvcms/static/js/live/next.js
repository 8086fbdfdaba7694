// From one room to the next without loading the page anew; paid ones only if the person wants them.

import { toast } from "../ui.js";

const KEPT = "pv-next-most";
let turn = 0;

/** The buttons `[data-pv-next]`; `leave()` ends what runs here and says whether to go on. */
export class Next {
  constructor(root, wire, { words, leave, module }) {
    Object.assign(this, { root, wire, words, leave, module });
    this.most = root.querySelector("[data-pv-next-most]");
    if (!this.most) return;
    this.most.value = localStorage.getItem(KEPT) ?? "";
    this.most.addEventListener("change", () => localStorage.setItem(KEPT, this.most.value));
    for (const button of root.querySelectorAll("[data-pv-next]")) {
      button.addEventListener("click", () => this.#go(button));
    }
  }

  async #go(button) {
    button.disabled = true;
    try {
      const query = new URLSearchParams({ how: button.dataset.pvNext, most: this.most.value });
      const { url } = await (await fetch(`${this.root.dataset.next}?${query}`)).json();
      if (!url) toast(this.words.next_failed);
      else if (await this.leave()) await this.#swap(url);
    } catch (error) {
      toast(error.message);
    } finally {
      button.disabled = false;
    }
  }

  async #swap(url) {
    const answer = await fetch(url);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.getElementById("main");
    if (!answer.ok || !page.getElementById("room")) {
      location.assign(url);
      return;
    }
    this.wire.close();
    document.title = page.title;
    document.body.className = page.body.className;
    document.getElementById("main").replaceWith(document.adoptNode(main));
    history.pushState({}, "", url);
    turn += 1;
    // A module runs once for each address it is asked for by.
    await import(`${this.module.split("?")[0]}?turn=${turn}`);
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
}

window.addEventListener("popstate", () => location.reload());
