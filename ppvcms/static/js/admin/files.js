// Fields for files: what is too large is said before it is sent; files can be dropped on their form.
//
// <input type="file" data-pv-most="bytes" data-text-most="sentence"> inside a form, which may have
// [data-pv-drop]: what is dropped on it is put into its first file field.

const size = (files) => [...files].reduce((sum, file) => sum + file.size, 0);

function judge(input) {
  const large = input.dataset.pvMost && size(input.files) > Number(input.dataset.pvMost);
  input.setCustomValidity(large ? input.dataset.textMost : "");
  if (large) input.reportValidity();
}

for (const input of document.querySelectorAll("input[type=file][data-pv-most]")) {
  input.addEventListener("change", () => judge(input));
}

for (const form of document.querySelectorAll("form[data-pv-drop]")) {
  const input = form.querySelector("input[type=file]");
  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    form.dataset.over = "";
  };
  form.addEventListener("dragenter", over);
  form.addEventListener("dragover", over);
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) delete form.dataset.over;
  });
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    delete form.dataset.over;
    input.files = event.dataTransfer.files;
    judge(input);
  });
}
