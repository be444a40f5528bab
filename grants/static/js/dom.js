// Small words the other files share.
export const lang = document.body.dataset.lang;
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
export const phrases = document.getElementById("phrases").dataset;

const NBSP = "\u00a0";
const rules = new Intl.PluralRules(lang);

// Numbers as the server writes them: Latin digits, groups kept together, comma except in English.
export function number(value, places = 0) {
  const [whole, rest] = Math.abs(value).toFixed(places).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, NBSP);
  const decimals = rest && Number(rest) ? (lang === "en" ? "." : ",") + rest.replace(/0+$/, "") : "";
  return (value < 0 ? "\u2212" : "") + grouped + decimals;
}

// One of the plural forms the server put in a data attribute as JSON.
export function plural(forms, n) {
  const known = JSON.parse(forms);
  return (known[rules.select(n)] ?? known.other).replace("{n}", number(n));
}

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Said politely by assistive technology.
const live = document.getElementById("live");
export function say(message) {
  live.textContent = "";
  setTimeout(() => { live.textContent = message; }, 50);
}

export function send(url, options = {}) {
  return fetch(url, { ...options, headers: { Accept: "application/json", ...options.headers } });
}
