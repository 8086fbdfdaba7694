// A press on a name in the chat opens the tools of those who keep order; who is put out leaves.

/** Called by the room page once it has joined. */
export function room(page) {
  page.wire.on("put_out", (told) => leave(told, page));
  const dialog = document.querySelector("[data-chat-tools]");
  if (dialog && page.plugins.chat_tools?.moderates) new Tools(dialog, page);
}

class Tools {
  constructor(dialog, page) {
    Object.assign(this, { dialog, page, user: "" });
    const list = page.root.querySelector(".pv-chat");
    list?.classList.add("chat-tools");
    list?.addEventListener("click", (event) => this.open(event));
    dialog.addEventListener("click", (event) => {
      const button = event.target.closest("[data-chat-tools-kind]");
      if (button) this.act(button.dataset.chatToolsKind);
      if (event.target.closest("[data-chat-tools-close]")) dialog.close();
    });
  }

  open(event) {
    const line = event.target.closest(".pv-chat__who")?.closest("[data-user]");
    if (!line || line.dataset.user === this.page.me()?.user) return;
    this.user = line.dataset.user;
    this.name = event.target.closest(".pv-chat__who").textContent;
    this.dialog.querySelector("[data-chat-tools-name]").textContent =
      this.dialog.dataset.act.replace("{name}", this.name);
    this.dialog.querySelector("[data-chat-tools-address]").checked = false;
    this.dialog.showModal();
  }

  async act(kind) {
    const address = kind === "ban" && this.dialog.querySelector("[data-chat-tools-address]").checked;
    this.dialog.close();
    try {
      const data = { kind, user: this.user, address };
      await this.page.wire.ask("action", { name: "chat_tools.act", data });
      this.page.toast(this.dialog.dataset.done.replace("{name}", this.name));
    } catch (error) {
      this.page.toast(error.message, { urgent: true });
    }
  }
}

function leave({ text }, page) {
  for (const video of document.querySelectorAll("[data-pv-video]")) video.srcObject = null;
  page.toast(text, { urgent: true });
  window.setTimeout(() => window.location.assign("/"), 4000);
}
