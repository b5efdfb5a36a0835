/**
 * age files to and from ML-KEM-768 + X25519 identities, the only kind that our formats use.
 *
 * Header, stanzas and decryption are typage's pieces, put together here for one kind of recipient: its
 * `Encrypter` and `Decrypter` bring every other kind, scrypt and the NIST curves, which each phone would
 * load. A payload is sealed chunk by chunk into memory that the caller gives, so that a video passes
 * through a few buffers. Recipients are `age1pq1…`, identities `AGE-SECRET-KEY-PQ-1…`. Sizes in bytes.
 * Source: C2SP age, "Encrypted file format" and "STREAM".
 */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bech32 } from "@scure/base";
import { encodeHeader, encodeHeaderNoMAC, parseHeader } from "../../node_modules/age-encryption/dist/format.js";
import { generateHybridIdentity, HybridIdentity, HybridRecipient, identityToRecipient } from "../../node_modules/age-encryption/dist/recipients.js";
import { ciphertextSize, decryptSTREAM } from "../../node_modules/age-encryption/dist/stream.js";

import { ClientError } from "../errors";
import { type Bytes, concat, isEqual, utf8 } from "../protocol/bytes";
import { randomBytes } from "./random";

export const CHUNK_BYTES = 65_536;
export const TAG_BYTES = 16;

const FILE_KEY_BYTES = 16;
const NONCE_BYTES = 16;
const STREAM_NONCE_BYTES = 12;

export interface Identity {
  readonly secret: string;
  readonly recipient: string;
}

export async function makeIdentity(): Promise<Identity> {
  return withRecipient(await generateHybridIdentity());
}

/** The identity of a 32-byte seed. */
export async function identityFromSeed(seed: Bytes): Promise<Identity> {
  return withRecipient(bech32.encodeFromBytes("age-secret-key-pq-", seed).toUpperCase());
}

/** One age file under a fresh file key, made in order: `beginning`, then chunk by chunk. */
export class AgeFile {
  /** Header and payload nonce. */
  readonly beginning: Bytes;
  /** Of the whole file. */
  readonly size: number;
  readonly #key: Uint8Array;
  readonly #nonce = new Uint8Array(STREAM_NONCE_BYTES);
  #plaintextLeft: number;
  #isEnded = false;

  constructor(recipient: string, plaintextSize: number) {
    const fileKey = randomBytes(FILE_KEY_BYTES);
    const nonce = randomBytes(NONCE_BYTES);
    const stanzas = hybridRecipient(recipient).wrapFileKey(fileKey);
    this.beginning = concat(encodeHeader(stanzas, macOf(fileKey, encodeHeaderNoMAC(stanzas))), nonce);
    this.size = this.beginning.length + ciphertextSize(plaintextSize);
    this.#key = payloadKey(fileKey, nonce);
    this.#plaintextLeft = plaintextSize;
  }

  /** How long the next chunk's plaintext must be, or null after the last; 0 for an empty file's only one. */
  get nextChunkBytes(): number | null {
    return this.#isEnded ? null : Math.min(CHUNK_BYTES, this.#plaintextLeft);
  }

  /** Seal the next chunk into `target`, which is `TAG_BYTES` longer. A chunk's nonce is never used again. */
  sealChunk(plaintext: Uint8Array, target: Uint8Array): void {
    if (plaintext.length !== this.nextChunkBytes) throw new RangeError("not the next chunk");
    this.#plaintextLeft -= plaintext.length;
    this.#isEnded = this.#plaintextLeft === 0;
    if (this.#isEnded) this.#nonce[STREAM_NONCE_BYTES - 1] = 1;
    chacha20poly1305(this.#key, this.#nonce).encrypt(plaintext, target);
    this.#countUp();
  }

  /** The chunks' number, 11 bytes with the highest first. */
  #countUp(): void {
    for (let index = STREAM_NONCE_BYTES - 2; index >= 0; index -= 1) {
      const next = ((this.#nonce[index] ?? 0) + 1) % 256;
      this.#nonce[index] = next;
      if (next !== 0) return;
    }
  }
}

export function encryptTo(recipient: string, plaintext: Uint8Array): Bytes {
  const file = new AgeFile(recipient, plaintext.length);
  const sealed = new Uint8Array(file.size);
  sealed.set(file.beginning);
  let read = 0;
  let written = file.beginning.length;
  for (let size = file.nextChunkBytes; size !== null; size = file.nextChunkBytes) {
    file.sealChunk(plaintext.subarray(read, read + size), sealed.subarray(written, written + size + TAG_BYTES));
    read += size;
    written += size + TAG_BYTES;
  }
  return sealed;
}

/** Throws `age.bad_file` if `file` is damaged or not for `identity`. */
export async function decryptWith(identity: Identity, file: Uint8Array): Promise<Bytes> {
  try {
    return await openFile(new HybridIdentity(identity.secret), new Uint8Array(file));
  } catch {
    throw new ClientError("age.bad_file");
  }
}

async function openFile(identity: HybridIdentity, file: Bytes): Promise<Bytes> {
  const { stanzas, MAC, headerNoMAC, headerSize } = await parseHeader(streamOf(file));
  const fileKey = identity.unwrapFileKey(stanzas);
  if (fileKey === null || !isEqual(MAC, macOf(fileKey, headerNoMAC))) throw new RangeError("header");
  const nonce = file.subarray(headerSize, headerSize + NONCE_BYTES);
  if (nonce.length !== NONCE_BYTES) throw new RangeError("nonce");
  const payload = streamOf(file.subarray(headerSize + NONCE_BYTES));
  const plaintext = payload.pipeThrough(decryptSTREAM(payloadKey(fileKey, nonce)));
  return new Uint8Array(await new Response(plaintext as ReadableStream<Bytes>).arrayBuffer());
}

function streamOf(bytes: Bytes): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream();
}

function macOf(fileKey: Uint8Array, header: Uint8Array): Uint8Array {
  return hmac(sha256, hkdf(sha256, fileKey, undefined, utf8("header"), 32), header);
}

function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return hkdf(sha256, fileKey, nonce, utf8("payload"), 32);
}

/** Throws `card.bad_form` for text that is no hybrid recipient. */
export function checkRecipient(recipient: string): void {
  hybridRecipient(recipient);
}

function hybridRecipient(recipient: string): HybridRecipient {
  try {
    return new HybridRecipient(recipient);
  } catch {
    throw new ClientError("card.bad_form");
  }
}

async function withRecipient(secret: string): Promise<Identity> {
  return { secret, recipient: await identityToRecipient(secret) };
}
