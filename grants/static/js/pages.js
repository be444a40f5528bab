// The account menu closes on Escape and on a click elsewhere; printing; copying.
import { $, $$, say } from "./dom.js";

for (const menu of $$("[data-menu]")) {
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && menu.open) { menu.open = false; menu.firstElementChild.focus(); }
  });
  document.addEventListener("click", event => { if (menu.open && !menu.contains(event.target)) menu.open = false; });
}
for (const button of $$("[data-print]")) button.addEventListener("click", () => print());

for (const button of $$("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard.writeText(field.value);
    $("[data-copytext]", button).textContent = button.dataset.copied;
    say(button.dataset.copied);
  });
}
