/** Readers that only the gate or the desk need, for the tests of the vectors. */

import { isSigned } from "../crypto/signing";
import { ClientError } from "../errors";
import { type MailboxRequest, requestBytes } from "../mailbox/requests";
import { type Bytes, fromBase64, fromHex, isEqual } from "../protocol/bytes";
import { exactObject, integerMember, type JsonObject, listMember, parseCanonicalObject, textMember } from "../protocol/canonical-json";
import { hashParts, uint64 } from "../protocol/encoding";

const RECEIPT_MEMBERS = [
  "card", "commitment", "filing_receipt", "format", "leaf_count", "mailbox_key", "promise", "proof", "report_id", "root",
  "root_salt", "team_id",
];
const MOST_CIPHERTEXT_BYTES = 24_576;

/** A signed request as the gate checks it. Throws `gate.refused`. */
export function checkRequest(vector: Record<string, unknown>): void {
  try {
    const headers = vector["headers"] as Record<string, string>;
    const expiry = headers["Aigaq-Expiry"] ?? "";
    if (!/^[1-9][0-9]{0,15}$/u.test(expiry) || Number(vector["now"]) > Number(expiry)) throw new ClientError("gate.refused");
    const signed = requestBytes({
      label: String(vector["label"]), teamId: fromHex(vector["team_id"], 16), origin: String(vector["gate_origin"]),
      method: String(vector["method"]), path: String(vector["path"]), body: fromBase64(vector["body"]),
      nonce: fromBase64(headers["Aigaq-Nonce"], 32), expiry: Number(expiry),
    });
    const key = fromBase64(headers["Aigaq-Key"], 32);
    if (!isSigned(signed, fromBase64(headers["Aigaq-Signature"], 64), key)) throw new ClientError("gate.refused");
  } catch {
    throw new ClientError("gate.refused");
  }
}

/** A request's body as the gate reads it. Throws `encoding.*`. */
export function readRequestBody(body: Bytes): MailboxRequest {
  const object = exactObject(parseCanonicalObject(body), ["confirm", "confirm_promises", "format", "send"]);
  if (object["format"] !== "aigaq/mailbox-request/v1") throw new ClientError("encoding.bad_form");
  const confirm = listMember(object, "confirm").map((one) => integerMember({ one }, "one"));
  if (confirm.some((one, index) => one <= (confirm[index - 1] ?? -1))) throw new ClientError("encoding.bad_form");
  const confirmPromises = listMember(object, "confirm_promises").map((one) => {
    fromHex(one, 32);
    return String(one);
  });
  return { confirm, confirmPromises, send: object["send"] === null ? null : readSend(exactObject(object["send"] ?? null, ["ciphertext", "previous", "sequence"])) };
}

function readSend(send: JsonObject): MailboxRequest["send"] {
  const ciphertext = fromBase64(send["ciphertext"]);
  const sequence = integerMember(send, "sequence");
  if (ciphertext.length === 0 || ciphertext.length > MOST_CIPHERTEXT_BYTES || sequence < 1) throw new ClientError("encoding.bad_form");
  return { ciphertext, previous: fromHex(send["previous"], 32), sequence };
}

/** A receipt file whose commitment is that of its own facts. Throws `encoding.*`, `report.wrong_commitment`. */
export function readReceiptFile(file: Bytes): void {
  if (file[file.length - 1] !== 0x0a) throw new ClientError("encoding.bad_form");
  const receipt = exactObject(parseCanonicalObject(file.subarray(0, -1)), RECEIPT_MEMBERS);
  const leafCount = integerMember(receipt, "leaf_count");
  for (const name of ["card", "promise"]) textMember(receipt, name);
  if (receipt["format"] !== "aigaq/receipt/v1" || leafCount < 1) throw new ClientError("encoding.bad_form");
  for (const name of ["filing_receipt", "proof"]) if (receipt[name] !== null) textMember(receipt, name);
  fromHex(receipt["report_id"], 32);
  const opened = hashParts(
    "aigaq/commitment/v1", fromBase64(receipt["root_salt"], 32), fromHex(receipt["team_id"], 16),
    fromBase64(receipt["mailbox_key"], 32), uint64(leafCount), fromHex(receipt["root"], 32),
  );
  if (!isEqual(opened, fromHex(receipt["commitment"], 32))) throw new ClientError("report.wrong_commitment");
}
