/**
 * Messages of a mailbox: build and open one (spec/mailbox.md, "Messages").
 *
 * A message is padded signed JSON inside an age file. Its hash, by which the next one of the same
 * direction binds it, is SHA-256 of the age file.
 */

import type { Sign } from "../api";
import { decryptWith, encryptTo, type Identity } from "../crypto/age";
import type { SigningKey } from "../crypto/signing";
import { ClientError } from "../errors";
import { type Bytes, fromHex, isEqual, toBase64, toHex, utf8 } from "./bytes";
import { exactObject, formatTime, integerMember, type Json, type JsonObject, listMember, textMember, timeMember } from "./canonical-json";
import { hash } from "./encoding";
import { padToStep, unpadFromStep } from "./padding";
import { buildSignedJson, openSignedJson } from "./signed-json";

const FORMAT = "aigaq/message/v1";
const PADDING_STEP = 4_096;
const MOST_PADDED_BYTES = 16_384;
const LENGTH_BYTES = 8;
/** Of UTF-8, in one text. */
export const MOST_TEXT_BYTES = 8_192;
const MEMBERS = [
  "body", "direction", "first_commitment", "format", "heads", "kind", "mailbox_key", "previous", "sent_at", "sequence",
  "sign", "team_id",
] as const;

const KINDS: Readonly<Record<Direction, readonly string[]>> = {
  to_desk: ["text", "withdraw_consent", "request"],
  to_reporter: ["text", "filing_receipt", "safe", "proof", "rebind"],
};
const BODY_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  filing_receipt: ["filing_receipt"],
  proof: ["proof", "report_id"],
  rebind: ["rebind"],
  request: ["action", "report_id"],
  safe: ["report_id"],
  text: ["text"],
  withdraw_consent: ["consents", "report_id"],
};

export type Direction = "to_desk" | "to_reporter";

/** The last message of a direction; sequence 0 and zeros where there was none. */
export interface Head {
  readonly sequence: number;
  readonly sha256: Bytes;
}

export interface Heads {
  readonly to_desk: Head;
  readonly to_reporter: Head;
}

export const NO_HEAD: Head = { sequence: 0, sha256: new Uint8Array(32) };

/** What binds a message to its mailbox. */
export interface MailboxNames {
  readonly teamId: Bytes;
  readonly mailboxKey: Bytes;
  /** Of the mailbox's first report; null while this side does not know it. */
  readonly firstCommitment: Bytes | null;
}

export interface Message {
  readonly body: JsonObject;
  readonly direction: Direction;
  readonly firstCommitment: Bytes;
  readonly heads: Heads;
  readonly kind: string;
  readonly previous: Bytes;
  readonly sentAt: string;
  readonly sequence: number;
  readonly sign: string;
}

/** A message of hers, encrypted to the team. Throws `message.too_long`. */
export async function sealMessage(
  { kind, body, sign: quietSign, heads }: { kind: string; body: JsonObject; sign: Sign; heads: Heads },
  { names, key, recipient, sentAt }: { names: MailboxNames & { firstCommitment: Bytes }; key: SigningKey; recipient: string; sentAt: Date },
): Promise<Bytes> {
  const signed = buildSignedJson({
    body,
    direction: "to_desk",
    first_commitment: toHex(names.firstCommitment),
    format: FORMAT,
    heads: { to_desk: headJson(heads.to_desk), to_reporter: headJson(heads.to_reporter) },
    kind,
    mailbox_key: toBase64(names.mailboxKey),
    previous: toHex(heads.to_desk.sha256),
    sent_at: formatTime(sentAt),
    sequence: heads.to_desk.sequence + 1,
    sign: quietSign,
    team_id: toHex(names.teamId),
  }, key);
  if (signed.length + LENGTH_BYTES > MOST_PADDED_BYTES) throw new ClientError("message.too_long");
  return encryptTo(recipient, padToStep(signed, PADDING_STEP));
}

/**
 * A message of `direction`, as it says it. Throws `message.not_for_us`, `.bad_padding`,
 * `.wrong_signature`, `.bad_form` or `.other_mailbox`; its place in the chain is for
 * `checkOrder` to judge.
 */
export async function openMessage(
  file: Bytes,
  { identity, signer, direction, names }: { identity: Identity; signer: Bytes; direction: Direction; names: MailboxNames },
): Promise<Message> {
  const object = openSigned(unpad(await decrypt(file, identity)), signer);
  const message = parseMessage(object);
  const isOurs = message.direction === direction
    && object["team_id"] === toHex(names.teamId)
    && object["mailbox_key"] === toBase64(names.mailboxKey)
    && (names.firstCommitment === null || isEqual(message.firstCommitment, names.firstCommitment));
  if (!isOurs) throw new ClientError("message.other_mailbox");
  return message;
}

