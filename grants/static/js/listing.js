// The search of a list: what may stand at the word being typed. A file opened from a list: Alt+J on, Alt+K back.
import { $, $$ } from "./dom.js";

const input = $("[data-complete]");
if (input && input.list) {
  const options = $$("option", input.list).map(option => [option, option.value]);
  const complete = () => {
    const typed = input.value, open = (typed.match(/"/g) || []).length % 2;
    const word = open ? typed.length : typed.search(/[^\s]*$/);
    const before = typed.slice(0, word), minus = typed[word] === "-" ? "-" : "";
    for (const [option, value] of options) option.value = before + minus + value;
  };
  input.addEventListener("input", complete);
  complete();
}

const near = $("[data-near]");
if (near) {
  document.addEventListener("keydown", event => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, textarea, select")) return;
    const rel = { KeyJ: "next", KeyK: "prev" }[event.code], link = rel && $(`a[rel="${rel}"]`, near);
    if (link) { event.preventDefault(); link.click(); }
  });
}
