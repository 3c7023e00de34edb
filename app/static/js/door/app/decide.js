// What a passage of a ticket does, and what the door answers: the same decisions as app/checkin/rules.py, which a test compares
// case by case. Pure: counts are {participants, companions}, spaces their ids (null: none), days texts of any one form.
//
// Whereabouts: {inside, came, space, teams: [{team, count, space}]}: the teams went their own way, the rest are in `space`. Numbers
// from PARTS on are no planned teams, but those who went somewhere by count: one part for each space, one walking about.
// Passage: {direction: "in" | "out", space, headcount: counts or null, team: number or null}.
// Decision: {result: "accepted" | "duplicate" | "refused", reason: text or null, after: whereabouts, delta: counts, over: boolean}.
// Cards of a class: {inside: Set, outside: Set, spaces: Map} by card: who is surely in, who surely out, where each last went.

export const NOBODY = Object.freeze({ participants: 0, companions: 0 });
export const ONE = Object.freeze({ participants: 1, companions: 0 });
export const NOWHERE = Object.freeze({ inside: NOBODY, came: NOBODY, space: null, teams: Object.freeze([]) });

const PARTS = 1000000;

// Reasons that staff may overrule: who is unknown is a walk-in, and who is in already is in.
const OVERRULED = new Set(["cancelled", "waitlisted", "wrong_wave", "space_full"]);

const each = (a, b, make) => ({
  participants: make(a.participants, b.participants),
  companions: make(a.companions, b.companions),
});
export const people = (count) => count.participants + count.companions;
export const plus = (a, b) => each(a, b, (x, y) => x + y);
export const minus = (a, b) => each(a, b, (x, y) => Math.max(0, x - y));
export const most = (a, b) => each(a, b, Math.max);
export const least = (a, b) => each(a, b, Math.min);
export const difference = (a, b) => each(a, b, (x, y) => x - y);
const same = (a, b) => a.participants === b.participants && a.companions === b.companions;

function decision(result, reason, after, delta = NOBODY, over = false) {
  return { result, reason, after, delta, over };
}
const refused = (reason, at) => decision("refused", reason, at);
const duplicate = (at) => decision("duplicate", "already_in", at);

// Why a registration in this status may not come in; null when it may. Who is inside may always leave.
export function refuseStatus(status, direction = "in") {
  if (direction === "out" || status === "confirmed") return null;
  return status === "waitlisted" || status === "offered" ? "waitlisted" : "cancelled";
}

// A ticket for Friday shown on Thursday. On a day on which the event has no wave no ticket is wrong.
export function isWrongDay(today, ticketDays, eventDays) {
  return eventDays.includes(today) && !ticketDays.includes(today);
}

// One passage of an admissible ticket. `room`: how many more the space holds, or null; at the entrance, the space where they are.
export function decide(at, expected, passage, room) {
  if (passage.headcount && people(passage.headcount) === 0) return refused("invalid", at);
  if (passage.team && (passage.space !== null || passage.direction === "out")) return decideTeam(at, expected, passage, room);
  if (passage.direction === "out") return leave(at, passage);
  if (passage.space === null) return enterEvent(at, expected, passage, room);
  return enterSpace(at, expected, passage, room);
}

function enterEvent(at, expected, passage, room) {
  const missing = minus(expected, at.inside);
  if (people(missing) === 0) return duplicate(at);
  return letIn(at, expected, passage.headcount || missing, room);
}

// Nobody is sent away at the entrance for want of room in a space: more than expected or allowed is marked so.
function letIn(at, expected, passing, room) {
  const inside = plus(at.inside, passing);
  const after = { ...at, inside, came: most(at.came, inside) };
  const over = people(minus(passing, minus(expected, at.inside))) > 0;
  const crowded = at.space !== null && room !== null && people(passing) > room;
  return decision("accepted", null, after, passing, over || crowded);
}

// Entering a space leaves the one before, and gathers the teams. Who was not scanned at the entrance is in the event from here on.
// But some of them go alone: of those who walk about, else of the rest in another space.
function enterSpace(at, expected, passage, room) {
  if (passage.headcount && joins(at, passage.headcount, passage.space)) return join(at, passage.space, passage.headcount, room);
  if (at.space === passage.space && people(at.inside) > 0 && !at.teams.length) return duplicate(at);
  const passing = passage.headcount || (people(at.inside) ? at.inside : expected);
  const newly = minus(passing, at.inside);
  const inside = plus(at.inside, newly);
  const there = bySpace(at).get(passage.space) || 0;
  if (room !== null && people(inside) - there > room) return refused("space_full", at);
  const after = { inside, came: most(at.came, inside), space: passage.space, teams: [] };
  return decision("accepted", null, after, newly, people(minus(inside, expected)) > 0);
}

