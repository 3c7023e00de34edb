// The scanning app without network: its page in both languages, and every file that this page needs, kept on the phone.
// The server puts `self.SHELL = {version, shells: {fr: address, en: address}, files: [address, …]}` before this text: when any of
// them changes the text does, and the browser installs the new state beside the old one. Nothing else is ever kept: no answer
// of /door/api, no page of the desk.

const SHELL = self.SHELL;
const PREFIX = "parcours-door-";
const NAME = PREFIX + SHELL.version;
const CHOICE = "parcours-door-choice"; // the language that was read last, under the address /door/language
const APP = ["/door", "/door/"];

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOld().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (APP.includes(address.pathname)) event.respondWith(page(request, address));
  } else if (SHELL.files.includes(address.pathname + address.search)) {
    event.respondWith(file(request, event.clientId));
  }
});

// Everything or nothing: an installation that lacks a file is no installation. Without cookies: it is everybody's.
async function keep() {
  const cache = await caches.open(NAME);
  const wanted = [...Object.values(SHELL.shells), ...SHELL.files];
  await Promise.all(wanted.map(async (address) => {
    const answer = await fetch(address, { credentials: "omit", cache: "no-cache", redirect: "error" });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    await cache.put(address, answer);
  }));
}

async function removeOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && ![NAME, CHOICE].includes(name)).map((name) => caches.delete(name)));
}

// From what is kept, at once; the network only when nothing is. A newer state comes as a newer installation.
async function page(request, address) {
  const language = await languageOf(address);
  const cache = await caches.open(NAME);
  const kept = await cache.match(SHELL.shells[language], { ignoreVary: true });
  return kept || fetch(request);
}

// Files are the app's alone: a page of the desk may come from a newer server and gets its own.
async function file(request, clientId) {
  const client = clientId ? await self.clients.get(clientId) : null;
  const asksApp = !client || APP.includes(new URL(client.url).pathname);
  const kept = asksApp ? await (await caches.open(NAME)).match(request, { ignoreVary: true }) : null;
  return kept || fetch(request);
}

async function languageOf(address) {
  const choice = await caches.open(CHOICE);
  const asked = address.searchParams.get("lang");
  if (SHELL.shells[asked]) {
    await choice.put("/door/language", new Response(asked));
    return asked;
  }
  const answer = await choice.match("/door/language");
  const chosen = answer ? await answer.text() : "";
  if (SHELL.shells[chosen]) return chosen;
  return (self.navigator.language || "").toLowerCase().startsWith("en") ? "en" : "fr";
}
