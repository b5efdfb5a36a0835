/** Sizes, times and names as a person reads them. */

import { language, t } from "./texts";

/** Many browsers hold no Kazakh data ("2026 M11 22"): numbers follow the Russian form, months stand here. */
const LOCALES = { kk: "ru-RU", ru: "ru-RU", en: "en-GB" } as const;
const KAZAKH_MONTHS = "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан".split(" ");

export function formatSize(bytes: number): string {
  const steps = [
    [1e9, "gb"],
    [1e6, "mb"],
    [1e3, "kb"],
  ] as const;
  for (const [unit, name] of steps) {
    if (bytes >= unit) return t(`size.${name}`, { n: formatNumber(bytes / unit) });
  }
  return t("size.b", { n: bytes });
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(LOCALES[language()], { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

/** A length of time: "40 s", "12 min", "3 h". */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return t("time.seconds", { n: Math.max(1, Math.round(seconds)) });
  if (seconds < 5400) return t("time.minutes", { n: Math.round(seconds / 60) });
  return t("time.hours", { n: formatNumber(seconds / 3600) });
}

/** A clock for a recording: "0:07". */
export function formatClock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** An RFC 3339 time as date and time of this phone's zone, in words. */
export function formatTime(time: string): string {
  const at = new Date(time);
  if (language() !== "kk") return new Intl.DateTimeFormat(LOCALES[language()], { dateStyle: "long", timeStyle: "short" }).format(at);
  const minutes = String(at.getMinutes()).padStart(2, "0");
  return `${at.getFullYear()} жылғы ${at.getDate()} ${KAZAKH_MONTHS[at.getMonth()] ?? ""}, ${String(at.getHours()).padStart(2, "0")}:${minutes}`;
}

/** A file's name to be shown: signs that turn, hide or break text are replaced, never the file's own name. */
export function formatName(name: string): string {
  const shown = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu, "\u{FFFD}").trim();
  return shown === "" ? t("files.no_name") : shown;
}
