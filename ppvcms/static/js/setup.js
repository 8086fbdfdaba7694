// The page that makes a site: the browser's time zone, what suits a trade, and one click is one site.

const form = document.querySelector("[data-pv-setup]");
const zone = form?.querySelector("#time_zone");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zone && zone.value === "UTC" && [...zone.options].some((one) => one.value === here)) {
  zone.value = here;
}

// Until somebody ticks for themselves, the ways to earn follow the kind of site.
const ways = [...(form?.querySelectorAll("input[name=ways]") ?? [])];
let own = ways.some((way) => way.checked);

function follow() {
  const trade = form.querySelector("input[name=preset]:checked");
  if (own || !trade) return;
  const shows = trade.dataset.pvModes.split(" ");
  for (const way of ways) {
    way.checked = !("pvShow" in way.dataset) || shows.includes(way.value);
  }
}

for (const way of ways) way.addEventListener("change", () => { own = true; });
for (const trade of form?.querySelectorAll("input[name=preset]") ?? []) {
  trade.addEventListener("change", follow);
}
if (form) follow();

form?.addEventListener("submit", () => {
  form.querySelector("button[type=submit]").disabled = true;
  form.querySelector("[data-pv-setup-status]").textContent = form.dataset.busy;
});

// Back from the site by the browser's own button: the page is as it was left.
window.addEventListener("pageshow", () => {
  const button = form?.querySelector("button[type=submit]");
  if (button) button.disabled = false;
});
