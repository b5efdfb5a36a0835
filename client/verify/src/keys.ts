// SPDX-License-Identifier: Apache-2.0
/**
 * Signatures of certificates, tokens and lists: RSA and ECDSA by WebCrypto, their forms by an exact list. An
 * algorithm is told by all bytes of its identifier. Sources: RFC 4055 sections 2 to 5; RFC 5480; RFC 5758.
 */

import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";

import { Reader } from "./der";
import { concat, fromHex, same, toHex, type Bytes } from "./encoding";
import { VerifyError } from "./errors";

export type Digest = "sha256" | "sha384" | "sha512";
const WEB_NAMES = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;
const BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const;
const DIGEST_OIDS: readonly (readonly [string, Digest])[] = [
  ["0609608648016503040201", "sha256"],
  ["0609608648016503040202", "sha384"],
  ["0609608648016503040203", "sha512"],
];
/** With and without the NULL that RFC 5754 section 2 lets stand. */
const FRAMES = [["300d", "0500"], ["300b", ""]] as const;
const DIGESTS = new Map(DIGEST_OIDS.flatMap(([oid, name]) => FRAMES.map(([head, end]) => [head + oid + end, name] as const)));

export interface Algorithm {
  readonly kind: "rsa" | "pss" | "ecdsa";
  /** null where the form leaves it to the place. */
  readonly digest: Digest | null;
}

const ALGORITHMS = new Map<string, Algorithm>([
  ...FRAMES.flatMap(([head, end]): [string, Algorithm][] => [
    [`${head}06092a864886f70d010101${end}`, { kind: "rsa", digest: null }],
    [`${head}06092a864886f70d01010b${end}`, { kind: "rsa", digest: "sha256" }],
    [`${head}06092a864886f70d01010c${end}`, { kind: "rsa", digest: "sha384" }],
    [`${head}06092a864886f70d01010d${end}`, { kind: "rsa", digest: "sha512" }],
  ]),
  ["300a06082a8648ce3d040302", { kind: "ecdsa", digest: "sha256" }],
  ["300a06082a8648ce3d040303", { kind: "ecdsa", digest: "sha384" }],
  ["300a06082a8648ce3d040304", { kind: "ecdsa", digest: "sha512" }],
  // RFC 4055 section 3.1: one hash, MGF1 with it, and a salt of its length.
  ...DIGEST_OIDS.map(([oid, digest]): [string, Algorithm] => {
    const one = `300d${oid}0500`;
    const salt = BYTES[digest].toString(16);
    return [`304106092a864886f70d01010a3034a00f${one}a11c301a06092a864886f70d010108${one}a2030201${salt}`, { kind: "pss", digest }];
  }),
]);

/** How a key on a curve begins, up to its point, which is not compressed; how long a number is. */
const CURVES = ([
  ["3059301306072a8648ce3d020106082a8648ce3d03010703420004", "P-256", 32],
  ["3076301006072a8648ce3d020106052b8104002203620004", "P-384", 48],
  ["30819b301006072a8648ce3d020106052b810400230381860004", "P-521", 66],
] as const).map(([hex, name, numberBytes]) => ({ head: fromHex(hex, hex.length / 2, ""), name, numberBytes }));
const RSA_KEY = "300d06092a864886f70d0101010500";
const MAXIMUM_SIGNATURE_BYTES = 1_024;

/** Whether this browser, at this address, checks signatures at all; a page from a disk does. */
export const canCheck = (): boolean => globalThis.crypto?.subtle !== undefined;

export const findDigest = (form: Bytes): Digest | undefined => DIGESTS.get(toHex(form));
export const hashWith = (digest: Digest | "sha1", data: Bytes): Bytes => ({ sha1, sha256, sha384, sha512 })[digest](data) as Bytes;

export function readAlgorithm(form: Bytes, code: string): Algorithm {
  const found = ALGORITHMS.get(toHex(form));
  if (!found) throw new VerifyError(code);
  return found;
}

type Key = { readonly name: "rsa" } | { readonly name: "P-256" | "P-384" | "P-521"; readonly numberBytes: number };

function readPublicKey(data: Bytes, code: string): Key {
  for (const { head, name, numberBytes } of CURVES) {
    if (!same(data.slice(0, head.length), head)) continue;
    if (data.length !== head.length + 2 * numberBytes) throw new VerifyError(code);
    return { name, numberBytes };
  }
  const outer = new Reader(data, code);
  const info = outer.open();
  outer.end();
  if (toHex(info.next().whole) !== RSA_KEY) throw new VerifyError(code);
  const whole = new Reader(info.wholeBits(), code);
  info.end();
  const numbers = whole.open();
  whole.end();
  const [modulus, exponent] = [numbers.natural(), numbers.natural()];
  numbers.end();
  const bits = 8 * modulus.length - Math.clz32(modulus[0]!) + 24;
  if (bits < 2_048 || bits > 8_192 || toHex(exponent) !== "010001" || !(modulus.at(-1)! & 1)) throw new VerifyError(code);
  return { name: "rsa" };
}

/** Throws `code` unless the owner of `publicKey` signed `data`, with the hash `digest`. */
export async function checkSignature(data: Bytes, signature: Bytes, algorithm: Algorithm, digest: Digest, publicKey: Bytes, code: string): Promise<void> {
  const key = readPublicKey(publicKey, code);
  const fits = algorithm.digest === null || algorithm.digest === digest;
  if (!fits || signature.length > MAXIMUM_SIGNATURE_BYTES || (key.name === "rsa") === (algorithm.kind === "ecdsa")) throw new VerifyError(code);
  const given = key.name === "rsa" ? signature : readPair(signature, key.numberBytes, code);
  const hash = WEB_NAMES[digest];
  const rsa = algorithm.kind === "pss" ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  let holds: boolean;
  try {
    const form = key.name === "rsa" ? { name: rsa, hash } : { name: "ECDSA", namedCurve: key.name };
    const used = await crypto.subtle.importKey("spki", publicKey, form, false, ["verify"]);
    const how = key.name !== "rsa" ? { name: "ECDSA", hash } : algorithm.kind === "pss" ? { name: rsa, saltLength: BYTES[digest] } : { name: rsa };
    holds = await crypto.subtle.verify(how, used, given, data);
  } catch {
    holds = false; // A key that is none, such as a point that lies on no curve.
  }
  if (!holds) throw new VerifyError(code);
}

/** An ECDSA signature as WebCrypto takes it: two numbers above zero, side by side. */
function readPair(signature: Bytes, numberBytes: number, code: string): Bytes {
  const outer = new Reader(signature, code);
  const pair = outer.open();
  outer.end();
  const numbers = [pair.natural(), pair.natural()];
  pair.end();
  if (numbers.some((one) => one.length > numberBytes)) throw new VerifyError(code);
  return concat(...numbers.flatMap((one) => [new Uint8Array(numberBytes - one.length), one]));
}
