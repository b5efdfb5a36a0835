/** What to say about an error: what happened, what is safe, what to do. */

import { isClientError } from "../api";
import { formatName } from "./format";
import { hasText, t } from "./texts";

/** `names` are those of the items, for errors that speak of one. */
export function problemText(error: unknown, names: readonly string[] = []): string {
  if (!isClientError(error)) return t("error.generic", { code: "page" });
  const item = error.context["item"];
  const name = typeof item === "number" ? formatName(names[item] ?? "") : "";
  const keys = [`error.${error.code}`, `error.${error.code.split(".")[0] ?? ""}`];
  const key = keys.find(hasText);
  return key === undefined ? t("error.generic", { code: error.code }) : t(key, { name });
}
