/**
 * The texts in the language of the page, and its change in memory.
 *
 * In the language of the document, the first page's own are compiled in (`aigaq:texts`) or stand in
 * elements with `data-t`, and those of all views behind it come with the sealer. Another language is
 * fetched once, whole, from `a/texts.<lang>.json`. Nothing is remembered across pages.
 */

import compiled from "aigaq:texts";
import type { Language } from "../api";

const LANGUAGES: readonly Language[] = ["kk", "ru", "en"];
const loaded = new Map<Language, Readonly<Record<string, string>>>();
const ofDocument: Language = languageOf(document.documentElement.lang);
let current: Language = ofDocument;
loaded.set(current, { ...compiled, ...textsOfDocument() });

function textsOfDocument(): Record<string, string> {
  const elements = [...document.querySelectorAll<HTMLElement>("[data-t]")];
  return Object.fromEntries(elements.map((element) => [element.dataset["t"] ?? "", element.textContent ?? ""]));
}

export function language(): Language {
  return current;
}

export function languageOf(name: string): Language {
  return LANGUAGES.find((known) => known === name) ?? "ru";
}

/** The text of `key` with `{name}` replaced by `values.name`. */
export function t(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  const text = find(key) ?? key;
  return text.replace(/\{(\w+)\}/gu, (whole, name: string) => String(values[name] ?? whole));
}

export function hasText(key: string): boolean {
  return find(key) !== undefined;
}

/** Whether the texts of the views behind the first page are here. */
export function hasAllTexts(): boolean {
  return current !== ofDocument || window.aigaqTexts !== undefined;
}

function find(key: string): string | undefined {
  return loaded.get(current)?.[key] ?? (current === ofDocument ? window.aigaqTexts?.[key] : undefined);
}

/** Load `next` if it is not here yet and make it the language of the page. Throws when the line is cut. */
export async function changeLanguage(next: Language): Promise<void> {
  if (!loaded.has(next)) {
    const answer = await fetch(`a/texts.${next}.json`, { cache: "no-store", credentials: "omit" });
    if (!answer.ok) throw new Error("texts");
    loaded.set(next, (await answer.json()) as Record<string, string>);
  }
  current = next;
  document.documentElement.lang = next;
  for (const element of document.querySelectorAll<HTMLElement>("[data-t]")) {
    element.textContent = t(element.dataset["t"] ?? "");
  }
}
