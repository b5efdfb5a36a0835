/**
 * Sending one part: every item by its own upload, then `complete`, then the checked promise.
 *
 * An item whose upload is lost starts again under a new file key (PROTOCOL 14); `complete` is sent
 * with the same bytes until it is answered, and the gate answers the same header the same way.
 */

import type { Progress } from "../api";
import { randomBytes } from "../crypto/random";
import { ClientError, type ErrorCode, hasCode } from "../errors";
import { type Bytes, fromUtf8 } from "../protocol/bytes";
import type { VerifiedCard } from "../protocol/card";
import { itemMemberName, type Member, reportIdOf } from "../protocol/header";
import { checkPromise, type SignedPromise } from "../protocol/receipts";
import { buildUstar } from "../protocol/ustar";
import type { Ciphertext } from "./ciphertext";
import type { Answer, Line } from "./line";
import { Pace } from "./pace";
import type { SealedPart } from "./sealed-part";
import { Draft, UploadLost } from "./tus";

const MOST_STARTS = 5;
const KNOWN_REFUSALS: readonly ErrorCode[] = ["mailbox.other_recipient", "gate.full", "gate.too_large"];

type TellProgress = (progress: Omit<Progress, "retryInSeconds">) => void;

export interface Acknowledged {
  readonly promise: SignedPromise;
  readonly promiseText: string;
}

export class Transfer {
  readonly #part: SealedPart;
  readonly #card: VerifiedCard;
  readonly #draft = new Draft(randomBytes(32));
  readonly #pace = new Pace();
  /** Items that the gate holds whole; a later run does not send them again. */
  readonly #members = new Map<number, Member>();
  readonly #acknowledged: number[];
  #line: Line;
  #report: TellProgress;

  constructor(part: SealedPart, card: VerifiedCard, { line, onProgress }: { line: Line; onProgress: TellProgress }) {
    this.#part = part;
    this.#card = card;
    this.#line = line;
    this.#report = onProgress;
    this.#acknowledged = part.sealedSizes.map(() => 0);
  }

  /** Go on over another line: what the gate holds is not sent again, and the report is the same. */
  resumeOn(line: Line, onProgress: TellProgress): void {
    this.#line = line;
    this.#report = onProgress;
  }

  /** Upload all and complete. Throws `gate.*`, `item.*`, `promise.refused`, `send.*`. */
  async run(): Promise<Acknowledged> {
    for (let starts = 0; starts < MOST_STARTS; starts += 1) {
      const members: Member[] = [];
      for (const number of this.#part.sealedSizes.keys()) {
        const member = this.#members.get(number) ?? await this.#sendItem(number);
        this.#members.set(number, member);
        members.push(member);
      }
      const acknowledged = await this.#complete(members);
      if (acknowledged !== null) return acknowledged;
    }
    throw new ClientError("gate.refused", { status: 404 });
  }

  /** Ask the gate, once, to drop what was uploaded. */
  async drop(line: Line): Promise<void> {
    await this.#draft.terminate(line);
  }

  async #sendItem(number: number): Promise<Member> {
    for (let starts = 0; starts < MOST_STARTS; starts += 1) {
      try {
        return await this.#sendItemOnce(number);
      } catch (error) {
        if (!(error instanceof UploadLost)) throw error;
        this.#acknowledged[number] = 0;
      }
    }
    throw new ClientError("gate.refused", { status: 404 });
  }

  /** One part is sealed while the one before it is on its way; a third never begins. */
  async #sendItemOnce(number: number): Promise<Member> {
    const name = itemMemberName(number);
    const ciphertext = await this.#part.encryptItem(number);
    let sealing = this.#sealNext(ciphertext);
    try {
      const path = await this.#draft.create(this.#line, name, ciphertext.size);
      let offset = 0;
      let lastAt = performance.now();
      for (let part = await sealing; part !== null; part = await sealing) {
        sealing = this.#sealNext(ciphertext);
        await this.#draft.sendPart(this.#line, { path, offset, part });
        const now = performance.now();
        this.#pace.learn(part.length, (now - lastAt) / 1_000);
        lastAt = now;
        offset += part.length;
        this.#acknowledged[number] = offset;
        this.#tell("sending", number);
      }
      return { name, sha256: ciphertext.digest(), size: offset };
    } finally {
      // The buffers are the next item's as soon as nobody writes to them.
      await sealing.catch(() => undefined);
      await ciphertext.abandon();
    }
  }

  #sealNext(ciphertext: Ciphertext): Promise<Bytes | null> {
    const sealing = ciphertext.nextPart(this.#pace.partBytes);
    // Its failure is for whoever takes it; nobody does if the part before cannot be sent.
    sealing.catch(() => undefined);
    return sealing;
  }

  /** The acknowledgement, or null when the gate lacks items, which `run` then sends again. */
  async #complete(members: readonly Member[]): Promise<Acknowledged | null> {
    this.#tell("completing", null);
    const { manifest, key, header } = this.#part.finish(members);
    const body = buildUstar([
      { name: "manifest.age", content: manifest },
      { name: "key.age", content: key },
      { name: "header.json", content: header },
    ]);
    const answer = await this.#ask(body, members.length > 0 ? { "Aigaq-Draft": this.#draft.name } : {});
    if (answer.status === 200 || answer.status === 201) return this.#acknowledge(answer, reportIdOf(header));
    const refusal = errorOf(answer);
    if (refusal.error === "uploads.missing" || refusal.error === "uploads.wrong_hash") {
      this.#forget(refusal.missing);
      return null;
    }
    throw refused(answer.status, refusal.error);
  }

  /** The gate may have taken the report although no answer came: then nobody may say which. */
  async #ask(body: Bytes, draft: Record<string, string>): Promise<Answer> {
    try {
      return await this.#line.request("POST", "/api/reports", { "Content-Type": "application/x-tar", ...draft }, body);
    } catch (error) {
      throw hasCode(error, "gate.unreachable") || hasCode(error, "send.cancelled") ? new ClientError("send.unsure") : error;
    }
  }

  #acknowledge(answer: Answer, reportId: string): Acknowledged {
    const { promise: promiseText } = jsonOf(answer);
    if (typeof promiseText !== "string") throw new ClientError("promise.refused");
    const own = { commitment: this.#part.commitment.value, reportId };
    return { promise: checkPromise(promiseText, this.#card, own), promiseText };
  }

  /** Every item if the gate does not name those that it lacks. */
  #forget(names: unknown): void {
    const all = [...this.#part.sealedSizes.keys()];
    const named = Array.isArray(names) ? all.filter((number) => names.includes(itemMemberName(number))) : [];
    for (const number of named.length > 0 ? named : all) {
      this.#members.delete(number);
      this.#acknowledged[number] = 0;
    }
  }

  #tell(phase: Progress["phase"], item: number | null): void {
    const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
    const doneBytes = sum(this.#acknowledged);
    const totalBytes = sum(this.#part.sealedSizes);
    this.#report({ phase, doneBytes, totalBytes, item, secondsLeft: this.#pace.secondsFor(totalBytes - doneBytes) });
  }
}

export function refused(status: number, error: unknown): ClientError {
  const known = KNOWN_REFUSALS.find((code) => code === error);
  return known === undefined ? new ClientError("gate.refused", { status }) : new ClientError(known);
}

export function errorOf(answer: Answer): { error?: unknown; missing?: unknown } {
  return jsonOf(answer);
}

function jsonOf(answer: Answer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(fromUtf8(answer.body));
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
