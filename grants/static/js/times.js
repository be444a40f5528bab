// Deadlines: time left, kept true; and the hour where the person is, when it is another.
import { $$, element, lang, phrases, plural } from "./dom.js";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

function left(milliseconds, ended) {
  if (milliseconds <= 0) return ended;
  if (milliseconds >= 2 * DAY) return plural(phrases.days, Math.floor(milliseconds / DAY));
  const hours = Math.floor(milliseconds / HOUR), minutes = Math.floor((milliseconds % HOUR) / MINUTE);
  if (!hours) return plural(phrases.minutes, minutes);
  return plural(phrases.hours, hours) + (minutes ? " " + plural(phrases.minutes, minutes) : "");
}

function tick() {
  for (const one of $$("[data-countdown]")) {
    const text = left(new Date(one.dataset.countdown) - Date.now(), one.dataset.ended);
    if (one.textContent !== text) one.textContent = text;
  }
}
tick();
setInterval(tick, 20_000);

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const locale = lang === "ar" ? "ar-u-nu-latn" : lang === "en" ? "en-GB" : lang;
const wall = (moment, zone) => new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "short", timeZone: zone }).format(moment);
for (const one of $$("time[data-local]")) {
  const moment = new Date(one.dateTime), zone = one.dataset.local;
  let same = true;
  try { same = !here || wall(moment, here) === wall(moment, zone); } catch { /* a zone this browser does not know */ }
  if (same) continue;
  const there = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short", hourCycle: "h23", timeZone: here }).format(moment);
  const text = phrases.yourtime.replace("{time}", there).replace("{zone}", here);
  one.title = text;
  one.closest(".clock")?.append(element("p", { className: "clock__s", textContent: text }));
}
