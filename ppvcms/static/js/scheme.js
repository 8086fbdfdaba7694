// Runs before the first paint: light or dark, as the visitor chose, else as the theme or the device says.
(() => {
  const root = document.documentElement;
  const device = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    const cookie = document.cookie.match(/(?:^|;\s*)pv_scheme=(light|dark)(?:;|$)/);
    return cookie ? cookie[1] : null;
  };
  const apply = () => {
    const wish = document.querySelector('meta[name="pv-scheme"]')?.content ?? "auto";
    const scheme = chosen() ?? (wish === "auto" ? (device.matches ? "dark" : "light") : wish);
    root.setAttribute("data-bs-theme", scheme);
  };
  apply();
  device.addEventListener("change", apply);
})();
