// The bars of goals: what the server says replaces what is there.

/** Called by the room page once it has joined. */
export function room(page) {
  const boxes = [...document.querySelectorAll("[data-goals]")].map((box) => new Bars(box, page));
  const show = (board) => boxes.forEach((one) => one.show(board));
  if (page.plugins.goals) show(page.plugins.goals);
  page.wire.on("goals", show);
}

class Bars {
  constructor(box, page) {
    Object.assign(this, { box, page, list: box.querySelector("[data-goals-list]") });
  }

  show({ bars }) {
    this.box.hidden = bars.length === 0;
    this.list.replaceChildren(...bars.map((bar) => this.#bar(bar)));
  }

  #bar(bar) {
    const item = document.createElement("li");
    item.className = "goals__one";
    item.toggleAttribute("data-reached", bar.reached);
    item.toggleAttribute("data-now", bar.now);
    const top = document.createElement("div");
    top.className = "goals__top";
    const [name, icon, has] = ["span", "i", "b"].map((tag) => document.createElement(tag));
    icon.className = `bi bi-${bar.reached ? "check-circle-fill" : "bullseye"}`;
    icon.setAttribute("aria-hidden", "true");
    name.append(icon, ` ${bar.text}`);
    has.className = "pv-num";
    has.textContent = bar.reached ? this.box.dataset.done : this.#amounts(bar);
    top.append(name, has);
    const line = document.createElement("progress");
    line.className = "pv-progress";
    Object.assign(line, { max: bar.amount, value: bar.has });
    line.setAttribute("aria-label", bar.text);
    item.append(top, line);
    return item;
  }

  #amounts(bar) {
    const [has, amount] = [bar.has, bar.amount].map((one) => this.page.formatMoney(one));
    return this.box.dataset.of.replace("{has}", has).replace("{amount}", amount);
  }
}