const rest = (at) => minus(at.inside, sum(at.teams));
const part = (at, space) => (at.teams.find((one) => one.team === PARTS + (space || 0)) || { count: NOBODY }).count;

function withPart(at, space, count) {
  const team = PARTS + (space || 0);
  const others = at.teams.filter((one) => one.team !== team);
  return { ...at, teams: people(count) ? withTeam(others, { team, count, space }) : others };
}

// Whether as many are some of the group who go somewhere alone.
function joins(at, count, space) {
  const walking = at.space === null ? rest(at) : part(at, null);
  if (at.teams.some((one) => one.team >= PARTS) && !people(minus(count, walking))) return true;
  if (same(count, at.inside) || space === at.space) return false;
  return !people(minus(count, at.space === null ? walking : plus(walking, rest(at))));
}

function join(at, space, count, room) {
  if (room !== null && people(count) > room) return refused("space_full", at);
  let after = at;
  if (at.space !== null) after = withPart(after, null, minus(part(at, null), count));
  if (space !== at.space) after = withPart(after, space, plus(part(at, space), count));
  return decision("accepted", null, after);
}

// Who leaves a space walks about in the event; where a count is said, only as many.
function leaveSpace(at, space, headcount) {
  const mine = at.space === space;
  const there = mine ? rest(at) : part(at, space);
  if (!mine && !people(there)) return refused("not_in", at);
  const wanted = headcount || there;
  const leaving = least(wanted, there);
  let after;
  if (mine && same(leaving, there)) {
    after = { ...withPart(at, null, NOBODY), space: null };
  } else {
    after = mine ? at : withPart(at, space, minus(there, leaving));
    if (after.space !== null) after = withPart(after, null, plus(part(at, null), leaving));
  }
  return decision("accepted", null, after, NOBODY, !same(wanted, leaving));
}

// After some left the event: those who walk about while others are in a space go first.
function without(at, leaving) {
  const inside = minus(at.inside, leaving);
  const walking = part(at, null);
  const kept = people(walking) ? withPart(at, null, minus(walking, leaving)).teams : at.teams;
  const teams = people(inside) && people(sum(kept)) <= people(inside) ? kept : [];
  return { ...at, inside, space: people(inside) ? at.space : null, teams };
}

function leave(at, passage) {
  if (passage.space !== null) return leaveSpace(at, passage.space, passage.headcount);
  if (people(at.inside) === 0) return refused("not_in", at);
  const wanted = passage.headcount || at.inside;
  const leaving = least(wanted, at.inside);
  return decision("accepted", null, without(at, leaving), difference(NOBODY, leaving), !same(wanted, leaving));
}

const sum = (teams) => teams.reduce((all, one) => plus(all, one.count), NOBODY);
const withTeam = (others, one) => [...others, one].sort((a, b) => a.team - b.team);

// A team moves alone, the rest stay where the group was last. How many it is must be said once.
function decideTeam(at, expected, passage, room) {
  const { team, space } = passage;
  const mine = at.teams.find((one) => one.team === team) || null;
  const count = passage.headcount || (mine && mine.count);
  if (!count) return refused("invalid", at);
  const others = at.teams.filter((one) => one.team !== team);
  if (passage.direction === "out" && space === null) {
    return teamLeaves(at, others, { ...passage, headcount: count });
  }
  const there = mine !== null && mine.space === space && people(at.inside) > 0;
  if (passage.direction === "out") {
    if (!there) return refused("not_in", at);
    return decision("accepted", null, { ...at, teams: withTeam(others, { ...mine, space: null }) });
  }
  if (there) return duplicate(at);
  if (room !== null && people(count) > room) return refused("space_full", at);
  const teams = withTeam(others, { team, count, space });
  const newly = minus(sum(teams), at.inside);
  const inside = plus(at.inside, newly);
  const after = { inside, came: most(at.came, inside), space: at.space, teams };
  return decision("accepted", null, after, newly, people(minus(inside, expected)) > 0);
}

// A team leaves the event; the parts of the others stay where they are.
function teamLeaves(at, others, passage) {
  const parts = others.filter((one) => one.team >= PARTS);
  const left = leave({ ...at, teams: others.filter((one) => one.team < PARTS) }, passage);
  if (left.result !== "accepted") return { ...left, after: at };
  const teams = [...left.after.teams, ...parts];
  const fits = people(sum(teams)) <= people(left.after.inside);
  return fits ? { ...left, after: { ...left.after, teams } } : left;
}

// People in each space: each team where it is, the rest where the group was last.
export function bySpace(at) {
  const counts = new Map();
  const rest = Math.max(0, people(at.inside) - people(sum(at.teams)));
  for (const [space, n] of [[at.space, rest], ...at.teams.map((one) => [one.space, people(one.count)])]) {
    if (space !== null && n) counts.set(space, (counts.get(space) || 0) + n);
  }
  return counts;
}

