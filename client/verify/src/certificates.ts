// SPDX-License-Identifier: Apache-2.0
/**
 * X.509 certificates of timestamp authorities: read strictly, and judged as a chain at a moment. A certificate
 * holds from `notBefore` on and until `notAfter`, not at it. Sources: RFC 5280; RFC 3161 2.3.
 */

import { BITS, OCTETS, Reader, SEQUENCE, tagged } from "./der";
import { fromBase64, same, toHex, type Bytes } from "./encoding";
import { VerifyError } from "./errors";
import { checkSignature, readAlgorithm } from "./keys";

const MAXIMUM_CERTIFICATES = 32;
const MAXIMUM_PEM_BYTES = 1_048_576;
const [V1, V3] = [0, 2];
const [CONSTRAINTS, USAGE, PURPOSES, NAME_CONSTRAINTS] = ["551d13", "551d0f", "551d25", "551d1e"] as const;
const [OWN_KEY, ISSUERS_KEY, KEY_NAME, SERIAL] = ["551d0e", "551d23", 0x80, 0x82] as const;
const [TIME_STAMPING, ANY_PURPOSE] = ["2b06010505070308", "551d2500"] as const;
const CERT_SIGN_BIT = 5;

export interface Certificate {
  readonly der: Bytes;
  readonly signed: Bytes;
  readonly version: number;
  readonly serial: Bytes;
  readonly issuer: Bytes;
  readonly subject: Bytes;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: Bytes;
  /** By object identifier in hex. */
  readonly extensions: ReadonlyMap<string, { readonly isCritical: boolean; readonly value: Bytes }>;
  readonly algorithm: Bytes;
  readonly signature: Bytes;
}

export const isSelfIssued = (one: Certificate): boolean => same(one.issuer, one.subject);

/** The certificates in a PEM file, at least one; what stands between them is passed over. */
export function parseCertificates(pem: Bytes, code: string): readonly Certificate[] {
  if (pem.length > MAXIMUM_PEM_BYTES) throw new VerifyError(code);
  const text = new TextDecoder("latin1").decode(pem);
  const blocks = [...text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/= \t\r\n]*)-----END CERTIFICATE-----/g)];
  const begun = text.split("-----BEGIN CERTIFICATE-----").length - 1;
  if (blocks.length < 1 || blocks.length > MAXIMUM_CERTIFICATES || blocks.length !== begun) throw new VerifyError(code);
  return blocks.map((one) => parseCertificate(fromBase64(one[1]!.replace(/[ \t\r\n]/g, ""), code) as Bytes, code));
}

export function parseCertificate(der: Bytes, code: string): Certificate {
  const outer = new Reader(der, code);
  const parts = outer.open();
  outer.end();
  const signed = parts.take(SEQUENCE);
  const [algorithm, signature] = [parts.take(SEQUENCE).whole, parts.wholeBits()];
  parts.end();
  const body = new Reader(signed.content, code);
  const version = readVersion(body);
  const serial = body.positive(); // RFC 5280 4.1.2.2.
  const form = body.take(SEQUENCE);
  if (!same(form.whole, algorithm)) throw new VerifyError(code);
  checkAlgorithm(new Reader(form.content, code));
  const issuer = body.name();
  const validity = body.open();
  const [notBefore, notAfter] = [validity.time(), validity.time()];
  validity.end();
  const [subject, publicKey] = [body.name(), body.take(SEQUENCE).whole];
  const extensions = version === V3 ? readExtensions(body) : new Map();
  body.end();
  return { der, signed: signed.whole, version, serial, issuer, subject, notBefore, notAfter, publicKey, extensions, algorithm, signature };
}

/** The form alone: a root may be signed in a way that nobody takes any more. */
function checkAlgorithm(form: Reader): void {
  form.oid();
  if (form.hasMore) form.next();
  form.end();
}

function readVersion(body: Reader): number {
  const explicit = body.openIf(tagged(0));
  if (!explicit) return V1;
  const version = explicit.small();
  explicit.end();
  if (version !== V3) throw body.fault(); // Version 1 is written by leaving it out.
  return version;
}

function readExtensions(body: Reader): Certificate["extensions"] {
  const found = new Map<string, { isCritical: boolean; value: Bytes }>();
  const explicit = body.openIf(tagged(3));
  if (!explicit) return found;
  const listed = explicit.open();
  explicit.end();
  while (listed.hasMore) {
    const one = listed.open();
    const oid = toHex(one.oid());
    const extension = { isCritical: one.flag(), value: one.take(OCTETS).content };
    one.end();
    if (found.has(oid)) throw body.fault();
    found.set(oid, extension);
  }
  return found;
}

