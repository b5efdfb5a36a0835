// SPDX-License-Identifier: Apache-2.0
/** Signed notes, checkpoints, cosignatures, proofs: the C2SP formats; limits in `spec/log.md`. */

import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

import { concat, decodeText, encodeText, fromBase64, hash, same, toHex, uint64, type Bytes } from "./encoding";
import { VerifyError } from "./errors";
import { isSignedBy } from "./signatures";

export const ED25519 = 1;
export const COSIGNATURE_ED25519 = 4;
export const COSIGNATURE_ML_DSA_44 = 6;
export const MAXIMUM_NOTE_BYTES = 262_144;
const LATEST = 253_402_300_799;
/** What Unicode calls white space, without the mark that `\\s` of this language adds and with U+0085. */
// eslint-disable-next-line no-control-regex
const SPACE = /[\t-\r\x1c-\x20\x85\p{Zs}\u2028\u2029]/u;
const KEY_BYTES: Readonly<Record<number, number>> = { [ED25519]: 32, [COSIGNATURE_ED25519]: 32, [COSIGNATURE_ML_DSA_44]: 1_312 };
const SIGNATURE_BYTES: Readonly<Record<number, number>> = { [COSIGNATURE_ED25519]: 72, [COSIGNATURE_ML_DSA_44]: 2_428 };

export interface SignatureLine {
  readonly name: string;
  readonly keyId: Bytes;
  readonly signature: Bytes;
}

export interface Note {
  readonly text: string;
  readonly lines: readonly SignatureLine[];
}

export function parseNote(data: Bytes, maximum = MAXIMUM_NOTE_BYTES): Note {
  const bad = "note.bad_form";
  if (data.length > maximum) throw new VerifyError(bad);
  const whole = decodeText(data, bad);
  const blank = whole.lastIndexOf("\n\n");
  // eslint-disable-next-line no-control-regex
  if (blank < 0 || /[\x00-\x09\x0b-\x1f]/.test(whole) || !whole.endsWith("\n")) throw new VerifyError(bad);
  const lines = whole.slice(blank + 2).split("\n").slice(0, -1);
  if (lines.length === 0 || lines.length > 64) throw new VerifyError(bad);
  return { text: whole.slice(0, blank + 1), lines: lines.map(parseLine) };
}

