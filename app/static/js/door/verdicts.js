// What the screen says: pure functions of an answer and of what was known of the ticket before it. verdicts.py says the same.

import { fill } from "./words.js";

const LONGEST_SHOWN = 40;
const REFUSABLE = new Set(["cancelled", "waitlisted", "offered", "lapsed"]);

export const people = (count) => count.participants + count.companions;

export function minus(a, b) {
  return {
    participants: Math.max(0, a.participants - b.participants),
    companions: Math.max(0, a.companions - b.companions),
  };
}

// Who is expected to pass now: at the entrance those not yet in, at a space or an exit those inside.
export function passing(ticket, place) {
  if (place.direction === "out") return ticket.inside;
  if (!place.space) return minus(ticket.expected, ticket.inside);
  return people(ticket.inside) ? ticket.inside : ticket.expected;
}

// Whether somebody must say how many pass: a group that may, and of which some still can.
export function asksHeadcount(ticket, place) {
  if (!ticket.group) return false;
  if (place.direction === "in" && (REFUSABLE.has(ticket.status) || ticket.wrong_day)) return false;
  return people(passing(ticket, place)) > 0;
}

export function peopleText(count, words) {
  const parts = [];
  if (count.participants || !count.companions) parts.push(fill(words.participants, { n: count.participants }));
  if (count.companions) parts.push(fill(words.companions, { n: count.companions }));
  return parts.join(" + ");
}

export function expectedText(ticket, words) {
  if (!ticket.group) return ticket.time ? fill(words.expected_one, { time: ticket.time }) : "";
  const text = peopleText(ticket.expected, words);
  if (ticket.planned) return fill(words.expected_planned, { people: text, time: ticket.planned });
  return ticket.time ? fill(words.expected_at, { people: text, time: ticket.time }) : fill(words.expected, { people: text });
}

// « Manque 1 élève. Il pourra entrer plus tard avec le même code. », in two parts; null when nobody is missing.
export function missingText(missing, words) {
  if (people(missing) === 0) return null;
  const n = people(missing);
  const [before, after] = fill(words.missing, { n }).split("{people}");
  return { before, people: peopleText(missing, words), after: `${after} ${fill(words.later, { n })}` };
}

// The same as one sentence after the other, to be read aloud.
export function missingWords(missing) {
  return missing ? missing.before + missing.people + missing.after : "";
}

// Whether others of the group are in already, so that who passes the entrance now joins them.
export function isLate(ticket, place) {
  return place.direction === "in" && !place.space && people(ticket.inside) > 0;
}

// « 29 sur 30 présents »
export function presentText(present, expected, words) {
  return fill(words.present_of, { n: people(present), total: people(expected) });
}

// The screen that asks a group how many of it pass: for late-comers first how many of theirs are in.
export function question(ticket, place, words) {
  const said = isLate(ticket, place) ? [presentText(ticket.inside, ticket.expected, words)] : [];
  const gone = ticket.absent && place.direction === "in" ? words.absent_detail : "";
  const detail = [...said, expectedText(ticket, words), gone].filter(Boolean).join(". ");
  return { kind: "accepted", title: place.direction === "out" ? words.leaving : words.enter, who: ticket.label, detail };
}

// What stands under the figure of those who pass: « élèves sur 28 », or of late-comers « élève de plus ».
export function countLabel(part, now, ticket, place, words) {
  if (isLate(ticket, place)) return fill(words[`${part}_more`], { n: now[part] });
  return fill(words[`${part}_of`], { n: now[part], total: ticket.expected[part] });
}

// « Cela fait 30 sur 30 présents. »; null unless others are in already.
export function thenText(now, ticket, place, words) {
  if (!isLate(ticket, place)) return null;
  return fill(words.then_present, { n: people(ticket.inside) + people(now), total: people(ticket.expected) });
}

// « 30 sur 30 présents, +1 maintenant » when a part of a group passed the entrance; else nothing.
function together(answer, ticket, place, words) {
  if (!ticket || place.space || people(answer.expected) <= 1) return "";
  const [before, after] = [people(ticket.inside), people(answer.present)];
  if (ticket.group && Math.min(before, after) === 0) return ""; // all who are counted passed at once: the figures say it
  const said = [presentText(answer.present, answer.expected, words)];
  if (after !== before) said.push(fill(after > before ? words.now_in : words.now_out, { n: Math.abs(after - before) }));
  return said.join(", ");
}

// The screen for a number that was typed and that no ticket here has: the same as for an unknown code.
export function unknownNumber(text, words) {
  const shown = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 1)}…` : text;
  return {
    kind: "refused", title: words.unknown, who: fill(words.unknown_number, { text: shown }),
    detail: words.unknown_number_detail, note: words.unknown_next, unknown: true,
  };
}

// « Entrés à 9 h 42, porte A », with the day when it was not today.
function cameText(ticket, words) {
  if (!ticket.came_at) return "";
  const key = `in_${ticket.came_day ? "on" : "at"}_${ticket.group ? "group" : "one"}`;
  const text = fill(words[key], { day: ticket.came_day, time: ticket.came_at, door: ticket.came_door });
  return ticket.came_door ? text : text.replace(/[\s,]+$/, ""); // a phone does not know at which door others counted them
}

export function verdict(answer, ticket, place, words) {
  const who = answer.label || (ticket ? ticket.label : "");
  if (answer.result === "refused") return refusal(answer.reason || "invalid", who, ticket, place, words);
  const group = Boolean(ticket && ticket.group);
  const figures = group ? { expected: answer.expected, present: answer.present } : null;
  if (answer.result === "duplicate") {
    const detail = ticket ? cameText(ticket, words) : "";
    const lead = group ? words.all_in : words.one_in;
    return { kind: "already", title: group ? words.already_group : words.already_one, who, detail, lead, note: words.was_out, figures };
  }
  const lead = together(answer, ticket, place, words);
  if (place.direction === "out") return { kind: "accepted", title: words.leave, who, detail: "", lead, figures };
  const detail = ticket ? expectedText(ticket, words) : "";
  const missing = group && !place.space ? missingText(minus(answer.expected, answer.present), words) : null;
  const note = ticket && ticket.absent ? words.absent_note : "";
  return { kind: "accepted", title: words.enter, who, detail, lead, note, figures, missing };
}

function refusal(reason, who, ticket, place, words) {
  // only a group that gave its places back is told at the entrance that there is no room
  const full = reason === "space_full" && !place.space ? "route_full" : reason;
  const code = reason === "already_in" ? "invalid" : full;
  const values = { day: ticket ? ticket.days : "", today: place.today };
  if (place.space) Object.assign(values, { space: place.space.name, capacity: place.space.capacity });
  return {
    kind: "refused",
    title: words[code],
    who: who || words[`${code}_why`] || "",
    detail: fill(words[`${code}_detail`], values),
    note: words[`${code}_next`],
    unknown: reason === "unknown" || reason === "wrong_event",
  };
}

// There is no network: what happened is kept, what it means is not known yet.
export function kept(ticket, place, words) {
  if (ticket) {
    const title = place.direction === "out" ? words.leave : words.enter;
    return { kind: "accepted", title, who: ticket.label, detail: expectedText(ticket, words), note: words.kept_sent };
  }
  return { kind: "already", title: words.kept_title, who: "", detail: "", note: words.kept_detail };
}

export function undone(answer, words) {
  if (answer && answer.result !== "accepted") {
    return { kind: "refused", title: words.invalid, who: answer.label, detail: words.invalid_detail };
  }
  return { kind: "already", title: words.undone, who: answer ? answer.label : "", detail: words.undone_detail };
}
