/**
 * SHA-256 of streams and Argon2id.
 *
 * Argon2id runs in WebAssembly where the browser allows it. Old Android views know no
 * 'wasm-unsafe-eval', and Apple's lockdown mode has no WebAssembly: there the same function runs in
 * plain script, slower and with the same bytes. Its parameters are those of spec/receipt-code.md and
 * belong to the format, never to a server's answer. SHA-256 is plain script (a compiled one would cost
 * each phone 5 KB), and the browser's own where whole parts are hashed.
 */

import { argon2id as plainArgon2id } from "@noble/hashes/argon2.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { argon2id as wasmArgon2id } from "hash-wasm";

import { type Bytes, utf8 } from "../protocol/bytes";

export interface StreamHash {
  update(chunk: Uint8Array): void;
  digest(): Bytes;
}

const ARGON2ID = { passes: 2, lanes: 1, memoryKiB: 19_456, bytes: 64 } as const;

/** A running SHA-256. */
export function startHash(): StreamHash {
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