function parseLine(line: string): SignatureLine {
  const found = /^— ([^+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
  if (!found || SPACE.test(found[1]!)) throw new VerifyError("note.bad_form");
  const data = fromBase64(found[2]!, "note.bad_form");
  if (data.length < 5) throw new VerifyError("note.bad_form");
  return { name: found[1]!, keyId: data.slice(0, 4), signature: data.slice(4) };
}

export interface NoteKey {
  readonly name: string;
  readonly kind: number;
  readonly publicKey: Bytes;
}

export const keyId = (key: NoteKey): Bytes =>
  hash(concat(encodeText(`${key.name}\n`), new Uint8Array([key.kind]), key.publicKey)).slice(0, 4);

export const sameKey = (one: NoteKey, other: NoteKey): boolean =>
  one.name === other.name && one.kind === other.kind && same(one.publicKey, other.publicKey);

export function parseVkey(text: string, code: string): NoteKey {
  const [name, id, ...rest] = text.split("+");
  const data = fromBase64(rest.join("+"), code);
  // eslint-disable-next-line no-control-regex
  if (!name || SPACE.test(name) || /[\x00-\x1f]/.test(name) || data.length === 0) throw new VerifyError(code);
  const key = { name, kind: data[0]!, publicKey: data.slice(1) };
  if (KEY_BYTES[key.kind] !== key.publicKey.length || toHex(keyId(key)) !== id) throw new VerifyError(code);
  return key;
}

/** When `key` made `line`, in Unix seconds, or null for a plain signature; throws unless it did. */
function checkLine(key: NoteKey, note: Note, line: SignatureLine): number | null {
  const wrong = new VerifyError("note.wrong_signature");
  if (key.kind === ED25519) {
    if (!isSignedBy(key.publicKey, encodeText(note.text), line.signature)) throw wrong;
    return null;
  }
  if (line.signature.length !== SIGNATURE_BYTES[key.kind]) throw wrong;
  const told = new DataView(line.signature.buffer, line.signature.byteOffset, 8).getBigUint64(0);
  // A cosignature of the time 0 says nothing of time, and would count as older than any retirement.
  if (told === 0n || told > BigInt(LATEST)) throw wrong;
  const at = Number(told);
  const signature = line.signature.slice(8);
  if (key.kind === COSIGNATURE_ED25519) {
    if (!isSignedBy(key.publicKey, encodeText(`cosignature/v1\ntime ${at}\n${note.text}`), signature)) throw wrong;
    return at;
  }
  const head = parseCheckpoint(note.text);
  const [name, origin] = [encodeText(key.name), encodeText(head.origin)];
  if (name.length > 255 || origin.length > 255) throw wrong;
  const message = concat(
    encodeText("subtree/v1\n\0"), new Uint8Array([name.length]), name, uint64(at),
    new Uint8Array([origin.length]), origin, uint64(0), uint64(head.size), head.root,
  );
  if (!ml_dsa44.verify(signature, message, key.publicKey)) throw wrong;
  return at;
}

/** The keys that signed `note`, by their place in `keys`; a line of a known key that fails throws. */
export function findSigners(note: Note, keys: readonly NoteKey[]): Map<number, number | null> {
  const signers = new Map<number, number | null>();
  for (const line of note.lines) {
    keys.forEach((key, place) => {
      if (key.name !== line.name || !same(keyId(key), line.keyId)) return;
      const at = checkLine(key, note, line);
      const before = signers.get(place);
      signers.set(place, at === null || before === undefined || before === null ? at : Math.min(at, before));
    });
  }
  return signers;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

export function parseCheckpoint(text: string): Checkpoint {
  const code = "checkpoint.bad_form";
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] || !lines[0] || SPACE.test(lines[0])) throw new VerifyError(code);
  const [root, size] = [fromBase64(lines[2]!, code), parseNumber(lines[1]!, code)];
  if (root.length !== 32 || (size === 0 && !same(root, hash(new Uint8Array(0))))) throw new VerifyError(code);
  return { origin: lines[0], size, root };
}

export function parseNumber(text: string, code: string): number {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(Number(text))) throw new VerifyError(code);
  return Number(text);
}

export interface Proof {
  readonly index: number;
  readonly path: readonly Bytes[];
  readonly note: Bytes;
}

export function parseProof(data: Bytes): Proof {
  const code = "proof.bad_form";
  const at = data.findIndex((byte, place) => byte === 10 && data[place + 1] === 10);
  if (at < 0) throw new VerifyError(code);
  const lines = decodeText(data.slice(0, at), code).split("\n");
  if (lines[0] !== "c2sp.org/tlog-proof@v1" || lines.length < 2 || lines.length > 65 || !lines[1]!.startsWith("index ")) throw new VerifyError(code);
  const path = lines.slice(2).map((line) => fromBase64(line, code));
  if (path.some((one) => one.length !== 32)) throw new VerifyError(code);
  return { index: parseNumber(lines[1]!.slice(6), code), path, note: data.slice(at + 2) };
}

const hashNode = (left: Uint8Array, right: Uint8Array): Bytes => hash(concat(new Uint8Array([1]), left, right));
export const hashEntry = (entry: Uint8Array): Bytes => hash(concat(new Uint8Array([0]), entry));

/** Check that `leaf` stands at `index` of `size` leaves under `root`. Source: RFC 9162 section 2.1.3.2. */
export function checkInclusion(leaf: Bytes, index: number, size: number, path: readonly Bytes[], root: Bytes, area: string): void {
  if (index < 0 || index >= size) throw new VerifyError(`${area}.wrong_index`);
  let [number, last, node] = [BigInt(index), BigInt(size) - 1n, leaf];
  for (const sibling of path) {
    if (last === 0n) throw new VerifyError(`${area}.wrong_length`);
    if (number & 1n || number === last) {
      node = hashNode(sibling, node);
      while (!(number & 1n) && number) [number, last] = [number >> 1n, last >> 1n];
    } else {
      node = hashNode(node, sibling);
    }
    [number, last] = [number >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new VerifyError(`${area}.wrong_length`);
  if (!same(node, root)) throw new VerifyError(`${area}.wrong_root`);
}
