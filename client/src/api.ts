/**
 * What the pages may ask of the cryptography: the types, the stamp and the loading of the sealer.
 *
 * This file goes into the small first script, so it holds no cryptography. Everything that seals
 * comes with the second script, which `loadSealer` runs in the page; in the offline page it is there
 * already. Failures are `ClientError`s with a code (errors.ts).
 */

import { ClientError } from "./errors";
import { fetchPart } from "./fetched";
import { cleanReceiptCode } from "./protocol/check-digits";

export { ClientError, hasCode, isClientError } from "./errors";
export type { ErrorCode } from "./errors";

export type Language = "kk" | "ru" | "en";
export type Texts = Readonly<Record<Language, string>>;
/** The quiet sign: the tile that she picked for this message. */
export type Sign = "a" | "b" | "c" | "d" | "e" | "f";

export interface Service {
  readonly id: string;
  readonly name: Texts;
  readonly number: string;
  readonly answered_by: Texts;
  readonly note: Texts | null;
  readonly police_learns: "yes" | "no" | "unknown";
}

export interface CareWindow {
  readonly id: string;
  readonly hours: number;
  readonly text: Texts;
}

/** The team card (spec/card.md), as its JSON says it. */
export interface Card {
  readonly batch: number;
  readonly desk_key: string;
  readonly exit_url: string;
  readonly fetch_key: string;
  readonly format: "aigaq/card/v1";
  readonly gate_origin: string;
  readonly interval_seconds: number;
  readonly languages: readonly Language[];
  readonly log_key: string;
  readonly log_origin: string;
  readonly maximum_delay_seconds: number;
  readonly message_key: string;
  readonly names: Texts;
  readonly reading_interval: { readonly hours: number; readonly text: Texts };
  readonly root_key: string;
  readonly services: readonly Service[];
  readonly signed_at: string;
  readonly state: "trial" | "live";
  readonly team_id: string;
  readonly team_recipient: string;
  readonly version: number;
  readonly windows: readonly CareWindow[];
  readonly witnessing: {
    readonly cosigners: readonly { readonly independent?: unknown }[];
    readonly timestamp_authorities: readonly { readonly country?: unknown }[];
  };
}

export interface FingerprintWord {
  readonly word: string;
  /** The word's index in the list, with four digits. */
  readonly digits: string;
}

export interface Answer {
  /** The question's number (spec/questions.md). */
  readonly number: number;
  /** Text as she wrote it, or the ids of the tiles in the question's order with one space between. */
  readonly value: string;
}

export interface Consent {
  readonly purpose: string;
  readonly audience: string;
  /** Indexes into `items`, or null for the whole report. */
  readonly items: readonly number[] | null;
}

export interface Item {
  /** A `File` she chose or a `Blob` that the page recorded. Read by slices, never as a whole. */
  readonly content: Blob;
  /** What the phone calls it; of a `File` its name, of a recording a neutral one. */
  readonly name: string;
  /** A media type, or "" if the phone does not know. */
  readonly type: string;
  readonly hiddenDetails: "keep" | "strip" | null;
  readonly source: "recorded" | "chosen" | "answer";
}

/** A report or one part of it: "send this now, go on later". */
export interface Part {
  readonly answers: readonly Answer[];
  readonly consents: readonly Consent[];
  readonly items: readonly Item[];
  readonly language: Language;
}

export interface Progress {
  /**
   * reading: hashing the files; sending: uploading sealed bytes; waiting: the line is cut and the
   * next try comes in `retryInSeconds`; completing: the gate is asked to acknowledge.
   */
  readonly phase: "reading" | "sending" | "waiting" | "completing";
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Index into `items` of the one being read or sent, or null. */
  readonly item: number | null;
  /** An estimate from the last parts, or null while there is none. */
  readonly secondsLeft: number | null;
  readonly retryInSeconds: number | null;
}

/** What the gate has durably taken; its promise was checked. Only now say "received". */
export interface Received {
  readonly reportId: string;
  readonly commitment: string;
  /** RFC 3339, by the gate's clock. */
  readonly promisedAt: string;
  /** The receipt file, to be offered with its risk (spec/receipts.md). */
  readonly receiptFile: SavedFile;
}

export interface SavedFile {
  /** A neutral name, such as `backup-4821.tar`. */
  readonly name: string;
  readonly blob: Blob;
}

export interface CompletedReceipt extends SavedFile {
  readonly sheet: ReceiptSheet | null;
}

