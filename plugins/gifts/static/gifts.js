// The shop beside a show: one key for each intended gift, and what is seen when one arrives.

/** Called by the room page once it has joined. */
export function room(page) {
  for (const box of document.querySelectorAll("[data-gifts]")) new Shop(box, page);
  page.wire.on("gift", (gift) => arrive(gift, page));
}

class Shop {
  constructor(box, page) {
    Object.assign(this, { box, page, busy: false });
    this.note = box.querySelector("[data-gifts-note]");
    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-gifts-id]");
      if (button && !button.disabled) this.ask(button);
    });
  }

  async ask(button) {
    if (this.busy) return;
    this.busy = true;
    try {
      const price = this.page.formatMoney(Number(button.dataset.giftsPrice));
      const { ask, yes } = this.box.dataset;
      const words = ask.replace("{gift}", button.dataset.giftsName).replace("{price}", price);
      if (!(await this.page.confirm(words, { yes }))) return;
      await this.send(button, this.page.newKey(), false);
    } finally {
      this.busy = false;
    }
  }

  async send(button, key, confirm) {
    const data = { gift: button.dataset.giftsId, key, confirm };
    const to = this.box.querySelector("[name=gifts-to]")?.value;
    if (to) data.to = to;
    try {
      const { result } = await this.page.wire.ask("action", { name: "gifts.send", data });
      left(button, result.left);
      this.note.textContent = this.box.dataset.sent.replace("{gift}", button.dataset.giftsName);
    } catch (error) {
      if (error.code === "confirm") {
        const again = await this.page.confirm(error.message, { yes: this.box.dataset.yes });
        if (again) await this.send(button, key, true);
        return;
      }
      this.note.textContent = error.message;
      if (error.code === "sold_out") left(button, 0);
      if (error.code === "funds") this.page.topup?.(error.message);
    }
  }
}

function left(button, count) {
  const shown = button.querySelector("[data-gifts-left]");
  if (!shown || count === null || count === undefined) return;
  button.disabled = count === 0;
  shown.textContent = (count ? shown.dataset.some : shown.dataset.none).replace("{n}", count);
}

function arrive(gift, page) {
  if (page.kind === "perform") page.toast(`${gift.from}: ${gift.name} (${page.formatMoney(gift.price)})`);
  for (const button of document.querySelectorAll(`[data-gifts-id="${gift.id}"]`)) left(button, gift.left);
  const stage = document.querySelector("[data-pv-stage]");
  if (!stage || !gift.animation) return;
  const shown = document.createElement("div");
  shown.className = `gifts-arrives gifts-arrives--${gift.animation}`;
  shown.setAttribute("aria-hidden", "true");
  if (gift.image) {
    const image = document.createElement("img");
    image.src = gift.image;
    image.alt = "";
    shown.append(image);
  }
  const words = document.createElement("span");
  words.textContent = `${gift.from}: ${gift.name}`;
  shown.append(words);
  stage.append(shown);
  window.setTimeout(() => shown.remove(), 4200);
}