/** Whether `message` is the next one after `head`. Throws `message.repeated` or `.out_of_order`. */
export function checkOrder(message: Message, head: Head): void {
  if (message.sequence <= head.sequence) throw new ClientError("message.repeated");
  if (message.sequence !== head.sequence + 1 || !isEqual(message.previous, head.sha256)) {
    throw new ClientError("message.out_of_order");
  }
}

export function headAfter(file: Bytes, sequence: number): Head {
  return { sequence, sha256: hash(file) };
}

/** Throws `encoding.*`. */
export function parseHead(value: Json | undefined): Head {
  const head = exactObject(value ?? null, ["sequence", "sha256"]);
  const parsed = { sequence: integerMember(head, "sequence"), sha256: fromHex(head["sha256"], 32) };
  if ((parsed.sequence === 0) !== isEqual(parsed.sha256, NO_HEAD.sha256)) throw new ClientError("encoding.bad_form");
  return parsed;
}

/** Throws `encoding.*`. */
export function parseHeads(value: Json | undefined): Heads {
  const heads = exactObject(value ?? null, ["to_desk", "to_reporter"]);
  return { to_desk: parseHead(heads["to_desk"]), to_reporter: parseHead(heads["to_reporter"]) };
}

export function isSameHead(a: Head, b: Head): boolean {
  return a.sequence === b.sequence && isEqual(a.sha256, b.sha256);
}

function parseMessage(object: JsonObject): Message {
  try {
    exactObject(object, MEMBERS);
    const direction = object["direction"];
    const kind = textMember(object, "kind");
    const quietSign = textMember(object, "sign");
    const sequence = integerMember(object, "sequence");
    const previous = fromHex(object["previous"], 32);
    const isFirst = isEqual(previous, NO_HEAD.sha256);
    const isForm = (direction === "to_desk" || direction === "to_reporter")
      && KINDS[direction].includes(kind)
      && (direction === "to_desk" ? /^[a-f]$/u : /^a$/u).test(quietSign)
      && sequence > 0 && (sequence === 1) === isFirst;
    if (!isForm) throw new ClientError("message.bad_form");
    return {
      body: checkBody(kind, object["body"] ?? null),
      direction,
      firstCommitment: fromHex(object["first_commitment"], 32),
      heads: parseHeads(object["heads"]),
      kind,
      previous,
      sentAt: timeMember(object, "sent_at"),
      sequence,
      sign: quietSign,
    };
  } catch {
    throw new ClientError("message.bad_form");
  }
}

/** The body that its kind prescribes. Throws `encoding.*`. */
function checkBody(kind: string, value: Json): JsonObject {
  const body = exactObject(value, BODY_MEMBERS[kind] ?? []);
  switch (kind) {
    case "text": {
      const { length } = utf8(textMember(body, "text"));
      if (length === 0 || length > MOST_TEXT_BYTES) throw new ClientError("message.bad_form");
      break;
    }
    case "filing_receipt":
    case "proof":
    case "rebind":
      if (textMember(body, kind) === "") throw new ClientError("message.bad_form");
      break;
    case "withdraw_consent":
      if (body["consents"] !== null) {
        const consents = listMember(body, "consents");
        const rise = consents.every((one, index) => typeof one === "number" && one > Number(consents[index - 1] ?? -1));
        if (!rise) throw new ClientError("message.bad_form");
      }
      break;
    case "request":
      if (!["withdraw", "delete", "limit"].includes(textMember(body, "action"))) throw new ClientError("message.bad_form");
      break;
    default:
      break;
  }
  if ("report_id" in body && (kind === "safe" || kind === "proof" || body["report_id"] !== null)) fromHex(body["report_id"], 32);
  return body;
}

async function decrypt(file: Bytes, identity: Identity): Promise<Bytes> {
  try {
    return await decryptWith(identity, file);
  } catch {
    throw new ClientError("message.not_for_us");
  }
}

function unpad(padded: Bytes): Uint8Array {
  try {
    if (padded.length > MOST_PADDED_BYTES) throw new ClientError("message.bad_padding");
    return unpadFromStep(padded, PADDING_STEP);
  } catch {
    throw new ClientError("message.bad_padding");
  }
}

function openSigned(signed: Uint8Array, publicKey: Bytes): JsonObject {
  try {
    return openSignedJson(signed, { format: FORMAT, publicKey });
  } catch (error) {
    const isSignature = error instanceof ClientError && error.code === "signed_json.wrong_signature";
    throw new ClientError(isSignature ? "message.wrong_signature" : "message.bad_form");
  }
}

function headJson({ sequence, sha256 }: Head): JsonObject {
  return { sequence, sha256: toHex(sha256) };
}
