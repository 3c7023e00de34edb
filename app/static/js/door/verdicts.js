// What the screen says: pure functions of an answer and of what is known of the ticket. verdicts.py says the same.

import { fill } from "./words.js";

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
  if (!ticket.group || REFUSABLE.has(ticket.status)) return false;
  if (place.direction === "in" && ticket.wrong_day) return false;
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
  return ticket.time ? fill(words.expected_at, { people: text, time: ticket.time }) : fill(words.expected, { people: text });
}

// « Manque 1 élève. Il pourra entrer plus tard avec le même code. », in two parts; null when nobody is missing.
export function missingText(missing, words) {
  if (people(missing) === 0) return null;
  const n = people(missing);
  const [before, after] = fill(words.missing, { n }).split("{people}");
  return { before, people: peopleText(missing, words), after: `${after} ${fill(words.later, { n })}` };
}

// The screen that asks a group how many of it pass.
export function question(ticket, words) {
  return { kind: "accepted", title: words.enter, who: ticket.label, detail: expectedText(ticket, words) };
}

export function verdict(answer, ticket, place, words) {
  const who = answer.label || (ticket ? ticket.label : "");
  if (answer.result === "refused") return refusal(answer.reason || "invalid", who, ticket, place, words);
  const group = Boolean(ticket && ticket.group);
  const figures = group ? { expected: answer.expected, present: answer.present } : null;
  if (answer.result === "duplicate") {
    const came = ticket && ticket.came_at;
    const detail = came
      ? fill(group ? words.in_at_group : words.in_at_one, { time: ticket.came_at, door: ticket.came_door })
      : "";
    const lead = group ? words.all_in : words.one_in;
    return { kind: "already", title: group ? words.already_group : words.already_one, who, detail, lead, note: words.was_out, figures };
  }
  if (place.direction === "out") return { kind: "accepted", title: words.leave, who, detail: "", figures };
  const detail = ticket ? expectedText(ticket, words) : "";
  const missing = group && !place.space ? missingText(minus(answer.expected, answer.present), words) : null;
  return { kind: "accepted", title: words.enter, who, detail, figures, missing };
}

function refusal(reason, who, ticket, place, words) {
  const code = reason === "already_in" ? "invalid" : reason;
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
export function kept(ticket, words) {
  if (ticket) {
    return { kind: "accepted", title: words.enter, who: ticket.label, detail: expectedText(ticket, words), note: words.kept_sent };
  }
  return { kind: "already", title: words.kept_title, who: "", detail: "", note: words.kept_detail };
}

export function undone(answer, words) {
  if (answer && answer.result !== "accepted") {
    return { kind: "refused", title: words.invalid, who: answer.label, detail: words.invalid_detail };
  }
  return { kind: "already", title: words.undone, who: answer ? answer.label : "", detail: words.undone_detail };
}
