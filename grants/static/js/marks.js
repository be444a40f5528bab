// The grid of marks: live weighted total, captions, and keys that act only inside it and can be switched off.
import { $, $$, number, phrases, plural } from "./dom.js";

const STORED = "marks-by-key";

for (const form of $$("form[data-score]")) {
  const criteria = $$(".crit", form), keys = $("[data-keys]", form);
  let at = 0;

  const mark = criterion => {
    const chosen = $(".seg input[type=radio]:checked", criterion), half = $(".seg__o--half input", criterion);
    if (!chosen) return null;
    half.disabled = chosen.value === "5";
    if (half.disabled) half.checked = false;
    return Number(chosen.value) + (half.checked ? 0.5 : 0);
  };

  const update = () => {
    let sum = 0, weights = 0, left = 0;
    for (const criterion of criteria) {
      const value = mark(criterion), weight = Number(criterion.dataset.weight);
      const caption = $("[data-cap]", criterion), required = $("[data-required]", criterion);
      if (value === null) { left += 1; continue; }
      sum += value / 5 * weight;
      weights += weight;
      caption.textContent = $("input[type=radio]:checked", criterion).dataset.anchor + (value % 1 ? " +" : "");
      if (required) {
        required.hidden = value > 3;
        if (value <= 3) required.closest("details").open = true;
      }
    }
    const total = $("[data-total]", form), rest = $("[data-left]", form);
    if (total) total.textContent = weights ? number(sum / weights * 100, 1) : "—";
    if (rest) rest.textContent = left ? plural(phrases.left, left) : phrases.complete;
  };

  const go = step => {
    at = Math.max(0, Math.min(criteria.length - 1, at + step));
    ($("input[type=radio]:checked", criteria[at]) || $("input[type=radio]", criteria[at])).focus();
  };

  const choose = selector => {
    const input = $(selector, criteria[at]);
    if (!input || input.disabled) return;
    input.checked = input.type === "radio" ? true : !input.checked;
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const comment = () => {
    const details = $("details", criteria[at]), box = details && $("textarea", details);
    if (!box) return;
    details.open = true;
    box.focus();
  };

  const press = button => { if (button) form.requestSubmit(button); };

  form.addEventListener("change", update);
  update();
  if (location.hash === "#marks" && criteria.length) {
    at = Math.max(0, criteria.findIndex(one => mark(one) === null));
    addEventListener("load", () => go(0)); // not before: arriving at the fragment, the browser takes the focus away
  }
  form.addEventListener("focusin", event => {
    const found = criteria.indexOf(event.target.closest(".crit"));
    if (found >= 0) at = found;
  });
  if (keys) {
    keys.checked = localStorage.getItem(STORED) !== "off";
    keys.addEventListener("change", event => { event.stopPropagation(); localStorage.setItem(STORED, keys.checked ? "on" : "off"); });
  }
  form.addEventListener("keydown", event => {
    if (keys && !keys.checked) return;
    if (event.key === "Escape" && event.target.closest(".crit__c")) { go(0); event.preventDefault(); return; }
    if (event.target.matches("textarea, input:not([type=radio], [type=checkbox]), select")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[0-5]$/.test(event.key)) choose(`input[type=radio][value="${event.key}"]`);
    else if (event.key === "." || event.key === ",") choose(".seg__o--half input");
    else if (event.key === "c" || event.key === "C") comment();
    else if (event.key === "s" || event.key === "S") press($("[data-key-save]", form));
    else if (event.key === "n" || event.key === "N") press($("[data-key-next]", form));
    else if (event.key === "j" || event.key === "J") go(1);
    else if (event.key === "k" || event.key === "K") go(-1);
    else return;
    event.preventDefault();
  });
}
