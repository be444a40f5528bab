// Bids: the keys 1 to 5 choose a level in the application that has the focus; progress follows what is saved.
import { $, $$ } from "./dom.js";

for (const form of $$("form[data-bids]")) {
  form.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey || !/^[1-5]$/.test(event.key)) return;
    const choices = $$("input[type=radio]", event.target.closest("fieldset") || document.createElement("i"));
    const chosen = choices[Number(event.key) - 1];
    if (!chosen) return;
    chosen.checked = true;
    chosen.focus();
    chosen.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.addEventListener("saved", ({ detail }) => {
    const bar = $("[data-said]");
    if (!bar || detail.said === undefined) return;
    bar.value = detail.said;
    $("[data-saidtext]").textContent = detail.said;
  });
}
