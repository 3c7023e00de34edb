// The words of the page, with {name} filled in. A pair is the form for one and the form for several.

let locale = "fr";

export function speak(language) {
  locale = language;
}

export function fill(text, values = {}) {
  let chosen = text;
  if (Array.isArray(text)) {
    const one = values.n === 1 || (values.n === 0 && locale === "fr");
    chosen = one ? text[0] : text[1];
  }
  return chosen.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
