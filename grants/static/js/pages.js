// The account menu closes on Escape and on a click elsewhere; printing.
import { $$ } from "./dom.js";

for (const menu of $$("[data-menu]")) {
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && menu.open) { menu.open = false; menu.firstElementChild.focus(); }
  });
  document.addEventListener("click", event => { if (menu.open && !menu.contains(event.target)) menu.open = false; });
}
for (const button of $$("[data-print]")) button.addEventListener("click", () => print());
