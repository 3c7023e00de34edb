// The list that a phone decides by: who holds a ticket, and where everybody is, as the server told it and as it changed here since.

import { cardsAfter, NOBODY, NOWHERE, noCards, people, replay } from "./decide.js";

const CODE = /^(?:[\s\S]*\/t\/)?([0-9A-Z]{26})\/?$/i;
const HASH_LENGTH = 32;
const PIECE = 2000; // rows
const inOrder = new Intl.Collator("fr", { numeric: true });
const MOST_LATER = 6000; // rows of changes, before all are written anew

// The ticket code in what a camera read: itself, or the end of its address. Null when there is none.
export function codeOf(text) {
  const found = CODE.exec(text.trim());
  return found ? found[1].toUpperCase() : null;
}

// What the list knows a code by.
export async function hashOf(code) {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code)));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, HASH_LENGTH);
}

// VT7K3Q9F of « vt 7k3q-9f »: how numbers are compared, whatever was typed between their letters.
export function referenceKey(text) {
  return text.normalize("NFKC").toUpperCase().replace(/[^0-9A-Z]/g, "");
}

// Lower case without accents, spaces single; as app/core/text.fold.
export function fold(text) {
  const plain = text.replace(/œ/g, "oe").replace(/Œ/g, "oe").replace(/æ/g, "ae").replace(/Æ/g, "ae").replace(/’/g, "'");
  return plain.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss").trim().split(/\s+/).join(" ");
}

const counts = ([participants, companions]) => ({ participants, companions });

// One row of docs/door.md's list, named.
export function readRow(row) {
  const [hash, reference, label, audience, status, kind, owner, participants, companions, waves, inside, came, space, lastIn, absent, teams, planned] = row;
  return {
    hash, reference, label, audience, status, owner, waves,
    card: kind === "route_card" ? hash : null,
    size: { participants, companions },
    inside: counts(inside), came: counts(came), space: space || null, lastIn, absent: Boolean(absent), teams: teams || [],
    planned: planned || 0,
  };
}

export class DoorList {
  // `dayOf(seconds)`: the event's local day of a moment, as a text.
  constructor(dayOf) {
    this.dayOf = dayOf;
    this.clear();
  }

  clear() {
    this.clearRows();
    this.effects = new Map(); // owner → what passages here did since the server told
    this.apart = { day: "", owners: {} }; // owner → teams of it that went their own way, as this phone saw it
    this.pieces = 0; // the number of the last piece that was read from the storage
  }

  clearRows() {
    this.rows = new Map(); // hash → row as it came
    this.owners = new Map(); // owner → hashes of its tickets
    this.references = new Map(); // key → hash
    this.words = null; // [[folded text, hash, key]], made when somebody looks for a name
    this.later = 0; // rows of changes that were written since all were
    this.whole = true; // whether the storage took all that came before
  }

  get size() {
    return this.rows.size;
  }

  // Rows as they come from the server or the storage. Of two of one ticket the later holds.
  take(rows) {
    for (const row of rows) {
      const [hash, reference, , , , , owner] = row;
      const before = this.rows.get(hash);
      if (before && before[1]) this.references.delete(referenceKey(before[1]));
      if (before && before[6] !== owner) this.owners.set(before[6], (this.owners.get(before[6]) || []).filter((other) => other !== hash));
      this.rows.set(hash, row);
      if (reference) this.references.set(referenceKey(reference), hash);
      const own = this.owners.get(owner);
      if (!own) this.owners.set(owner, [hash]);
      else if (!own.includes(hash)) own.push(hash);
    }
    if (rows.length) this.words = null;
  }

  // What is to be written for a list that replaces all, or for changes.
  changes(rows, whole) {
    if (!whole && this.whole && this.later + rows.length <= MOST_LATER) {
      this.later += rows.length;
      return rows.length ? [["put", "rows", JSON.stringify(rows)]] : [];
    }
    const all = whole ? rows : [...this.rows.values()];
    this.later = 0;
    const pieces = [];
    for (let at = 0; at < all.length; at += PIECE) pieces.push(["put", "rows", JSON.stringify(all.slice(at, at + PIECE))]);
    return [["clear", "rows"], ...pieces];
  }

  get(hash) {
    const row = this.rows.get(hash);
    return row ? readRow(row) : null;
  }

