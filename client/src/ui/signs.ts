/** The six tiles of the quiet sign, drawn by hand: a phone without emoji shows them too. */

import type { Sign } from "../api";
import { h } from "./dom";
import { t } from "./texts";

export const SIGNS: readonly Sign[] = ["a", "b", "c", "d", "e", "f"];

const DRAWINGS: Readonly<Record<Sign, string>> = {
  a: "M12 7c-2-2-7-1-7 5 0 5 3 8 5 8 1 0 1-.5 2-.5s1 .5 2 .5c2 0 5-3 5-8 0-6-5-7-7-5zM12 7c0-2 1-4 3-4",
  b: "M6 16v-5a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  c: "M5 8h11v6a5 5 0 0 1-5 5h-1a5 5 0 0 1-5-5zM16 10h2a2 2 0 0 1 0 5h-2",
  d: "M6 21V4h12v17M3 21h18M14 12v1",
  e: "M12 3l6 8h-3l4 6H5l4-6H6zM12 17v4",
  f: "M3 12c4-7 11-7 14-2l4-3v10l-4-3c-3 5-10 5-14-2zM8 11v.5",
};

function drawing(sign: Sign): SVGElement {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", DRAWINGS[sign]);
  picture.append(line);
  return picture;
}

/** A tile with its input, picture and word. */
export function signTile(sign: Sign, input: HTMLInputElement): HTMLElement {
  return h("label", { class: "choice" }, input, drawing(sign), h("span", {}, t(`q.quiet_sign.o.${sign}`)));
}
