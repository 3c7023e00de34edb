// What the phone keeps (IndexedDB): few words under names, the rows of the list in pieces, and every passage until it is acknowledged.
//
// kept:  name → device, setup, place, clock, figures, corrections
// rows:  number → JSON of up to some thousand rows of the list; of two rows of one ticket the later holds
// queue: id → passage (queue.js)

const NAME = "parcours-door";
const VERSION = 1;
export const STORES = ["kept", "rows", "queue"];

// Whether the storage has no room (or will not write at all): what failed is to be held elsewhere and said.
export function isFull(error) {
  return Boolean(error) && (error.name === "QuotaExceededError" || error.name === "UnknownError");
}

export class Shelf {
  constructor(base) {
    this.base = base;
    this.closed = false;
    base.onversionchange = () => this.close(); // a newer app in another tab
  }

  // Rejects where the browser keeps nothing.
  static async open() {
    return new Shelf(await Shelf.#connect());
  }

  static #connect() {
    return new Promise((resolve, reject) => {
      const asked = indexedDB.open(NAME, VERSION);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("kept");
        asked.result.createObjectStore("rows", { autoIncrement: true });
        asked.result.createObjectStore("queue", { keyPath: "id" });
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
      asked.onblocked = () => reject(new DOMException("another tab holds an older state", "InvalidStateError"));
    });
  }

  close() {
    this.closed = true;
    this.base.close();
  }

  // A browser may take the connection away from a phone that slept; it is made anew.
  async #connected(work) {
    try {
      return await work();
    } catch (error) {
      if (this.closed || !error || error.name !== "InvalidStateError") throw error;
      this.base = await Shelf.#connect();
      this.base.onversionchange = () => this.close();
      return work();
    }
  }

  get(store, key) {
    return this.#read(store, (shelf) => shelf.get(key));
  }

  all(store) {
    return this.#read(store, (shelf) => shelf.getAll());
  }

  keys(store) {
    return this.#read(store, (shelf) => shelf.getAllKeys());
  }

  // The values of a store with keys above one.
  after(store, key) {
    return this.#read(store, (shelf) => shelf.getAll(IDBKeyRange.lowerBound(key, true)));
  }

  // All of the changes or none: [["put", store, value, key?], ["delete", store, key], ["clear", store]]. Resolves once they are
  // on the disk, to what each answered; rejects with what the browser said (see isFull).
  write(changes, { sure = false } = {}) {
    return this.#connected(() => this.#write(changes, sure));
  }

  #write(changes, sure) {
    return new Promise((resolve, reject) => {
      if (!changes.length) {
        resolve([]);
        return;
      }
      const stores = [...new Set(changes.map(([, store]) => store))];
      const work = this.base.transaction(stores, "readwrite", { durability: sure ? "strict" : "default" });
      const answers = [];
      work.oncomplete = () => resolve(answers);
      work.onabort = () => reject(work.error || new DOMException("not written", "AbortError"));
      try {
        changes.forEach(([verb, store, value, key], at) => {
          const shelf = work.objectStore(store);
          let asked;
          if (verb === "put") asked = key === undefined ? shelf.put(value) : shelf.put(value, key);
          else if (verb === "delete") asked = shelf.delete(value);
          else asked = shelf.clear();
          asked.onsuccess = () => { answers[at] = asked.result; };
        });
      } catch (error) {
        work.onabort = null;
        work.abort();
        reject(error);
      }
    });
  }

  #read(store, ask) {
    return this.#connected(() => new Promise((resolve, reject) => {
      const asked = ask(this.base.transaction(store).objectStore(store));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    }));
  }
}

// Ask the browser not to throw the storage away when room is short. → whether it promises that
export async function persist() {
  try {
    return Boolean(navigator.storage) && (await navigator.storage.persisted() || await navigator.storage.persist());
  } catch {
    return false;
  }
}
