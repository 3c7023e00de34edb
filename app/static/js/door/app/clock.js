// The phone's clock against the server's. Passages are told at the server's time, whatever the phone shows.

const JUMP = 1500; // ms: more than a browser's two clocks drift apart by themselves
const FRESH = 300000; // a measure of the last minutes that took less time is the better one

export class Clock {
  // `kept`: what `record` gave. Milliseconds; `offset` is what is added to the phone's time.
  constructor(kept = null) {
    this.offset = kept ? kept.offset : 0;
    this.measured = Boolean(kept);
    this.took = Infinity;
    this.at = -Infinity;
    this.gap = this.#gap();
  }

  get record() {
    return { offset: this.offset };
  }

  // The server's time now, in milliseconds.
  now() {
    this.#watch();
    return Date.now() + this.offset;
  }

  // Of one moment: {device_at, offset_ms, scanned_at} as a passage tells it.
  stamp() {
    const corrected = this.now();
    const shown = corrected - this.offset;
    return {
      scanned_at: new Date(corrected).toISOString(),
      device_at: new Date(shown).toISOString(),
      offset_ms: Math.round(this.offset),
    };
  }

  // Around a request: `begun` and `ended` of performance.now(), `told` the server's `now`. It holds for the middle of the request.
  measure(begun, ended, told) {
    const server = Date.parse(told);
    if (Number.isNaN(server)) return;
    this.#watch();
    const took = ended - begun;
    if (took > this.took && ended - this.at < FRESH) return;
    const middle = Date.now() - (performance.now() - (begun + ended) / 2);
    this.offset = server - middle;
    this.measured = true;
    this.took = took;
    this.at = ended;
  }

  // Somebody set the phone's clock back while the app was open: the server's time goes on as it did. Forward nothing can be said:
  // while a phone sleeps the browser's own clock stands still, and looks the same.
  #watch() {
    const gap = this.#gap();
    if (Math.abs(gap - this.gap) > JUMP) {
      if (gap < this.gap && this.measured) this.offset -= gap - this.gap;
      this.took = Infinity;
    }
    this.gap = gap;
  }

  #gap() {
    return Date.now() - performance.now();
  }
}

const UNHEARD = 12 * 3600000; // ms

// The last contact with the server: at its time `at`, and for how long the app was open since. Nobody sets that one forward.
export class LastContact {
  // `kept`: what `record` gave, or null. Milliseconds.
  constructor(kept = null) {
    this.#set(kept || { at: -Infinity, open: 0 });
  }

  get record() {
    return { at: this.at, open: this.#open() };
  }

  // The server answered, at its time.
  note(at) {
    this.#set({ at, open: 0 });
  }

  // Whether a moment of the server's is surely over, the clock saying that it is: the server was heard of later, or the app was open
  // for so long since. A clock that was set forward while there is no network ends nothing until the app was open for half a day.
  isPast(end, now) {
    const open = this.#open();
    return now >= end && (this.at + open >= end || open >= UNHEARD);
  }

  #open() {
    return this.open + performance.now() - this.begun;
  }

  #set({ at, open }) {
    Object.assign(this, { at, open, begun: performance.now() });
  }
}
