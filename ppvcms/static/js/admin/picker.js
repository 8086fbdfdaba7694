// Choosing a picture of the library: a dialog with thumbnails, a search and an upload.
//
// A list [data-pv-picture] gets a thumbnail and a button beside it; a text [data-pv-pictures]
// gets a button that writes a picture's line where the cursor stands. Without this module the
// list stays what it is.

const source = document.getElementById("pv-picker");
const words = source?.dataset ?? {};
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function ask(url, options = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  const answer = await fetch(url, { credentials: "same-origin", headers, ...options }).catch(() => null);
  const json = answer?.headers.get("Content-Type")?.includes("json");
  const told = json ? await answer.json() : null;
  if (!answer?.ok || !told) throw new Error(told?.error ? `${told.error.reason} ${told.error.remedy}`.trim() : words.textTrouble);
  return told;
}

function tile(picture, choose) {
  const [item, button, frame, image, name] = ["li", "button", "span", "img", "span"].map((tag) => document.createElement(tag));
  item.className = "pv-tile";
  button.type = "button";
  frame.className = "pv-tile__picture";
  name.className = "pv-tile__name";
  image.src = picture.thumb;
  image.alt = picture.alt;
  name.textContent = picture.name;
  frame.append(image);
  button.append(frame, name);
  button.addEventListener("click", () => choose(picture));
  item.append(button);
  return item;
}

/** Let somebody choose a picture; resolves to {id, name, alt, thumb}, or null. */
export function choosePicture() {
  return new Promise((resolve) => {
    const dialog = source.content.firstElementChild.cloneNode(true);
    const [list, said, search] = [dialog.querySelector("ul"), dialog.querySelector("p"), dialog.querySelector("[type=search]")];
    const [file, more] = [dialog.querySelector("[type=file]"), dialog.querySelector("[data-more]")];
    let [page, chosen, timer, newest] = [1, null, 0, 0];
    const say = (text) => { said.textContent = text; said.hidden = !text; };
    const choose = (picture) => { chosen = picture; dialog.close(); };
    const show = async (fresh) => {
      newest += 1;
      const mine = newest;
      page = fresh ? 1 : page + 1;
      try {
        const found = await ask(`${words.url}?${new URLSearchParams({ q: search.value, page })}`);
        if (mine !== newest) return;
        if (fresh) list.replaceChildren();
        list.append(...found.pictures.map((one) => tile(one, choose)));
        more.hidden = found.page >= found.pages;
        say(list.childElementCount ? "" : words.textEmpty);
      } catch (error) {
        say(error.message);
      }
    };
    search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 250, true); });
    more.addEventListener("click", () => show(false));
    dialog.querySelector("[data-upload]").addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      const body = new FormData();
      body.append("file", file.files[0]);
      file.value = "";
      try {
        choose((await ask(words.url, { method: "POST", body })).picture);
      } catch (error) {
        say(error.message);
      }
    });
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); resolve(chosen); });
    document.body.append(dialog);
    dialog.showModal();
    show(true);
  });
}

function button(text, icon) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-secondary btn-sm";
  const sign = document.createElement("i");
  sign.className = `bi bi-${icon}`;
  sign.setAttribute("aria-hidden", "true");
  made.append(sign, text);
  return made;
}

function dress(select) {
  const [box, image, name] = ["div", "img", "span"].map((tag) => document.createElement(tag));
  box.className = "pv-picker";
  name.className = "pv-picker__name";
  image.alt = "";
  const choose = button(words.textChoose, "images");
  const away = button(words.textAway, "x-lg");
  away.classList.replace("btn-secondary", "btn-quiet");
  const show = () => {
    const option = select.selectedOptions[0];
    const any = Boolean(select.value);
    image.hidden = !option?.dataset.thumb;
    if (option?.dataset.thumb) image.src = option.dataset.thumb;
    name.textContent = option?.textContent ?? "";
    choose.lastChild.textContent = any ? words.textOther : words.textChoose;
    away.hidden = !any;
  };
  const set = (value) => {
    select.value = value;
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  select.addEventListener("change", show);
  choose.addEventListener("click", async () => {
    const picture = await choosePicture();
    choose.focus();
    if (!picture) return;
    let option = [...select.options].find((one) => one.value === picture.id);
    if (!option) {
      option = new Option(picture.name, picture.id);
      select.append(option);
    }
    option.dataset.thumb = picture.thumb;
    set(picture.id);
  });
  away.addEventListener("click", () => { set(""); choose.focus(); });
  const label = select.labels?.[0];
  if (label) {
    label.id ||= `${select.id}-label`;
    label.htmlFor = "";
    box.setAttribute("role", "group");
    box.setAttribute("aria-labelledby", label.id);
  }
  // What is not seen cannot be pointed at; the server says what is missing.
  select.required = false;
  select.hidden = true;
  box.append(image, name, choose, away);
  select.after(box);
  show();
}

function line(text) {
  const insert = button(words.textInsert, "image");
  insert.classList.add("pv-insert");
  insert.addEventListener("click", async () => {
    const picture = await choosePicture();
    text.focus();
    if (!picture) return;
    const alt = (picture.alt || "").replace(/[[\]\\]/g, "");
    text.setRangeText(`![${alt}](media:${picture.id})`, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  text.after(insert);
}

function equip(root) {
  for (const one of root.querySelectorAll("[data-pv-picture]:not([data-dressed])")) {
    one.dataset.dressed = "";
    dress(one);
  }
  for (const one of root.querySelectorAll("[data-pv-pictures]:not([data-dressed])")) {
    one.dataset.dressed = "";
    line(one);
  }
}

if (source) {
  equip(document);
  // Forms that come later, such as a block that was added, are equipped too.
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.parentElement) equip(node.parentElement);
  }).observe(document.body, { childList: true, subtree: true });
}