export const noCards = () => ({ inside: new Set(), outside: new Set(), spaces: new Map() });

// Whether the card's pupil is among those counted inside, as far as anybody can tell.
function isCounted(card, at, cards) {
  if (at.inside.participants === 0) return false;
  return cards.inside.has(card) || (!cards.outside.has(card) && at.inside.participants - cards.inside.size > 0);
}

// What the cards tell after an accepted passage of one, or (null) of the main ticket by `delta` people, who may be anybody.
export function cardsAfter(cards, card, passage, delta) {
  if (card === null) {
    return {
      inside: delta.participants < 0 ? new Set() : cards.inside,
      outside: delta.participants > 0 ? new Set() : cards.outside,
      spaces: new Map(),
    };
  }
  const [inside, outside, spaces] = [new Set(cards.inside), new Set(cards.outside), new Map(cards.spaces)];
  spaces.delete(card);
  const leaves = passage.direction === "out" && passage.space === null;
  (leaves ? inside : outside).delete(card);
  (leaves ? outside : inside).add(card);
  if (passage.direction === "in" && passage.space !== null) spaces.set(card, passage.space);
  return { inside, outside, spaces };
}

// One passage of a numbered card: one pupil, whatever headcount was sent. At a space it is the pupil's own way.
export function decideCard(at, expected, passage, card, cards, room) {
  const counted = isCounted(card, at, cards);
  const own = cards.spaces.has(card) ? cards.spaces.get(card) : null;
  if (passage.direction === "out") {
    if (!counted || ![null, at.space, own].includes(passage.space)) return refused("not_in", at);
    return passage.space === null ? leave(at, { ...passage, headcount: ONE }) : decision("accepted", null, at);
  }
  if (passage.space === null) {
    const unknownMissing = expected.participants - at.inside.participants - cards.outside.size;
    if (counted && (cards.inside.has(card) || unknownMissing <= 0)) return duplicate(at);
    return letIn(at, expected, ONE, room);
  }
  if (counted && [at.space, own].includes(passage.space)) return duplicate(at);
  if (room !== null && room < 1) return refused("space_full", at);
  return counted ? decision("accepted", null, at) : letIn(at, expected, ONE, null);
}

// The whole answer to a ticket of the list. `ticket`: {status, expected, days, card (its key, or null)}; `today` and `eventDays`
// as `days`; `overruled`: staff let them in though the answer is no.
export function admit({ ticket, at, passage, cards = noCards(), room = null, today, eventDays, overruled = false }) {
  const judged = (limit) => (ticket.card === null
    ? decide(at, ticket.expected, passage, limit)
    : decideCard(at, ticket.expected, passage, ticket.card, cards, limit));
  const reason = refuseStatus(ticket.status, passage.direction) || (wrongDay(ticket, passage, today, eventDays) ? "wrong_wave" : null);
  const answer = reason ? refused(reason, at) : judged(room);
  if (!overruled || !isOverridable(answer)) return answer;
  const forced = judged(null);
  return forced.result === "accepted" ? { ...forced, over: true } : forced;
}

export function isOverridable(answer) {
  return answer.result === "refused" && OVERRULED.has(answer.reason);
}

function wrongDay(ticket, passage, today, eventDays) {
  return passage.direction === "in" && isWrongDay(today, ticket.days.length ? ticket.days : eventDays, eventDays);
}

// Where somebody is after what happened here since the server last told: effects are {delta, space: id, null or undefined (as
// before)}, in order.
export function replay(at, effects) {
  return effects.reduce((before, effect) => {
    const inside = each(before.inside, effect.delta, (x, y) => Math.max(0, x + y));
    const space = effect.space === undefined ? before.space : effect.space;
    return { ...before, inside, came: most(before.came, inside), space: people(inside) ? space : null };
  }, at);
}

// What a decision changes, for `replay` and for the figures: {delta, space, present, spaces: [[id, difference]]}.
export function effectOf(before, after, delta) {
  const [was, is] = [bySpace(before), bySpace(after)];
  const spaces = [...new Set([...was.keys(), ...is.keys()])].map((id) => [id, (is.get(id) || 0) - (was.get(id) || 0)]);
  return {
    delta,
    space: after.space === before.space ? undefined : after.space,
    present: people(after.inside) - people(before.inside),
    spaces: spaces.filter(([, n]) => n),
  };
}

// What taking a passage back changes after the list has told of it. `effect`: what it did, `seconds` the moment.
export function inverseOf(effect, seconds) {
  const back = effect.card ? { direction: effect.passage.direction === "in" ? "out" : "in", space: null } : null;
  return {
    ...effect, delta: difference(NOBODY, effect.delta), space: effect.space === undefined ? undefined : effect.before, at: seconds,
    passage: back, present: -effect.present, spaces: effect.spaces.map(([id, n]) => [id, -n]),
  };
}