/** Check a chain from a signer of timestamps to the root that is trusted, at a moment. */
export async function checkChain(chain: readonly Certificate[], at: number, code: string): Promise<void> {
  if (!chain.every((one) => one.notBefore <= at && at < one.notAfter)) throw new VerifyError(code);
  chain.forEach((one, place) => {
    checkExtensions(one, code);
    if (place === 0) checkSigner(one, code);
    else checkAuthority(one, place - 1, code); // How many authorities stand below (RFC 5280 4.2.1.9).
  });
  for (const [place, one] of chain.slice(0, -1).entries()) {
    const issuer = chain[place + 1]!;
    if (!same(one.issuer, issuer.subject)) throw new VerifyError(code);
    await checkSigned(one.signed, one.signature, one.algorithm, issuer, code);
  }
}

/** Throws `code` unless `issuer` signed `data`, with an algorithm that names its hash. */
export async function checkSigned(data: Bytes, signature: Bytes, algorithm: Bytes, issuer: Certificate, code: string): Promise<void> {
  const found = readAlgorithm(algorithm, code);
  if (found.digest === null) throw new VerifyError(code);
  await checkSignature(data, signature, found, found.digest, issuer.publicKey, code);
}

/** Refuse what would narrow a certificate in a way that is not looked at here. */
function checkExtensions(one: Certificate, code: string): void {
  for (const [oid, { isCritical }] of one.extensions) {
    if (oid === NAME_CONSTRAINTS || (isCritical && ![CONSTRAINTS, USAGE, PURPOSES].some((known) => known === oid))) throw new VerifyError(code);
  }
  // Names of keys only help to find an issuer; their form is looked at since OpenSSL takes no other.
  const [ownKey, issuersKey] = [one.extensions.get(OWN_KEY), one.extensions.get(ISSUERS_KEY)];
  if (ownKey) {
    const own = new Reader(ownKey.value, code);
    own.take(OCTETS);
    own.end();
  }
  if (issuersKey) {
    const outer = new Reader(issuersKey.value, code);
    const issuers = outer.open();
    outer.end();
    for (const tag of [KEY_NAME, tagged(1), SERIAL]) issuers.takeIf(tag);
    issuers.end();
  }
}

/** One purpose, timestamps, and critical; a key that signs and does nothing else. */
function checkSigner(one: Certificate, code: string): void {
  readConstraints(one, code);
  const usage = readUsage(one, code);
  const isForStamps = one.extensions.get(PURPOSES)?.isCritical === true && readPurposes(one, code)?.join() === TIME_STAMPING;
  if (!isForStamps || (usage && !(usage.length > 0 && usage.every((bit) => bit < 2)))) throw new VerifyError(code);
}

function checkAuthority(one: Certificate, below: number, code: string): void {
  if (one.version === V1) {
    if (!isSelfIssued(one)) throw new VerifyError(code);
    return;
  }
  const { isAuthority, most } = readConstraints(one, code);
  const [usage, purposes] = [readUsage(one, code), readPurposes(one, code)];
  const isForStamps = !purposes || purposes.includes(TIME_STAMPING) || purposes.includes(ANY_PURPOSE);
  if (!isAuthority || below > most || (usage && !usage.includes(CERT_SIGN_BIT)) || !isForStamps) throw new VerifyError(code);
}

/** Whether it may issue, and how many authorities may stand below it. */
function readConstraints(one: Certificate, code: string): { readonly isAuthority: boolean; readonly most: number } {
  const extension = one.extensions.get(CONSTRAINTS);
  if (!extension) return { isAuthority: false, most: Infinity };
  const outer = new Reader(extension.value, code);
  const constraints = outer.open();
  outer.end();
  const isAuthority = constraints.flag();
  const most = constraints.hasMore ? constraints.small() : Infinity;
  constraints.end();
  if (most !== Infinity && !isAuthority) throw new VerifyError(code);
  return { isAuthority, most };
}

/** The bits of keyUsage from the first, or null without it. */
function readUsage(one: Certificate, code: string): readonly number[] | null {
  const extension = one.extensions.get(USAGE);
  if (!extension) return null;
  const outer = new Reader(extension.value, code);
  const data = outer.take(BITS).content;
  outer.end();
  // X.690 11.2: bits that are not used are zero.
  if (data.length === 0 || data[0]! > 7 || data.at(-1)! & ((1 << data[0]!) - 1)) throw new VerifyError(code);
  const count = 8 * (data.length - 1) - data[0]!;
  return Array.from({ length: Math.max(count, 0) }, (_, at) => at).filter((at) => (data[1 + (at >> 3)]! >> (7 - (at & 7))) & 1);
}

function readPurposes(one: Certificate, code: string): readonly string[] | null {
  const extension = one.extensions.get(PURPOSES);
  if (!extension) return null;
  const outer = new Reader(extension.value, code);
  const listed = outer.open();
  outer.end();
  const found: string[] = [];
  while (listed.hasMore) found.push(toHex(listed.oid()));
  return found;
}
