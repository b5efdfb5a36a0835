/** Hand a file to the browser to be saved. */

import type { SavedFile } from "../api";
import { h } from "./dom";

const REVOKE_AFTER_MS = 60_000;

export function saveFile(file: SavedFile): void {
  const url = URL.createObjectURL(file.blob);
  const link = h("a", { href: url, download: file.name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}
