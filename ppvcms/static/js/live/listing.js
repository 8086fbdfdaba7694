// The listing stays true without a reload: states and prices change in place.

import { formatMoney } from "../ui.js";
import { Wire } from "./wire.js";

const list = document.querySelector("[data-pv-listing]");
const wire = new Wire();

/** What a minute costs, the show that runs first, as the server orders it. */
function shown(card) {
  const rank = (price) => (price.mode === card.mode ? 0 : price.private ? 1 : 2);
  return (card.prices ?? []).filter((price) => price.paid && !price.way).sort((a, b) => rank(a) - rank(b));
}

function showPrices(list, prices) {
  const row = list?.firstElementChild;
  if (!row) return;
  list.replaceChildren(...prices.map((price) => {
    const fresh = row.cloneNode(true);
    const name = fresh.querySelector("dt");
    const sign = document.querySelector(`[data-pv-carries="${CSS.escape(price.carries)}"]`);
    name.replaceChildren(price.label, ...(sign ? [" ", sign.cloneNode(true)] : []));
    const amount = fresh.querySelector("[data-pv-price]");
    if (amount) {
      amount.dataset.pvPrice = price.mode;
      amount.textContent = formatMoney(price.rate);
    }
    return fresh;
  }));
}

/** Make one card true; the same room may stand in several lists of a page. */
function refresh(article, card) {
  article.dataset.state = card.state;
  const name = article.querySelector(".pv-perf__name a");
  if (name && card.together) name.textContent = card.together;
  const prices = shown(card);
  const template = document.getElementById(`pill-${card.state}`);
  if (template) {
    const pill = template.content.firstElementChild.cloneNode(true);
    // In the shape of the card: on its picture, or beside it.
    const place = article.querySelector(".pv-perf__state");
    pill.classList.toggle("pv-pill--on-picture", Boolean(place.querySelector(".pv-pill--on-picture")));
    if (card.state === "group" && prices.length) pill.append(` ${formatMoney(prices[0].rate)}`);
    place.replaceChildren(pill);
  }
  showPrices(article.querySelector(".pv-perf__prices"), prices.slice(0, 2));
  const image = article.querySelector("img");
  if (card.image && image && image.getAttribute("src") !== card.image) image.src = card.image;
}

wire.on("listing", (card) => {
  const cards = document.querySelectorAll(`[data-pv-listing] [data-room="${CSS.escape(card.room)}"]`);
  for (const article of cards) refresh(article, card);
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