/** What a printed sheet says: nothing of the content, nothing of her. */
export interface ReceiptSheet {
  /** Hex; with the log's name and the entry's number it is all that the QR code holds. */
  readonly commitment: string;
  readonly logOrigin: string;
  readonly index: number;
  readonly isIndependent: boolean;
  readonly promisedAt: string;
  /** Rows of 1 (dark) and 0, or null if the log's name is too long for a code. */
  readonly qr: readonly string[] | null;
}

export interface Sending {
  /** Resolves when the gate has acknowledged; rejects with a `ClientError`. */
  readonly received: Promise<Received>;
  /**
   * Stops and asks the gate to drop what was uploaded; `received` rejects with `send.cancelled`, or
   * with `send.unsure` when the gate may already have taken the report.
   */
  cancel(): void;
}

/** One reporter with one code: as many parts as she likes, under one mailbox. */
export interface ReportSession {
  /** The report id of the last part acknowledged in this session, or null. */
  readonly lastReportId: string | null;
  /**
   * Seal and upload. The same `part` object again, after a failure, goes on where it stopped and
   * makes no second report. Throws `send.in_progress` if another sending is not done.
   */
  send(part: Part, onProgress: (progress: Progress) => void): Sending;
  /** Seal into one file that can be carried to any desk. Needs no network. */
  saveSealedFile(part: Part, onProgress: (progress: Progress) => void): Promise<SavedFile>;
}

export type DeskMessage =
  | { readonly kind: "text"; readonly sequence: number; readonly sentAt: string; readonly text: string }
  | { readonly kind: "filed"; readonly sequence: number; readonly sentAt: string; readonly reportId: string;
      readonly state: "filed" | "damaged" | "duplicate"; readonly registerNumber: number; readonly filedAt: string;
      /** The signed filing receipt, for her receipt file. */
      readonly filingReceipt: string }
  | { readonly kind: "safe"; readonly sequence: number; readonly sentAt: string; readonly reportId: string }
  | { readonly kind: "proof"; readonly sequence: number; readonly sentAt: string; readonly reportId: string;
      /** Where it stands in the public log, and whether an independent organisation has seen that. */
      readonly index: number; readonly isIndependent: boolean;
      /** The tlog-proof, for her receipt file. */
      readonly proof: string };

/** Why the mailbox must not be trusted now; each has a text. `what` is one of the codes of spec/mailbox.md. */
export interface MailboxAlarm {
  readonly code: "mailbox.alarm";
  readonly what:
    | "wrong_signature"
    | "other_mailbox"
    | "broken_chain"
    | "gate_behind_desk"
    | "wrong_promise"
    | "wrong_proof"
    | "unreadable_message";
}

export interface MailboxView {
  /**
   * Whether the answer was for this code. False for an unknown, mistyped and dead code alike: the
   * gate does not say which codes exist.
   */
  readonly found: boolean;
  /** Unread messages of the desk, oldest first. They stay until `confirm`. */
  readonly messages: readonly DeskMessage[];
  /** Parts whose promise she had not been shown yet, oldest first. Shown once. */
  readonly promises: readonly { readonly reportId: string; readonly promisedAt: string }[];
  /** More unread messages wait: confirm these, then refresh. */
  readonly more: boolean;
  /** When any is there, show it above all else and offer the phone numbers. */
  readonly alarms: readonly MailboxAlarm[];
  /** Whether she can write: false when nothing was found, and after an alarm. */
  readonly canWrite: boolean;
}

/** A mailbox opened with its code. Every method asks the gate once, and again after a cut line. */
export interface Mailbox {
  /** 24-digit codes come from the path without JavaScript: the server knew them; say so. */
  readonly serverKnewCode: boolean;
  refresh(): Promise<MailboxView>;
  /** Tell the gate that all shown messages up to `sequence` were read; it erases them. */
  confirm(sequence: number): Promise<MailboxView>;
  /** Every message carries the quiet sign that she picked now. At most `maxTextBytes` of UTF-8. */
  write(text: string, sign: Sign): Promise<MailboxView>;
  /** null means every one of them: with the code alone she knows neither ids nor numbers. */
  withdrawConsents(reportId: string | null, consents: readonly number[] | null, sign: Sign): Promise<MailboxView>;
  request(action: "withdraw" | "delete" | "limit", reportId: string | null, sign: Sign): Promise<MailboxView>;
  /** To go on with a part later: the session of the same mailbox. */
  continueReport(lastReportId: string | null): ReportSession;
  readonly maxTextBytes: number;
}

