// The check of a claim, invoice by invoice: how far one is, and keys that act only on its answers and can be switched off.
import { $, $$ } from "./dom.js";

const STORED = "verdicts-by-key", KEYS = { a: "accepted", r: "reduced", x: "rejected" };

for (const form of $$("form[data-verdicts]")) {
  const rows = $$("[data-judge]", form), keys = $("[data-keys]", form), bar = $("[data-done]", form);
  form.addEventListener("saved", event => { if (bar && event.detail.done !== undefined) bar.value = event.detail.done; });
  if (keys) {
    keys.checked = localStorage.getItem(STORED) !== "off";
    keys.addEventListener("input", event => { event.stopPropagation(); localStorage.setItem(STORED, keys.checked ? "on" : "off"); });
  }
  const go = at => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
    row && ($("input[type=radio]:checked", row) || $("input[type=radio]", row)).focus();
  };
  form.addEventListener("keydown", event => {
    const row = event.target.closest("[data-judge]");
    if (!row || keys && !keys.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!event.target.matches("input[type=radio]")) return;
    const key = event.key.toLowerCase(), at = rows.indexOf(row);
    if (key in KEYS) {
      const radio = $(`input[type=radio][value="${KEYS[key]}"]`, row);
      radio.checked = true;
      radio.dispatchEvent(new Event("input", { bubbles: true }));
      if (key === "a") go(at + 1);
      else $(key === "r" ? "input[name^=accepted]" : "input[name^=reason]", row).focus();
    } else if (key === "j") go(at + 1);
    else if (key === "k") go(at - 1);
    else return;
    event.preventDefault();
  });
}
