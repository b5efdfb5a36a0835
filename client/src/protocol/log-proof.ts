/**
 * A proof that a commitment stands in the public log (spec/log.md, "Proof files").
 *
 * Checked here: the log's signature, every Ed25519 cosignature of a cosigner of the card, and the
 * way from the entry to the root. ML-DSA lines are for those who check later with other tools.
 */

import { isSigned } from "../crypto/signing";
import { ClientError } from "../errors";
import { type Bytes, concat, fromBase64, isEqual, toHex, utf8 } from "./bytes";
import type { JsonObject } from "./canonical-json";
import type { VerifiedCard } from "./card";
import { hash } from "./encoding";

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
const LOG_KEY = 1;
const COSIGNER_KEY = 4;
const MOST_HASHES = 63;
const NUMBER = /^(0|[1-9][0-9]{0,15})$/u;

export interface LogProof {
  readonly index: number;
  readonly origin: string;
  readonly size: number;
  /** Whether someone whom the organisation does not control signed this head. */
  readonly isIndependent: boolean;
  readonly hashes: readonly Bytes[];
  readonly root: Bytes;
}

interface Line {
  readonly name: string;
  readonly id: string;
  readonly signature: Bytes;
}

/** The log that a proof is of, as it says itself; another than the card's was retired after a seizure. */
export function originOf(text: string): string {
  return text.slice(text.indexOf("\n\n") + 2).split("\n", 1)[0] ?? "";
}

/** The place that a proof names, unchecked. Throws `proof.refused`. */
export function placeOf(text: string): number {
  return readNumber(/^[^\n]*\nindex ([0-9]+)\n/u.exec(text)?.[1]);
}

/** What a proof says of the log; not yet about which report. Throws `proof.refused`. */
export function openLogProof(text: string, card: VerifiedCard): LogProof {
  try {
    return readProof(text, card);
  } catch {
    throw new ClientError("proof.refused");
  }
}

/** The proof over this very commitment. Throws `proof.refused`. */
export function checkLogProof(text: string, card: VerifiedCard, commitment: Bytes): LogProof {
  const proof = openLogProof(text, card);
  const leaf = hash(concat(Uint8Array.of(0, 1), commitment));
  if (!leadsToRoot(leaf, proof)) throw new ClientError("proof.refused");
  return proof;
}

function readProof(text: string, card: VerifiedCard): LogProof {
  const end = text.indexOf("\n\n");
  const [first, place, ...hashLines] = text.slice(0, end).split("\n");
  const note = text.slice(end + 2);
  const signed = note.lastIndexOf("\n\n") + 1;
  const body = note.slice(0, signed);
  const [origin, sizeText, root, ...rest] = body.split("\n");
  const isForm = end > 0 && signed > 0 && first === FIRST_LINE && place?.startsWith("index ") === true
    && hashLines.length <= MOST_HASHES && rest.length === 1 && rest[0] === "" && origin === card.card.log_origin;
  if (!isForm) throw new ClientError("proof.refused");
  const index = readNumber(place.slice(6));
  const size = readNumber(sizeText);
  const lines = note.slice(signed + 1).split("\n").slice(0, -1).map(readLine);
  if (!isSignedByLog(lines, body, card) || index >= size) throw new ClientError("proof.refused");
  return {
    index,
    origin,
    size,
    isIndependent: isIndependentlySigned(lines, body, card),
    hashes: hashLines.map((line) => fromBase64(line, 32)),
    root: fromBase64(root, 32),
  };
}

function readNumber(text: string | undefined): number {
  if (text === undefined || !NUMBER.test(text) || !Number.isSafeInteger(Number(text))) throw new ClientError("proof.refused");
  return Number(text);
}

function readLine(line: string): Line {
  const [dash, name, data, ...rest] = line.split(" ");
  if (dash !== "—" || name === undefined || name === "" || rest.length > 0) throw new ClientError("proof.refused");
  const bytes = fromBase64(data);
  return { name, id: toHex(bytes.subarray(0, 4)), signature: bytes.slice(4) };
}

function keyId(name: string, kind: number, key: Bytes): string {
  return toHex(hash(concat(utf8(`${name}\n`), Uint8Array.of(kind), key)).subarray(0, 4));
}

function isSignedByLog(lines: readonly Line[], body: string, { card, logKey }: VerifiedCard): boolean {
  const id = keyId(card.log_origin, LOG_KEY, logKey);
  const own = lines.filter((line) => line.name === card.log_origin && line.id === id);
  return own.length > 0 && own.every(({ signature }) => isSigned(utf8(body), signature, logKey));
}

/** A line of a key that we know and that fails makes all of it worthless. */
function isIndependentlySigned(lines: readonly Line[], body: string, { card }: VerifiedCard): boolean {
  let isIndependent = false;
  for (const cosigner of card.witnessing.cosigners as readonly JsonObject[]) {
    for (const vkey of cosigner["vkeys"] as readonly string[]) {
      const encoded = vkey.split("+").slice(2).join("+");
      const key = fromBase64(encoded);
      if (key[0] !== COSIGNER_KEY) continue;
      const id = keyId(String(cosigner["name"]), COSIGNER_KEY, key.slice(1));
      for (const line of lines) {
        if (line.name !== cosigner["name"] || line.id !== id) continue;
        const at = new DataView(line.signature.buffer).getBigUint64(0);
        const message = utf8(`cosignature/v1\ntime ${at}\n${body}`);
        if (at === 0n || !isSigned(message, line.signature.subarray(8), key.slice(1))) throw new ClientError("proof.refused");
        isIndependent ||= cosigner["independent"] === true;
      }
    }
  }
  return isIndependent;
}

/** RFC 9162 section 2.1.3.2. */
function leadsToRoot(leaf: Bytes, { index, size, hashes, root }: LogProof): boolean {
  let number = index;
  let last = size - 1;
  let node = leaf;
  const halve = (value: number): number => Math.floor(value / 2);
  for (const sibling of hashes) {
    if (last === 0) return false;
    if (number % 2 === 1 || number === last) {
      node = hash(concat(Uint8Array.of(1), sibling, node));
      while (number % 2 === 0 && number > 0) {
        number = halve(number);
        last = halve(last);
      }
    } else {
      node = hash(concat(Uint8Array.of(1), node, sibling));
    }
    number = halve(number);
    last = halve(last);
  }
  return last === 0 && isEqual(node, root);
}
