// What asks before acting opens in a native dialog; without script it opens in place.
import { $, $$, element } from "./dom.js";

for (const box of $$("[data-confirm]")) {
  const summary = $("summary", box), form = $("form", box), close = $("[data-close]", box);
  const dialog = element("dialog", {}, form);
  dialog.setAttribute("aria-labelledby", form.getAttribute("aria-labelledby"));
  box.classList.add("confirm--js");
  box.open = false;
  close.hidden = false;
  summary.setAttribute("aria-haspopup", "dialog");
  // A closed <details> does not show its content, so the dialog lives just after it.
  box.after(dialog);
  summary.addEventListener("click", event => { event.preventDefault(); dialog.showModal(); });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => summary.focus());
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
}
