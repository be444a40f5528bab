// Error summary, questions that open, characters left, and the guard of text not yet saved.
import { $, $$, phrases, plural } from "./dom.js";

$("[data-focus]")?.focus();
for (const summary of $$(".errsum")) {
  summary.addEventListener("click", event => {
    const link = event.target.closest("a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.closest("details")?.setAttribute("open", "");
    (field.closest(".field, .crit") || field).scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });
}
if ($(".errsum")) document.title = `${phrases.error} ${document.title}`;

for (const choice of $$("[data-reveal]")) {
  const box = document.getElementById(choice.dataset.reveal);
  const show = () => { box.hidden = !choice.checked; };
  for (const one of $$(`[name="${CSS.escape(choice.name)}"]`, choice.form || document)) one.addEventListener("change", show);
  show();
}

for (const area of $$("[data-count]")) {
  const out = document.getElementById(`${area.id}-count`), most = Number(area.dataset.count);
  const count = () => {
    const left = most - [...area.value].length;
    out.textContent = plural(left < 0 ? out.dataset.over : out.dataset.forms, Math.abs(left));
    out.classList.toggle("count--over", left < 0);
  };
  area.addEventListener("input", count);
  if (area.value) count();
}

// Typed text is not lost by a wrong click: the browser asks first. `data-dirty` is cleared by a save.
for (const form of $$("form[data-guard]")) {
  if ($(".errsum", form)) form.dataset.dirty = "";
  form.addEventListener("input", () => { form.dataset.dirty = ""; });
  form.addEventListener("submit", () => { delete form.dataset.dirty; });
}
addEventListener("beforeunload", event => { if ($("form[data-dirty]")) event.preventDefault(); });
