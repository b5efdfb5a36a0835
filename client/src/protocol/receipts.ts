/** Promises, filing receipts and the receipt file (spec/receipts.md). */

import type { ReceiptSheet } from "../api";
import { ClientError } from "../errors";
import { randomDigits } from "../crypto/random";
import { type Bytes, fromHex, isEqual, toBase64, toHex, utf8 } from "./bytes";
import { canonicalJson, exactObject, integerMember, type JsonObject, parseCanonicalJson, textMember, timeMember } from "./canonical-json";
import { verifyCard, type VerifiedCard } from "./card";
import { checkLogProof, originOf } from "./log-proof";
import type { Commitment } from "./manifest";
import { qrRows } from "./qr";
import { openSignedJson } from "./signed-json";

const RECEIPT_MEMBERS = [
  "card", "commitment", "filing_receipt", "format", "leaf_count", "mailbox_key", "promise", "proof", "report_id", "root",
  "root_salt", "team_id",
] as const;

export interface SignedPromise {
  readonly commitment: Bytes;
  readonly maximumDelaySeconds: number;
  readonly promisedAt: string;
  readonly reportId: string;
}

export interface FilingReceipt {
  readonly commitment: Bytes;
  readonly filedAt: string;
  readonly registerNumber: number;
  readonly reportId: string;
  readonly state: "filed" | "damaged" | "duplicate";
}

/** A promise under the card's log key, for the card's team and log. Throws `promise.refused`. */
export function openPromise(text: string, card: VerifiedCard): SignedPromise {
  return orRefused(() => {
    const object = openSignedJson(utf8(text), { format: "aigaq/promise/v1", publicKey: card.logKey });
    exactObject(object, ["commitment", "format", "log_origin", "maximum_delay_seconds", "promised_at", "report_id", "team_id"]);
    const isOurs = object["log_origin"] === card.card.log_origin && object["team_id"] === card.card.team_id;
    if (!isOurs) throw new ClientError("promise.refused");
    return {
      commitment: fromHex(object["commitment"], 32),
      maximumDelaySeconds: integerMember(object, "maximum_delay_seconds"),
      promisedAt: timeMember(object, "promised_at"),
      reportId: toHex(fromHex(object["report_id"], 32)),
    };
  });
}

/**
 * The promise over this very report, within the card's delay, or `promise.refused`: only then it is received.
 * Its time is compared with no clock: that of a phone may be years off.
 */
export function checkPromise(text: string, card: VerifiedCard, own: { commitment: Bytes; reportId: string }): SignedPromise {
  const promise = openPromise(text, card);
  const isOverOurs = promise.reportId === own.reportId && isEqual(promise.commitment, own.commitment);
  if (!isOverOurs || promise.maximumDelaySeconds > card.card.maximum_delay_seconds) {
    throw new ClientError("promise.refused");
  }
  return promise;
}

/** A filing receipt under the card's message key. Throws `encoding.*`. */
export function openFilingReceipt(text: string, card: VerifiedCard): FilingReceipt {
  const object = openSignedJson(utf8(text), { format: "aigaq/filing-receipt/v1", publicKey: card.messageKey });
  exactObject(object, ["commitment", "filed_at", "format", "register_number", "report_id", "state", "team_id"]);
  const state = object["state"];
  if (integerMember(object, "register_number") < 1) throw new ClientError("encoding.bad_form");
  const isState = state === "filed" || state === "damaged" || state === "duplicate";
  if (!isState || object["team_id"] !== card.card.team_id) throw new ClientError("encoding.bad_form");
  return {
    commitment: fromHex(object["commitment"], 32),
    filedAt: timeMember(object, "filed_at"),
    registerNumber: integerMember(object, "register_number"),
    reportId: toHex(fromHex(object["report_id"], 32)),
    state,
  };
}

