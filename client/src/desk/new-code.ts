/**
 * The desk's page on which staff draw a new receipt code with the reporter beside them.
 *
 * The digits live in this page alone: drawn by the browser's generator, shown once, typed back from
 * paper, turned into keys, forgotten. The form takes the public half and the recipient and nothing
 * else; on the page of a report told to staff it takes the signing key, with which the desk signs
 * that one report's header, in place of the public half. Words and places are in `new_code.html` and
 * `new_report.html`; this script only shows, hides and fills.
 * Source: spec/receipt-code.md, spec/mailbox.md (rebind), spec/report.md (header).
 */

import { fromHex, toBase64 } from "../protocol/bytes";
import { cleanReceiptCode } from "../protocol/check-digits";
import { deriveMailboxKeys, makeReceiptCode } from "../protocol/receipt-code";

const TEAM_ID_BYTES = 16;
const GROUP = /.{4}/g;
const STEPS = ["ask", "draw", "type", "bind"] as const;

type Step = (typeof STEPS)[number];

const page = find<HTMLElement>("[data-new-code]");
const form = find<HTMLFormElement>("#bind");
const shown = find<HTMLElement>("[data-code]");
const typed = find<HTMLInputElement>("#typed");
let code: string | null = null;

// After a refusal the page holds the keys already, and only the last step: the paper stays good.
if (document.querySelector("[data-draw]") !== null) start();

function start(): void {
  go("ask");
  find("[data-draw]").addEventListener("click", draw);
  find("[data-written]").addEventListener("click", askToType);
  for (const again of page.querySelectorAll("[data-again]")) again.addEventListener("click", startAgain);
  find("#typed-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void check();
  });
  window.addEventListener("pagehide", forget);
}

function draw(): void {
  if (!form.reportValidity()) return;
  code = makeReceiptCode();
  shown.replaceChildren(...(code.match(GROUP) ?? []).map((group) => {
    const span = document.createElement("span");
    span.textContent = group;
    return span;
  }));
  go("draw");
}

function askToType(): void {
  shown.replaceChildren();
  go("type");
  typed.focus();
}

async function check(): Promise<void> {
  if (code === null) return;
  const fault = faultOf(typed.value, code);
  for (const text of page.querySelectorAll<HTMLElement>("[data-fault]")) text.hidden = text.dataset["fault"] !== fault;
  typed.setAttribute("aria-invalid", String(fault !== null));
  if (fault !== null) {
    typed.focus();
    return;
  }
  const digits = code;
  forget();
  const keys = await deriveMailboxKeys(digits, fromHex(page.dataset["team"] ?? "", TEAM_ID_BYTES));
  const isReport = document.querySelector("input[name=mailbox_seed]") !== null;
  if (isReport) keyField("mailbox_seed").value = toBase64(keys.signingKey.seed);
  else keyField("mailbox_key").value = toBase64(keys.signingKey.publicKey);
  keyField("mailbox_recipient").value = keys.identity.recipient;
  go("bind");
}

/** Why what was typed is not the code, as the page names it; null if it is. */
function faultOf(text: string, expected: string): string | null {
  try {
    return cleanReceiptCode(text) === expected ? null : "differs";
  } catch {
    return "digits";
  }
}

function startAgain(): void {
  forget();
  for (const text of page.querySelectorAll<HTMLElement>("[data-fault]")) text.hidden = true;
  go("ask");
}

function forget(): void {
  code = null;
  shown.replaceChildren();
  typed.value = "";
}

/** Show one step; a heading that appears gets the focus, so that it is read out. */
function go(step: Step): void {
  for (const name of STEPS) find(`[data-step=${name}]`).hidden = name !== step;
  if (step !== "ask") find(`[data-step=${step}] h2`).focus();
}

function keyField(name: string): HTMLInputElement {
  return find<HTMLInputElement>(`input[name=${name}]`);
}

function find<E extends HTMLElement>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (found === null) throw new Error(selector);
  return found;
}
