/**
 * Signed requests of a mailbox and their fixed-length answers (spec/mailbox.md).
 *
 * Each request spends a nonce; every answer brings the next one. Whether the gate's clock or the
 * phone's is right does not matter: an expiry is only repeated, and a nonce's age is measured by
 * the page's own running time.
 */

import { decryptWith } from "../crypto/age";
import { sign, type SigningKey } from "../crypto/signing";
import { ClientError, hasCode } from "../errors";
import { type Bytes, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "../protocol/bytes";
import { canonicalJson, exactObject, integerMember, type Json, type JsonObject, listMember, parseCanonicalObject, textMember } from "../protocol/canonical-json";
import type { VerifiedCard } from "../protocol/card";
import { encodeParts, hash, uint64 } from "../protocol/encoding";
import { type Heads, parseHeads } from "../protocol/message";
import { unpadFromStep } from "../protocol/padding";
import type { MailboxKeys } from "../protocol/receipt-code";
import { type Answer, type Line, LineBroken } from "../upload/line";

const PATH = "/api/mailbox";
const LABEL = "aigaq/mailbox/v1";
const ANSWER_STEP = 65_536;
type Identity = MailboxKeys["identity"];
/** Nonces live 120 seconds; an older one than this is not used any more. */
const NONCE_AGE_MS = 90_000;
const MOST_REFUSALS = 3;

export interface Outgoing {
  readonly ciphertext: Bytes;
  readonly previous: Bytes;
  readonly sequence: number;
}

export interface MailboxRequest {
  readonly confirm: readonly number[];
  readonly confirmPromises: readonly string[];
  readonly send: Outgoing | null;
}

export interface MailboxAnswer {
  /** What the gate says; a wrong one makes the desk refuse her message, and nothing worse. */
  readonly firstCommitment: Bytes;
  readonly heads: Heads;
  readonly messages: readonly { readonly ciphertext: Bytes; readonly sequence: number }[];
  readonly more: boolean;
  readonly promises: readonly { readonly promise: string; readonly reportId: string }[];
  readonly sent: "taken" | "out_of_order" | "none";
}

interface Nonce {
  readonly value: Bytes;
  readonly expiry: number;
  readonly gotAt: number;
}

/** What the signature of a request is over. */
export function requestBytes(request: {
  label: string; teamId: Bytes; origin: string; method: string; path: string; body: Bytes; nonce: Bytes; expiry: number;
}): Bytes {
  const { label, teamId, origin, method, path, body, nonce, expiry } = request;
  return encodeParts(label, teamId, origin, method, path, hash(body), nonce, uint64(expiry));
}

/** The body of a request. */
export function requestBody(request: MailboxRequest): Bytes {
  const { confirm, confirmPromises, send } = request;
  return utf8(canonicalJson({
    confirm,
    confirm_promises: confirmPromises,
    format: "aigaq/mailbox-request/v1",
    send: send === null ? null : { ciphertext: toBase64(send.ciphertext), previous: toHex(send.previous), sequence: send.sequence },
  }));
}

export class MailboxClient {
  readonly #card: VerifiedCard;
  readonly #keys: MailboxKeys;
  readonly #line: Line;
  #nonce: Nonce | null = null;

  constructor(card: VerifiedCard, keys: MailboxKeys, line: Line) {
    this.#card = card;
    this.#keys = keys;
    this.#line = line;
  }

  /**
   * The gate's answer, or null when it was not written for this code: unknown, mistyped and dead
   * look the same. Throws `gate.*`.
   */
  async ask(request: MailboxRequest): Promise<MailboxAnswer | null> {
    const answer = await this.#post(requestBody(request));
    try {
      const plaintext = await decryptWith(this.#keys.identity, answer.body);
      return await parseMailboxAnswer(unpadFromStep(plaintext, ANSWER_STEP), this.#keys.identity);
    } catch (error) {
      if (hasCode(error, "age.bad_file")) return null;
      throw new ClientError("gate.refused", { status: answer.status });
    }
  }

  async #post(body: Bytes): Promise<Answer & { body: Bytes }> {
    for (let refusals = 0; refusals < MOST_REFUSALS; refusals += 1) {
      const answer = await this.#line.until(async () => {
        const nonce = await this.#takeNonce();
        return this.#line.once("POST", PATH, { ...signedHeaders(this.#card, this.#keys.signingKey, { body, nonce }), "Content-Type": "application/json" }, body);
      });
      this.#nonce = nonceFrom(answer);
      if (answer.status === 200) return { ...answer, body: new Uint8Array(answer.body) };
      if (answer.status !== 401) throw new ClientError("gate.refused", { status: answer.status });
    }
    throw new ClientError("gate.refused", { status: 401 });
  }

  /** A nonce is spent by the try, whether or not its answer arrives. */
  async #takeNonce(): Promise<Nonce> {
    const held = this.#nonce;
    this.#nonce = null;
    if (held !== null && performance.now() - held.gotAt < NONCE_AGE_MS) return held;
    const answer = await this.#line.once("POST", "/api/nonce");
    try {
      const { expires_at: expiry, nonce } = JSON.parse(fromUtf8(answer.body)) as { expires_at: number; nonce: string };
      return { value: fromBase64(nonce, 32), expiry, gotAt: performance.now() };
    } catch {
      throw new LineBroken();
    }
  }
}

