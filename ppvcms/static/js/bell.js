// The bell in the header stays true: what comes is counted and shown at once.

import { toast } from "./ui.js";

const bell = document.querySelector("[data-pv-bell]");

function show({ code, unread, text }, { say }) {
  if (code !== "notice") return;
  const count = bell.querySelector("[data-pv-unread]");
  count.textContent = unread < 100 ? unread : "99+";
  count.hidden = !unread;
  if (say) toast(text);
}

if (bell) {
  // Pages with a line of their own hand over what they hear and show it themselves.
  document.addEventListener("pv:notice", (event) => show(event.detail, { say: false }));
  if (!document.querySelector('script[src*="/js/live/"]')) {
    const { Wire } = await import("./live/wire.js");
    const wire = new Wire();
    wire.on("notice", (notice) => show(notice, { say: true }));
    wire.start(() => {});
  }
}