export function buildReceiptFile(facts: {
  card: VerifiedCard; commitment: Commitment; mailboxKey: Bytes; promise: string; reportId: string;
}): Bytes {
  return receiptBytes({
    card: facts.card.text,
    commitment: toHex(facts.commitment.value),
    filing_receipt: null,
    format: "aigaq/receipt/v1",
    leaf_count: facts.commitment.leafCount,
    mailbox_key: toBase64(facts.mailboxKey),
    promise: facts.promise,
    proof: null,
    report_id: facts.reportId,
    root: toHex(facts.commitment.root),
    root_salt: toBase64(facts.commitment.rootSalt),
    team_id: facts.card.card.team_id,
  });
}

/** A receipt file as read: members of which only the form was checked. Throws `encoding.*`. */
function readReceipt(file: Bytes): JsonObject {
  if (file[file.length - 1] !== 0x0a) throw new ClientError("encoding.bad_form");
  const receipt = exactObject(parseCanonicalJson(file.subarray(0, -1)), RECEIPT_MEMBERS);
  if (receipt["format"] !== "aigaq/receipt/v1") throw new ClientError("encoding.bad_form");
  return receipt;
}

/** The receipt file with the proof of the same report in it. Throws `encoding.*`, `proof.refused`. */
export function addLogProof(file: Bytes, proof: string, card: VerifiedCard): Bytes {
  const receipt = readReceipt(file);
  checkLogProof(proof, cardOfLog(proof, receipt, card), fromHex(receipt["commitment"], 32));
  return receiptBytes({ ...receipt, proof });
}

/** The card of the log that a proof is of: the present one, or after a seizure that of the receipt file. */
function cardOfLog(proof: string, receipt: JsonObject, card: VerifiedCard): VerifiedCard {
  return originOf(proof) === card.card.log_origin ? card : ownCard(receipt, card);
}

/** The card in the receipt file, under the same root. Throws `card.*`, `encoding.bad_form`. */
function ownCard(receipt: JsonObject, card: VerifiedCard): VerifiedCard {
  const own = verifyCard({ rootKey: card.card.root_key, cardText: textMember(receipt, "card") });
  if (own.card.team_id !== card.card.team_id) throw new ClientError("encoding.bad_form");
  return own;
}

/** What a printed sheet says of a receipt file, or null while it has no proof. */
export function describeReceipt(file: Bytes, card: VerifiedCard): ReceiptSheet | null {
  const receipt = readReceipt(file);
  if (receipt["proof"] === null) return null;
  const commitment = textMember(receipt, "commitment");
  const proof = textMember(receipt, "proof");
  const { index, origin, isIndependent } = checkLogProof(proof, cardOfLog(proof, receipt, card), fromHex(commitment, 32));
  const { promisedAt } = openPromise(textMember(receipt, "promise"), ownCard(receipt, card));
  const qr = qrRows(`AIGAQ RECEIPT 1\n${commitment}\n${origin}\n${index}`);
  return { commitment, logOrigin: origin, index, isIndependent, promisedAt, qr };
}

/** The receipt file with the filing receipt of the same report in it. Throws `encoding.*`. */
export function addFilingReceipt(file: Bytes, filingReceipt: string, card: VerifiedCard): Bytes {
  const receipt = readReceipt(file);
  const { reportId, commitment } = openFilingReceipt(filingReceipt, card);
  const isOfReport = textMember(receipt, "report_id") === reportId
    && textMember(receipt, "commitment") === toHex(commitment);
  if (!isOfReport) throw new ClientError("encoding.bad_form");
  return receiptBytes({ ...receipt, filing_receipt: filingReceipt });
}

/** A neutral name that tells nothing of what the file is for beyond its kind. */
export function receiptFileName(): string {
  return `receipt-${randomDigits(4)}.json`;
}

export function sealedFileName(): string {
  return `backup-${randomDigits(4)}.tar`;
}

function receiptBytes(receipt: JsonObject): Bytes {
  return utf8(`${canonicalJson(receipt)}\n`);
}

function orRefused<Result>(read: () => Result): Result {
  try {
    return read();
  } catch {
    throw new ClientError("promise.refused");
  }
}
