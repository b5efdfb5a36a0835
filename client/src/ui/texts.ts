/**
 * The texts in the language of the page, and its change in memory.
 *
 * In the language of the document, the first page's own stand in elements with `data-t` and in the
 * element `texts`. Those of all views behind it, and another language, are fetched once, whole, from
 * `a/texts.<lang>.json`; the offline page holds all of its language. Nothing is remembered across pages.
 */

import { isOfflinePage } from "../api";
import type { Language } from "../api";
import { fetchPart } from "../fetched";

const LANGUAGES: readonly Language[] = ["kk", "ru", "en"];
const loaded = new Map<Language, Readonly<Record<string, string>>>();
/** The languages of which every text is here. */
const whole = new Set<Language>();
const ofDocument: Language = languageOf(document.documentElement.lang);
let current: Language = ofDocument;
loaded.set(current, textsOfDocument());
if (isOfflinePage(document)) whole.add(current);

function textsOfDocument(): Record<string, string> {
  const elements = [...document.querySelectorAll<HTMLElement>("[data-t]")];
  const shown = elements.map((element) => [element.dataset["t"] ?? "", element.textContent ?? ""] as const);
  const held = JSON.parse(document.getElementById("texts")?.textContent ?? "{}") as Record<string, string>;
  return { ...held, ...Object.fromEntries(shown) };
}

export function language(): Language {
  return current;
}

export function languageOf(name: string): Language {
  return LANGUAGES.find((known) => known === name) ?? "ru";
}

/** The text of `key` with `{name}` replaced by `values.name`. */
export function t(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  const text = loaded.get(current)?.[key] ?? key;
  return text.replace(/\{(\w+)\}/gu, (whole, name: string) => String(values[name] ?? whole));
}

export function hasText(key: string): boolean {
  return loaded.get(current)?.[key] !== undefined;
}

/** Whether the texts of the views behind the first page are here. */
export function hasAllTexts(): boolean {
  return whole.has(current);
}

/** Load every text of `wanted`. Throws when the line is cut. */
export async function loadTexts(wanted: Language = current): Promise<void> {
  if (whole.has(wanted)) return;
  loaded.set(wanted, JSON.parse(await fetchPart(`a/texts.${wanted}.json`)) as Record<string, string>);
  whole.add(wanted);
}

/** Load `next` if it is not here yet and make it the language of the page. Throws when the line is cut. */
export async function changeLanguage(next: Language): Promise<void> {
  await loadTexts(next);
  current = next;
  document.documentElement.lang = next;
  for (const element of document.querySelectorAll<HTMLElement>("[data-t]")) {
    element.textContent = t(element.dataset["t"] ?? "");
  }
}
