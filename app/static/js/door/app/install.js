// The app's own files on the phone: from the first visit on it starts without network (../sw.js).

const CHOICE = "parcours-door-choice";

// Keeps the files, and the language in which the app is opened the next time. Where the browser cannot, the app works as a page.
export async function keepShell(locale) {
  if (!navigator.serviceWorker) return;
  try {
    const choice = await caches.open(CHOICE);
    await choice.put("/door/language", new Response(locale));
    await navigator.serviceWorker.register("/sw.js", { scope: "/door", updateViaCache: "none" });
  } catch {
    // no network for a newer state, or a storage that is full: what is kept stays
  }
}