/**
 * The plaintext of the gate's answer. What names a report in the log lies at the gate sealed to
 * this mailbox and is opened here. Throws `encoding.*`.
 */
export async function parseMailboxAnswer(json: Uint8Array, identity: Identity): Promise<MailboxAnswer> {
  const object = exactObject(parseCanonicalObject(json), ["first_commitment", "first_commitment_sealed", "format", "heads", "messages", "more", "promises", "sent"]);
  const { more, sent } = object;
  const isSent = sent === "taken" || sent === "out_of_order" || sent === "none";
  if (object["format"] !== "aigaq/mailbox-answer/v1" || typeof more !== "boolean" || !isSent) {
    throw new ClientError("encoding.bad_form");
  }
  return {
    firstCommitment: await readFirstCommitment(object, identity),
    heads: parseHeads(object["heads"]),
    messages: listMember(object, "messages").map((value) => {
      const message = exactObject(value, ["ciphertext", "sequence"]);
      return { ciphertext: fromBase64(message["ciphertext"]), sequence: integerMember(message, "sequence") };
    }),
    more,
    promises: await Promise.all(listMember(object, "promises").map((value) => readPromise(value, identity))),
    sent,
  };
}

/** The first commitment, opened if it is sealed; then none stands beside it. */
async function readFirstCommitment(object: JsonObject, identity: Identity): Promise<Bytes> {
  const plain = fromHex(object["first_commitment"], 32);
  if (object["first_commitment_sealed"] === null) return plain;
  const opened = await openSealed(object["first_commitment_sealed"], identity);
  if (opened.length !== 32 || plain.some((byte) => byte !== 0)) throw new ClientError("encoding.bad_form");
  return opened;
}

/** A promise stands as text or sealed, never both. */
async function readPromise(value: Json, identity: Identity): Promise<{ promise: string; reportId: string }> {
  const object = exactObject(value, ["promise", "report_id", "sealed"]);
  const reportId = toHex(fromHex(object["report_id"], 32));
  if (object["sealed"] === null) return { promise: textMember(object, "promise"), reportId };
  if (object["promise"] !== null) throw new ClientError("encoding.bad_form");
  return { promise: fromUtf8(await openSealed(object["sealed"], identity)), reportId };
}

/** One that does not open is a false answer, and no mailbox of somebody else. */
async function openSealed(value: Json | undefined, identity: Identity): Promise<Bytes> {
  const sealed = fromBase64(value);
  try {
    return await decryptWith(identity, sealed);
  } catch {
    throw new ClientError("encoding.bad_form");
  }
}

function signedHeaders(card: VerifiedCard, key: SigningKey, { body, nonce }: { body: Bytes; nonce: Nonce }): Record<string, string> {
  const signed = requestBytes({
    label: LABEL, teamId: card.teamId, origin: card.card.gate_origin, method: "POST", path: PATH, body, nonce: nonce.value, expiry: nonce.expiry,
  });
  return {
    "Aigaq-Key": toBase64(key.publicKey),
    "Aigaq-Nonce": toBase64(nonce.value),
    "Aigaq-Expiry": String(nonce.expiry),
    "Aigaq-Signature": toBase64(sign(signed, key)),
  };
}

function nonceFrom(answer: Answer): Nonce | null {
  const expiry = Number(answer.headers.get("Aigaq-Expiry") ?? "x");
  try {
    const value = fromBase64(answer.headers.get("Aigaq-Nonce"), 32);
    return Number.isSafeInteger(expiry) ? { value, expiry, gotAt: performance.now() } : null;
  } catch {
    return null;
  }
}
