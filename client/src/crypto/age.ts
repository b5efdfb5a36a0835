/**
 * age files to and from ML-KEM-768 + X25519 identities, the only kind that our formats use.
 *
 * Every piece of age's own format is typage's: header, stanzas, STREAM, decryption. Only the few lines
 * that put a file together for one hybrid recipient stand here, since typage's `Encrypter` brings every
 * other kind of recipient and the NIST curves with it, a tenth of what a phone must load.
 * Recipients are `age1pq1…`, identities `AGE-SECRET-KEY-PQ-1…`. Source: C2SP age, "Encrypted file format".
 */

import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bech32 } from "@scure/base";
import { Decrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";
import { encodeHeader, encodeHeaderNoMAC } from "../../node_modules/age-encryption/dist/format.js";
import { HybridRecipient } from "../../node_modules/age-encryption/dist/recipients.js";
import { ciphertextSize, encryptSTREAM } from "../../node_modules/age-encryption/dist/stream.js";

import { ClientError } from "../errors";
import { type Bytes, concat, utf8 } from "../protocol/bytes";
import { randomBytes } from "./random";

const FILE_KEY_BYTES = 16;
const NONCE_BYTES = 16;

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

export async function encryptTo(recipient: string, plaintext: Uint8Array): Promise<Bytes> {
  const source = new ReadableStream<Uint8Array>({
    start(controller): void {
      controller.enqueue(plaintext);
      controller.close();
    },
  });
  const { stream } = encryptStreamTo(recipient, source, plaintext.length);
  return new Uint8Array(await new Response(stream as ReadableStream<Bytes>).arrayBuffer());
}

/** The age file of a stream of `size` bytes, in constant memory, and its own size. */
export function encryptStreamTo(
  recipient: string,
  plaintext: ReadableStream<Uint8Array>,
  size: number,
): { stream: ReadableStream<Uint8Array>; size: number } {
  const fileKey = randomBytes(FILE_KEY_BYTES);
  const stanzas = hybridRecipient(recipient).wrapFileKey(fileKey);
  const mac = hmac(sha256, hkdf(sha256, fileKey, undefined, utf8("header"), 32), encodeHeaderNoMAC(stanzas));
  const nonce = randomBytes(NONCE_BYTES);
  const beginning = concat(encodeHeader(stanzas, mac), nonce);
  const sealing = plaintext.pipeThrough(encryptSTREAM(hkdf(sha256, fileKey, nonce, utf8("payload"), 32)));
  const stream = sealing.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(beginning),
  }));
  return { stream, size: beginning.length + ciphertextSize(size) };
}

/** Throws `age.bad_file` if `file` is damaged or not for `identity`. */
export async function decryptWith(identity: Identity, file: Uint8Array): Promise<Bytes> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity.secret);
  try {
    return new Uint8Array(await decrypter.decrypt(file));
  } catch {
    throw new ClientError("age.bad_file");
  }
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
