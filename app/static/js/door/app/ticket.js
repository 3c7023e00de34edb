// A ticket of the list as a screen shows it, in words: the same as app/web/door/verdicts.ticket_of.

import { isWrongDay, minus, people } from "./decide.js";

const NO_BREAK = "\u00a0";
const formats = new Map();

function format(locale, timezone, options) {
  const key = `${locale} ${timezone} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { ...options, timeZone: timezone }));
  return formats.get(key);
}

// The event's local day of a moment (milliseconds), as 2027-02-04.
export function dayOf(moment, timezone) {
  return format("en-CA", timezone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(moment);
}

// 9 h 40 in French, 9:40 am in English.
export function hourText(moment, timezone, locale) {
  const parts = format("en-GB", timezone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(moment);
  const part = (type) => parts.find((one) => one.type === type).value;
  const [hour, minute] = [Number(part("hour")), part("minute")];
  if (locale === "fr") return `${hour}${NO_BREAK}h${NO_BREAK}${minute}`;
  return `${hour % 12 || 12}:${minute}${NO_BREAK}${hour < 12 ? "am" : "pm"}`;
}

// jeudi 4 février; Thursday 4 February.
export function dayText(moment, timezone, locale) {
  const parts = format(locale === "fr" ? "fr-FR" : "en-GB", timezone, { weekday: "long", day: "numeric", month: "long" }).formatToParts(moment);
  const part = (type) => parts.find((one) => one.type === type).value;
  const day = locale === "fr" && part("day") === "1" ? "1er" : part("day").replace(/\D/g, "");
  return `${part("weekday")} ${day} ${part("month")}`;
}

// The day, unless it is today.
function otherDay(moment, now, timezone, locale) {
  return dayOf(moment, timezone) === dayOf(now, timezone) ? "" : dayText(moment, timezone, locale);
}

// The waves of an event by id: {starts, day}.
export function wavesOf(setup) {
  const waves = new Map();
  for (const wave of setup.waves) {
    const starts = Date.parse(wave.starts_at);
    waves.set(wave.id, { starts, day: dayOf(starts, setup.event.timezone) });
  }
  return waves;
}

// Days on which the event has a wave, and those of one row; of a row without waves of the event, none.
export const eventDays = (waves) => [...new Set([...waves.values()].map((wave) => wave.day))];
export const rowDays = (row, waves) => [...new Set(row.waves.filter((id) => waves.has(id)).map((id) => waves.get(id).day))];

// `known`: {expected, at, lastIn: ms or 0, lastDoor} of its registration; `setup` and `waves` of the event; `now` in milliseconds.
export function ticketOf(row, known, { setup, waves, now, locale }) {
  const { timezone } = setup.event;
  const starts = [...new Set(row.waves.filter((id) => waves.has(id)).map((id) => waves.get(id).starts))].sort((a, b) => a - b);
  const audience = setup.audiences.find((one) => one.code === row.audience);
  const days = eventDays(waves);
  const own = rowDays(row, waves);
  const group = row.card === null && people(row.size) > 1;
  return {
    hash: row.hash, reference: row.reference, label: row.label, audience: row.audience, group,
    school: audience && "school" in audience ? audience.school : row.audience === "school",
    card: row.card !== null, status: row.status,
    expected: known.expected,
    inside: known.at.inside,
    time: starts.length === 1 ? [otherDay(starts[0], now, timezone, locale), hourText(starts[0], timezone, locale)].filter(Boolean).join(", ") : "",
    days: [...new Set(starts.map((start) => dayText(start, timezone, locale)))].join(", "),
    planned: row.planned ? hourText(row.planned * 1000, timezone, locale) : "",
    wrong_day: days.length > 1 && isWrongDay(dayOf(now, timezone), own.length ? own : days, days),
    came_at: known.lastIn ? hourText(known.lastIn, timezone, locale) : "",
    came_day: known.lastIn ? otherDay(known.lastIn, now, timezone, locale) : "",
    came_door: known.lastDoor || "",
    absent: row.absent,
    teams: splitTeams(row.teams, row.size),
  };
}

// The plan tells how many people each team is. The adults of the group are shared among its teams as evenly as it goes, the others
// as the plan has it, so that all teams together are the group: also where it became another size since.
export function splitTeams(sizes, size) {
  const companions = share(size.companions, sizes.map(() => 1));
  const participants = share(size.participants, sizes.map((n, index) => Math.max(0, n - companions[index])));
  return sizes.map((n, index) => ({ team: index + 1, participants: participants[index], companions: companions[index] }));
}

// Whole numbers that add up to `total`, by weight: who loses most by rounding down comes first, then who stands first.
function share(total, weights) {
  const sum = weights.reduce((all, n) => all + n, 0);
  const exact = weights.map((n) => (sum ? (total * n) / sum : total / weights.length));
  const shares = exact.map(Math.floor);
  const order = exact.map((n, index) => [n - shares[index], index]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  const left = total - shares.reduce((all, n) => all + n, 0);
  order.slice(0, left).forEach(([, index]) => { shares[index] += 1; });
  return shares;
}

// Who is expected to pass now; as verdicts.js.
export function passing(ticket, place) {
  if (place.direction === "out") return ticket.inside;
  if (!place.space) return minus(ticket.expected, ticket.inside);
  return people(ticket.inside) ? ticket.inside : ticket.expected;
}
