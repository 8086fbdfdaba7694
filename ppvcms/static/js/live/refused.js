// What stands over the picture when it is refused and there is a way on: credits, signing in, or a page.

/** Shows a refusal that names a way on (`details.cover`) over the picture of a page. */
export class RefusedCover {
  constructor(root) {
    this.box = root.querySelector("[data-pv-refused]");
  }

  /** Show it and return true, or return false for a refusal without a way on. */
  show(error) {
    const { cover, href, label } = error.details ?? {};
    if (!this.box || !["topup", "sign_in", "link"].includes(cover)) return false;
    this.box.querySelector("[data-pv-refused-why]").textContent = error.reason;
    this.box.querySelector("[data-pv-refused-remedy]").textContent = error.remedy ?? "";
    this.box.querySelector("[data-pv-topup]").hidden = cover !== "topup";
    this.box.querySelector("[data-pv-refused-sign-in]").hidden = cover !== "sign_in";
    const link = this.box.querySelector("[data-pv-refused-link]");
    link.hidden = cover !== "link";
    // Only ever a page of this site.
    if (cover === "link" && /^\/(?!\/)/.test(href)) Object.assign(link, { href, textContent: label });
    this.box.hidden = false;
    return true;
  }

  clear() {
    if (this.box) this.box.hidden = true;
  }
}
