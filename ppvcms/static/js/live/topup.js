// Buying credits while the video goes on: choose a pack, pay in another window, wait here.

import { formatMoney, toast } from "../ui.js";

async function getJson(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** Keep every balance that the page shows true. */
export function followBalance(wire) {
  wire.on("balance", ({ available }) => {
    for (const place of document.querySelectorAll("[data-pv-available]")) {
      place.textContent = formatMoney(available);
    }
  });
}

/** Opens the `<dialog id="pv-topup">` of the page. `onPaid(intent)` hears of a credit. */
export class TopUp {
  constructor({ onPaid }) {
    this.dialog = document.getElementById("pv-topup");
    this.onPaid = onPaid;
    if (!this.dialog) return;
    this.form = this.dialog.querySelector("form");
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.form.addEventListener("change", () => this.#sayPrice());
    this.dialog.querySelector("[data-pv-close]").addEventListener("click", () => this.dialog.close());
    document.addEventListener("click", (event) => {
      if (this.dialog.isConnected && event.target.closest("[data-pv-topup]")) {
        event.preventDefault();
        this.open();
      }
    });
  }

  async open(why = "") {
    if (!this.dialog || this.dialog.open) return;
    this.#say(why);
    this.dialog.showModal();
    const place = this.form.querySelector("[data-pv-packs]");
    // The key of the purchase before would show that one again.
    place.replaceChildren();
    this.form.querySelector("[type=submit]").disabled = true;
    try {
      const shop = await getJson(this.dialog.dataset.packs);
      this.key = shop.key;
      place.replaceChildren(...shop.packs.map((pack, nr) => this.#pack(pack, nr === 1 || shop.packs.length === 1)));
      const ways = this.form.querySelector("[data-pv-ways]");
      ways.replaceChildren(...(shop.ways.length > 1 ? shop.ways.map((way, nr) => this.#way(way, nr === 0)) : []));
      this.form.querySelector("[type=submit]").disabled = !shop.packs.length || !shop.ways.length;
      this.shop = shop;
      this.#sayPrice();
      if (!shop.ways.length) this.#say(this.dialog.dataset.textNoWay);
    } catch {
      this.#say(this.dialog.dataset.textTrouble);
    }
  }

  #sayPrice() {
    const pack = this.shop.packs.find((one) => String(one.id) === this.form.elements.pack?.value);
    if (!pack) return;
    const price = formatMoney(pack.price, pack.currency);
    this.form.querySelector("[type=submit]").textContent = this.dialog.dataset.textPay.replace("{price}", price);
  }

  #pack(pack, checked) {
    const label = document.createElement("label");
    label.className = "pv-pack";
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "pack", value: pack.id, checked });
    const credits = Object.assign(document.createElement("span"), { className: "pv-pack__credits", textContent: formatMoney(pack.credits) });
    const price = Object.assign(document.createElement("span"), { className: "pv-pack__price", textContent: formatMoney(pack.price, pack.currency) });
    label.append(input, credits, price);
    if (pack.bonus) {
      const bonus = document.createElement("span");
      bonus.className = "pv-pack__bonus pv-badge pv-badge--good";
      bonus.textContent = this.dialog.dataset.textBonus.replace("{credits}", formatMoney(pack.bonus));
      label.prepend(bonus);
    }
    return label;
  }

  #way(way, checked) {
    const label = document.createElement("label");
    label.className = "form-check";
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "gateway", value: way.key, checked, className: "form-check-input" });
    label.append(input, ` ${way.label}`);
    return label;
  }

  async #submit(event) {
    event.preventDefault();
    const data = new FormData(this.form);
    data.set("key", this.key);
    // Opened before the answer is here: later the browser would take it for an advertisement.
    const shop = window.open("about:blank", "pv-payment");
    const answer = await fetch(this.dialog.dataset.start, {
      method: "POST",
      body: data,
      headers: { Accept: "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
    });
    const started = await answer.json().catch(() => ({}));
    if (!answer.ok || !started.redirect) {
      shop?.close();
      this.#say(started.error ? `${started.error.reason} ${started.error.remedy}` : this.dialog.dataset.textTrouble);
      return;
    }
    if (shop) {
      shop.location = started.redirect;
      this.#leave();
    } else {
      this.#link(started.redirect);
    }
    this.#wait(started.intent);
  }

  async #wait(intentId) {
    const url = this.dialog.dataset.intent.replace("INTENT", intentId);
    for (let pause = 700; ; pause = Math.min(pause * 1.15, 5000)) {
      await new Promise((resolve) => { setTimeout(resolve, pause); });
      let intent;
      try {
        intent = await getJson(url);
      } catch {
        continue;
      }
      if (intent.waiting) continue;
      if (intent.state === "credited") {
        this.dialog.close();
        toast(this.dialog.dataset.textPaid.replace("{credits}", formatMoney(intent.credits)));
        this.onPaid?.(intent);
      } else {
        toast(intent.message || this.dialog.dataset.textFailed, { urgent: true });
      }
      return;
    }
  }

  // The picture and its End button are never behind a window that waits.
  #leave() {
    this.dialog.close();
    toast(this.dialog.dataset.textWaiting, { seconds: 12 });
  }

  #link(url) {
    const link = Object.assign(document.createElement("a"), { href: url, target: "pv-payment", className: "btn btn-primary", textContent: this.dialog.dataset.textOpen });
    link.addEventListener("click", () => { link.remove(); this.#leave(); });
    this.form.querySelector("[data-pv-say]").after(link);
  }

  #say(text) {
    this.form.querySelector("[data-pv-say]").textContent = text ?? "";
  }
}
