// The listing stays true without a reload: states and prices change in place.

import { formatMoney } from "../ui.js";
import { Wire } from "./wire.js";

const list = document.querySelector("[data-pv-listing]");
const wire = new Wire();

wire.on("listing", (card) => {
  const article = list?.querySelector(`[data-room="${CSS.escape(card.room)}"]`);
  if (!article) return;
  article.dataset.state = card.state;
  const template = document.getElementById(`pill-${card.state}`);
  if (template) article.querySelector(".pv-perf__state").replaceChildren(template.content.firstElementChild.cloneNode(true));
  for (const price of card.prices ?? []) {
    const place = article.querySelector(`[data-pv-price="${price.mode}"]`);
    if (place) place.textContent = formatMoney(price.rate);
  }
  const image = article.querySelector("img");
  if (card.image && image && image.getAttribute("src") !== card.image) image.src = card.image;
});

if (list) {
  let first = true;
  wire.start(() => {
    wire.tell("follow");
    // After a drop pushes were missed: read the list again.
    if (!first) location.reload();
    first = false;
  });
}
