// The page that makes a site: the browser's time zone, and one click is one site.

const form = document.querySelector("[data-pv-setup]");
const zone = form?.querySelector("#time_zone");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zone && zone.value === "UTC" && [...zone.options].some((one) => one.value === here)) {
  zone.value = here;
}

form?.addEventListener("submit", () => {
  form.querySelector("button[type=submit]").disabled = true;
  form.querySelector("[data-pv-setup-status]").textContent = form.dataset.busy;
});

// Back from the site by the browser's own button: the page is as it was left.
window.addEventListener("pageshow", () => {
  const button = form?.querySelector("button[type=submit]");
  if (button) button.disabled = false;
});