  byReference(text) {
    const key = referenceKey(text);
    const hash = key ? this.references.get(key) : undefined;
    return hash ? this.get(hash) : null;
  }

  // Main tickets that hold all the words, those with a place first, then by name.
  search(text, limit) {
    const wanted = fold(text).split(" ").filter(Boolean);
    const key = referenceKey(text);
    if (!wanted.length) return [];
    const found = [];
    for (const [folded, hash, plain] of this.#words()) {
      if (wanted.every((word) => folded.includes(word)) || (key.length >= 4 && plain.includes(key))) found.push(hash);
    }
    const rows = found.map((hash) => this.rows.get(hash));
    const rank = (row) => (row[4] === "confirmed" ? 0 : 1);
    rows.sort((a, b) => rank(a) - rank(b) || inOrder.compare(a[2], b[2]) || (a[1] < b[1] ? -1 : 1));
    return rows.slice(0, limit).map(readRow);
  }

  #words() {
    if (!this.words) {
      this.words = [];
      for (const row of this.rows.values()) {
        if (row[1]) this.words.push([fold(`${row[2]} ${row[1]}`), row[0], referenceKey(row[1])]);
      }
    }
    return this.words;
  }

  // The main ticket of a registration.
  main(owner) {
    const rows = (this.owners.get(owner) || []).map((hash) => this.get(hash));
    return rows.find((row) => row.card === null) || null;
  }

  // Who a registration expects: for a route card, its whole class.
  expected(row) {
    const main = row.card === null ? row : this.main(row.owner);
    return main ? main.size : row.size;
  }

  // Where a registration's people are: what the server told of today, and what happened here since.
  at(owner, today) {
    const { base } = this.#told(owner, today);
    return replay(base, this.#today(owner, today));
  }

  // What the cards of a class tell.
  cards(owner, today) {
    const { cards } = this.#told(owner, today);
    return this.#today(owner, today).reduce(
      (known, effect) => (effect.passage ? cardsAfter(known, effect.card, effect.passage, effect.delta) : known),
      cards,
    );
  }

  // Teams of a group that went their own way today.
  setTeams(owner, teams, today) {
    if (this.apart.day !== today) this.apart = { day: today, owners: {} };
    if (teams.length) this.apart.owners[owner] = teams;
    else delete this.apart.owners[owner];
  }

  // When the last of them came in, in seconds; 0 when nobody did.
  lastIn(owner) {
    const main = this.main(owner);
    const here = (this.effects.get(owner) || []).filter((effect) => people(effect.delta) > 0).map((effect) => effect.at);
    return Math.max(main ? main.lastIn : 0, ...here);
  }

  #told(owner, today) {
    const main = this.main(owner);
    const cards = noCards();
    if (!main) return { base: NOWHERE, cards };
    const current = main.lastIn === 0 || this.dayOf(main.lastIn) === today;
    const teams = (this.apart.day === today && this.apart.owners[owner]) || [];
    const base = current ? { inside: main.inside, came: main.came, space: main.space } : { inside: NOBODY, came: main.came, space: null };
    base.teams = teams;
    if (current) {
      for (const hash of this.owners.get(owner)) {
        const row = this.get(hash);
        if (row.card === null) continue;
        if (people(row.inside)) cards.inside.add(hash);
        else if (people(row.came)) cards.outside.add(hash);
        if (row.space) cards.spaces.set(hash, row.space);
      }
    }
    return { base, cards };
  }

  #today(owner, today) {
    return (this.effects.get(owner) || []).filter((effect) => effect.day === today);
  }

  // The passages that the server's rows do not tell yet, in the order in which they happened.
  overlay(effects) {
    this.effects = new Map();
    effects.forEach((effect) => this.add(effect));
  }

  add(effect) {
    const own = this.effects.get(effect.owner);
    if (own) own.push(effect);
    else this.effects.set(effect.owner, [effect]);
  }

  // By how many the passages here changed who is present, in all and by space.
  shift(today) {
    const spaces = new Map();
    let present = 0;
    for (const effect of [...this.effects.values()].flat()) {
      if (effect.day !== today) continue;
      present += effect.present;
      for (const [space, n] of effect.spaces) spaces.set(space, (spaces.get(space) || 0) + n);
    }
    return { present, spaces };
  }
}
