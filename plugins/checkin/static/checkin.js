// Performing together: the panel of the live page, and the line of names in rooms.

/** Called by each live page once it has joined. */
export function room(page) {
  const names = document.querySelector("[data-checkin-with]");
  // Names come with what is pushed to everybody; only the panel's own page asks for more.
  if (names) page.wire.on("state", (state) => showNames(names, state.partners ?? []));
  const panel = document.querySelector("[data-checkin-panel]");
  if (!panel) return;
  const box = new Panel(panel, page);
  if (page.plugins?.checkin) box.show(page.plugins.checkin);
  page.wire.on("checkin", () => box.refresh());
  page.wire.on("state", () => box.refresh());
}

function showNames(line, others) {
  line.hidden = others.length === 0;
  line.querySelector("span").textContent = line.dataset.text.replace("{names}", others.join(", "));
}

class Panel {
  constructor(box, page) {
    Object.assign(this, { box, page, state: { here: [], known: [] }, key: page.newKey() });
    this.form = box.querySelector("[data-checkin-form]");
    this.percents = box.querySelector("[data-checkin-percents]");
    this.note = box.querySelector("[data-checkin-note]");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    this.form.elements.parts.addEventListener("change", () => this.layPercents());
    this.form.elements.name.addEventListener("input", () => this.layPercents());
    box.querySelector("[data-checkin-back]").addEventListener("click", () => {
      this.send("withdraw", { question: this.state.question?.id ?? "" });
    });
    setInterval(() => this.tick(), 1000);
  }

  show(state) {
    this.state = state;
    this.shownAt = Date.now();
    const { here = [], question, known = [] } = state;
    this.box.querySelector("[data-checkin-here]").replaceChildren(...here.map((one, place) => this.hereLine(one, place)));
    const place = this.box.querySelector("[data-checkin-question]");
    place.hidden = !question;
    if (!question && this.note.textContent === this.box.dataset.asked) this.say("");
    const asked = (question?.lines ?? []).filter((one) => one.answer !== "host");
    this.box.querySelector("[data-checkin-asked]").replaceChildren(...asked.map((one) => this.askedLine(one)));
    const list = this.box.querySelector("datalist");
    list.replaceChildren(...known.map((one) => Object.assign(document.createElement("option"), { value: one.name })));
    this.layPercents();
  }

  async refresh() {
    try {
      this.show((await this.page.wire.ask("action", { name: "checkin.state", data: {} })).result);
    } catch {
      // The next push, or the next join, brings it.
    }
  }

  hereLine(one, place) {
    const line = row(place === 0 ? `${one.name} (${this.box.dataset.you})` : one.name, this.part(one));
    if (place > 0) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-quiet btn-sm", textContent: this.box.dataset.out });
      button.addEventListener("click", () => this.checkOut(one));
      line.append(button);
    }
    return line;
  }

  askedLine(one) {
    const { waits, said, no } = this.box.dataset;
    const words = { waiting: waits.replace("{left}", this.left()), yes: said, no }[one.answer] ?? "";
    return row(one.name, words);
  }

  left() {
    const passed = Math.floor((Date.now() - this.shownAt) / 1000);
    return String(Math.max(0, (this.state.question?.seconds_left ?? 0) - passed));
  }

  tick() {
    const question = this.state.question;
    if (!question || question.state !== "waiting") return;
    if (this.left() === "0") this.state.question = null;
    this.show({ ...this.state, question: this.state.question && { ...question, seconds_left: Number(this.left()) } });
  }

  part(one) {
    return this.box.dataset.part.replace("{percent}", String(one.percent));
  }

  /** One field for each person, while percentages are wanted. */
  layPercents() {
    const on = this.form.elements.parts.checked;
    this.percents.hidden = !on;
    if (!on) return this.percents.replaceChildren();
    const guest = this.form.elements.name.value.trim();
    const here = this.state.here?.length ? this.state.here.map((one) => [one.id, one.name]) : [["me", this.box.dataset.you]];
    const wanted = guest && !here.some(([, name]) => name === guest) ? [...here, [guest, guest]] : here;
    const typed = this.values();
    const shown = [...this.percents.querySelectorAll("input")].map((field) => field.dataset.who);
    if (shown.join("\n") === wanted.map(([id]) => id).join("\n")) return;
    this.percents.replaceChildren(...wanted.map(([id, name], nr) => percentField(id, name, nr, typed[id])));
  }

  values() {
    const fields = [...this.percents.querySelectorAll("input")];
    return Object.fromEntries(fields.map((field) => [field.dataset.who, Number(field.value) || 0]));
  }

  async ask() {
    const name = this.form.elements.name.value.trim();
    const data = { guests: [], names: name ? [name] : [], key: this.key };
    if (this.form.elements.parts.checked) {
      const percents = this.values();
      const sum = Object.values(percents).reduce((all, one) => all + one, 0);
      if (sum !== 100) return this.say(this.box.dataset.sum.replace("{sum}", String(sum)));
      data.percents = percents;
    }
    if (await this.send("propose", data)) {
      this.key = this.page.newKey();
      this.form.reset();
      this.layPercents();
      this.say(this.box.dataset.asked);
    }
  }

  async checkOut(one) {
    const words = this.box.dataset.outQuestion.replace("{name}", one.name);
    if (await this.page.confirm(words, { yes: this.box.dataset.out })) await this.send("check_out", { performer: one.id });
  }

  async send(name, data) {
    try {
      const answer = await this.page.wire.ask("action", { name: `checkin.${name}`, data });
      this.show(answer.result);
      this.say("");
      return true;
    } catch (error) {
      this.key = this.page.newKey();
      this.say(error.message);
      return false;
    }
  }

  say(words) {
    this.note.textContent = words;
  }
}

function row(name, words) {
  const line = document.createElement("li");
  line.className = "d-flex justify-content-between align-items-center gap-2";
  const first = Object.assign(document.createElement("span"), { textContent: name });
  const second = Object.assign(document.createElement("span"), { className: "pv-num pv-muted", textContent: words });
  line.append(first, second);
  return line;
}

function percentField(id, name, nr, value) {
  const field = document.createElement("div");
  field.className = "pv-field";
  const label = Object.assign(document.createElement("label"), { htmlFor: `checkin-percent-${nr}`, textContent: `${name}, %` });
  const input = Object.assign(document.createElement("input"), { className: "form-control", id: `checkin-percent-${nr}`, inputMode: "numeric", maxLength: 3, value: value || "" });
  input.dataset.who = id;
  field.append(label, input);
  return field;
}