/** Everything that needs cryptography. There is one a page, and its card was verified. */
export interface Sealer {
  readonly card: Card;
  readonly fingerprint: readonly FingerprintWord[];
  /** 20 fresh digits. Show them with `groupReceiptCode`, let her type them back, then `startReport`. */
  makeReceiptCode(): string;
  /** Derive the mailbox of `code` (about half a second on a cheap phone). */
  startReport(code: string): Promise<ReportSession>;
  /** Derive the mailbox of a typed code; says nothing yet about whether the gate knows it. */
  openMailbox(code: string): Promise<Mailbox>;
  /**
   * Add what came in a message, a filing receipt or a proof, to a receipt file that she saved before.
   * Both are checked against the file first; `sheet` is there once the file holds a proof.
   */
  completeReceiptFile(receiptFile: Blob, filingReceipt: string | null, proof?: string | null): Promise<CompletedReceipt>;
}

/** What `aigaq init` stamped into this page. */
export interface Stamp {
  readonly rootKey: string;
  readonly cardText: string;
  /** Not verified yet: for texts only; recipients come from `Sealer.card`. */
  readonly card: Card;
}

declare global {
  interface Window {
    aigaqSealer?: { create(stamp: Stamp): Sealer };
    trustedTypes?: { createPolicy(name: string, rules: ScriptPolicy): ScriptPolicy };
  }
}

/** Read the stamp. Throws `bundle.no_stamp` in a bundle that was never stamped. */
export function readStamp(page: Document): Stamp {
  const text = page.getElementById("stamp")?.textContent ?? "";
  try {
    const parsed = JSON.parse(text) as { card: string; root_key: string };
    const line = parsed.card.slice(0, parsed.card.indexOf("\n"));
    return { rootKey: parsed.root_key, cardText: parsed.card, card: JSON.parse(line) as Card };
  } catch {
    throw new ClientError("bundle.no_stamp");
  }
}

/** Whether this page is the offline file: it can only save a sealed file, never send. */
export function isOfflinePage(page: Document): boolean {
  return page.querySelector('meta[name="offline"]') !== null;
}

/**
 * Load the second script and verify the card. Rejects with `bundle.sealer_not_loaded` (call it again to
 * try again; nothing that she wrote is lost) or `card.*` (stop: this page is not to be trusted).
 *
 * The script is fetched as text under its integrity and run inline, where the gate's policy allows it
 * by its hash and by nothing else: Chromium keeps the address of every script that it loads itself on
 * disk (docs/decisions/0008).
 */
export async function loadSealer(page: Document): Promise<Sealer> {
  const stamp = readStamp(page);
  if (window.aigaqSealer === undefined) {
    coming ??= runSealerScript(page).finally(() => {
      coming = null;
    });
    await coming;
  }
  if (window.aigaqSealer === undefined) throw new ClientError("bundle.sealer_not_loaded");
  return window.aigaqSealer.create(stamp);
}

/** One that is on its way already is waited for, not asked for again. */
let coming: Promise<void> | null = null;
let policy: ScriptPolicy | undefined;

/** Of Trusted Types, what we need; browsers without it take the text itself. */
interface ScriptPolicy {
  createScript(text: string): string;
}

async function runSealerScript(page: Document): Promise<void> {
  const text = await fetchPart("a/seal.js").catch(() => {
    throw new ClientError("bundle.sealer_not_loaded");
  });
  // The gate's policy knows this one name and lets it be taken once.
  policy ??= window.trustedTypes?.createPolicy("sealer", { createScript: (checked) => checked });
  const script = page.createElement("script");
  script.text = policy === undefined ? text : policy.createScript(text);
  page.head.append(script);
  script.remove();
}

/**
 * Check what a person typed. Returns the 20 or 24 digits; throws `receipt_code.not_a_digit`,
 * `.wrong_length` or `.wrong_check_digit`. Needs no sealer.
 */
export function checkReceiptCode(typed: string): string {
  return cleanReceiptCode(typed);
}

/** The digits in groups of four, as they are shown. */
export function groupReceiptCode(digits: string): readonly string[] {
  return digits.match(/.{4}/gu) ?? [];
}

/** Whether someone whom the organisation does not control watches its log (spec/log.md, "The card's witnessing"). */
export function isIndependentlyWitnessed({ witnessing }: Card): boolean {
  const countries = new Set(witnessing.timestamp_authorities.map(({ country }) => country));
  return countries.size > 1 || witnessing.cosigners.some(({ independent }) => independent === true);
}
