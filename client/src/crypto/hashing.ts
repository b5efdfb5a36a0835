/**
 * SHA-256 of streams and Argon2id.
 *
 * Both run in WebAssembly where the browser allows it. Old Android views know no 'wasm-unsafe-eval', and
 * Apple's lockdown mode has no WebAssembly: there the same function runs in plain script, slower and
 * with the same bytes. Argon2id's parameters are those of spec/receipt-code.md and belong to the format,
 * never to a server's answer. Where a whole part is hashed it is the browser's own SHA-256, which does
 * not hold up the page.
 */

import { argon2id as plainArgon2id } from "@noble/hashes/argon2.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { argon2id as wasmArgon2id, createSHA256, type IHasher } from "hash-wasm";

import { type Bytes, utf8 } from "../protocol/bytes";

export interface StreamHash {
  update(chunk: Uint8Array): void;
  digest(): Bytes;
}

const ARGON2ID = { passes: 2, lanes: 1, memoryKiB: 19_456, bytes: 64 } as const;

/** Compiled hashes that nobody uses now: each holds memory that a browser frees late. */
const idle: IHasher[] = [];

/** A running SHA-256. */
export async function startHash(): Promise<StreamHash> {
  let running: IHasher;
  try {
    running = (idle.pop() ?? await createSHA256()).init();
  } catch {
    return startPlainHash();
  }
  return {
    update: (chunk) => void running.update(chunk),
    digest: () => {
      const digest = new Uint8Array(running.digest("binary"));
      idle.push(running);
      return digest;
    },
  };
}

function startPlainHash(): StreamHash {
  const running = sha256.create();
  return {
    update: (chunk) => void running.update(chunk),
    digest: () => new Uint8Array(running.digest()),
  };
}

/** SHA-256 of one part; the browser's own, which is not there outside a secure context. */
export async function hashPart(part: Bytes): Promise<Bytes> {
  if (typeof crypto.subtle === "undefined") return new Uint8Array(sha256(part));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", part));
}

/** 64 bytes of Argon2id over ASCII digits. */
export async function stretchDigits(digits: string, salt: Bytes): Promise<Bytes> {
  try {
    return new Uint8Array(await wasmArgon2id({
      password: digits,
      salt,
      iterations: ARGON2ID.passes,
      parallelism: ARGON2ID.lanes,
      memorySize: ARGON2ID.memoryKiB,
      hashLength: ARGON2ID.bytes,
      outputType: "binary",
    }));
  } catch {
    const { passes, lanes, memoryKiB, bytes } = ARGON2ID;
    return new Uint8Array(plainArgon2id(utf8(digits), salt, { t: passes, p: lanes, m: memoryKiB, dkLen: bytes }));
  }
}

/** HKDF-SHA512 with an empty salt and `label` as info (spec/encoding.md, "Derivation"). */
export function deriveKey(key: Bytes, label: string, length: number): Bytes {
  return new Uint8Array(hkdf(sha512, key, undefined, utf8(label), length));
}
