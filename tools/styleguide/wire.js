// The server's part in the style guide: answers with the samples of the page and presses what they name.

const sample = await (await fetch(`/sample${location.pathname}`)).json();

export class Refused extends Error {
  constructor({ code, reason = "", remedy = "", missing = 0, details = {} }) {
    super(`${reason} ${remedy}`);
    Object.assign(this, { code, reason, remedy, missing, details });
  }
}

export const newKey = () => "key";

export class Wire {
  constructor() {
    this.offset = 0;
    this.heard = {};
  }

  start(greet) {
    setTimeout(async () => {
      await greet?.();
      for (const [event, data] of sample.push) for (const act of this.heard[event] ?? []) act(data);
      for (const selector of sample.click) {
        await new Promise((resolve) => { setTimeout(resolve, 250); });
        document.querySelector(selector)?.click();
      }
      setTimeout(() => { document.body.dataset.sample = "ready"; }, 700);
    });
  }

  on(event, act) {
    (this.heard[event] ??= []).push(act);
  }

  onLine() {}

  get up() {
    return true;
  }

  now() {
    return sample.now;
  }

  setClock() {}

  async ask(event) {
    if (!(event in sample.wire)) throw new Refused({ code: "closed" });
    return structuredClone(sample.wire[event]);
  }

  tell() {}
}
