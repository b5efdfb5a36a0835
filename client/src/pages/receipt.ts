/** A saved receipt file: completed by what came in the mailbox, saved again, printed as a sheet. */

import type { ReceiptSheet } from "../api";
import { button, h, title } from "../ui/dom";
import { formatTime } from "../ui/format";
import { problemText } from "../ui/problem";
import { saveFile } from "../ui/save";
import { t } from "../ui/texts";
import type { App } from "./app";

const QUIET = 4;
const SVG = "http://www.w3.org/2000/svg";

/** Choose the file, get it back with `add` in it; once it has a proof there is a sheet to print. */
export function receiptControl(app: App, add: { filingReceipt?: string; proof?: string }): HTMLElement {
  const problem = h("p", { class: "error-text", role: "alert" });
  const after = h("div", { class: "row" });
  const input = h("input", { type: "file", accept: ".json,application/json", class: "unseen", tabindex: -1, "aria-hidden": "true", autocomplete: "off", on: {
    change: () => void complete(),
  } });
  const complete = async (): Promise<void> => {
    const file = input.files?.[0];
    if (file === undefined || app.sealer === null) return;
    try {
      const done = await app.sealer.completeReceiptFile(file, add.filingReceipt ?? null, add.proof ?? null);
      saveFile(done);
      problem.textContent = "";
      const { sheet } = done;
      after.replaceChildren(...(sheet === null ? [] : [button(t("sheet.show"), () => showSheet(app, sheet))]));
    } catch (error) {
      problem.textContent = problemText(error);
    }
  };
  return h(
    "details",
    {},
    h("summary", {}, t("mail.receipt_add")),
    h("p", {}, t("mail.receipt_text")),
    input,
    button(t("mail.receipt_choose"), () => input.click()),
    problem,
    after,
  );
}

/** The sheet says nothing of the content; its risk stands above it before anything is printed. */
function showSheet(app: App, sheet: ReceiptSheet): void {
  const back = app.view;
  app.show(() => {
    document.body.classList.add("printable");
    app.onLeave(() => document.body.classList.remove("printable"));
    return h(
      "div",
      {},
      h("div", { class: "unprinted" }, h("p", { class: "notice care" }, t("sheet.risk"))),
      title(t("sheet.title")),
      h("p", {}, t("sheet.text", { time: formatTime(sheet.promisedAt) })),
      sheet.qr !== null && drawCode(sheet.qr),
      h("p", { class: "why" }, t("sheet.code")),
      h(
        "dl",
        { class: "answers" },
        fact(t("sheet.commitment"), sheet.commitment.match(/.{8}/gu)?.join(" ") ?? ""),
        fact(t("sheet.log"), sheet.logOrigin),
        fact(t("sheet.index"), String(sheet.index)),
      ),
      !sheet.isIndependent && h("p", {}, t("sheet.alone")),
      h("p", {}, t("sheet.check")),
      h(
        "div",
        { class: "row unprinted" },
        button(t("sheet.print"), () => window.print(), { class: "primary" }),
        back !== null && button(t("nav.back"), () => app.show(back)),
      ),
    );
  });
}

function fact(name: string, value: string): HTMLElement {
  return h("div", {}, h("dt", {}, name), h("dd", { translate: "no" }, value));
}

function drawCode(rows: readonly string[]): Element {
  const size = rows.length + 2 * QUIET;
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${size} ${size}`);
  picture.setAttribute("class", "qr");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", t("sheet.code"));
  const dark = document.createElementNS(SVG, "path");
  const cells = rows.flatMap((row, y) => [...row].map((cell, x) => (cell === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")));
  dark.setAttribute("d", cells.join(""));
  picture.append(dark);
  return picture;
}
