// SPDX-License-Identifier: Apache-2.0
/**
 * RFC 3161 timestamp tokens: what a token is over, who made it, and whether it holds at its time. The same
 * judgment as `aigaq_verify.tokens`. Sources: RFC 3161; RFC 5816; RFC 5652; RFC 5035; `spec/evidence-package.md`.
 */

import { checkChain, isSelfIssued, parseCertificates, type Certificate } from "./certificates";
import { INTEGER, OCTETS, Reader, SEQUENCE, SET, tagged } from "./der";
import { concat, same, toHex, type Bytes } from "./encoding";
import { VerifyError } from "./errors";
import { checkSignature, findDigest, hashWith, readAlgorithm, type Algorithm, type Digest } from "./keys";
import type { Authority } from "./policy";

const BAD = "token.bad_form";
const WRONG = "token.wrong_signature";
const MAXIMUM_BYTES = 1_048_576;
const MAXIMUM_CERTIFICATES = 32;
const SIGNED_DATA = "2a864886f70d010702";
const TST_INFO = "2a864886f70d0109100104";
const [CONTENT_TYPE, MESSAGE_DIGEST] = ["2a864886f70d010903", "2a864886f70d010904"] as const;
/** The attributes of RFC 2634 section 5.4 (SHA-1) and of RFC 5035 section 3 (any hash). */
const [SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2] = ["2a864886f70d010910020c", "2a864886f70d010910022f"] as const;
const [MILLISECONDS, MICROSECONDS] = [0x80, 0x81] as const;
const [GRANTED, SIGNED_DATA_VERSION, SIGNER_VERSION, INFO_VERSION] = [0, 3, 1, 1];

export interface Token {
  /** null if nobody of the policy made it. */
  readonly authority: string | null;
  readonly at: number;
  /** When the first certificate of its chain ends. */
  readonly endsAt: number;
  /** From the signer to the root. */
  readonly chain: readonly Certificate[];
}

interface Named {
  readonly digest: Digest | "sha1";
  readonly value: Bytes;
  readonly issuer: Bytes | null;
  readonly serial: Bytes | null;
}

interface Signer {
  readonly issuer: Bytes;
  readonly serial: Bytes;
  readonly attributes: Bytes;
  readonly named: readonly (readonly Named[])[];
  readonly messageDigest: Bytes;
  readonly digest: Digest;
  readonly algorithm: Algorithm;
  readonly signature: Bytes;
}

interface TokenForm {
  readonly imprint: Bytes;
  readonly at: number;
  readonly certificates: readonly Bytes[];
  readonly signer: Signer;
}

const bad = (): VerifyError => new VerifyError(BAD);

export async function checkToken(data: Bytes, imprint: Bytes, chainPem: Bytes, authorities: readonly Authority[]): Promise<Token> {
  const form = parseToken(data);
  if (!same(form.imprint, imprint)) throw new VerifyError("token.wrong_imprint");
  const chain = parseCertificates(chainPem, "token.bad_chain");
  checkNamed(form, chain);
  const { attributes, signature, algorithm, digest } = form.signer;
  await checkSignature(attributes, signature, algorithm, digest, chain[0]!.publicKey, WRONG);
  const build = (path: readonly Certificate[], authority: string | null): Token => ({ authority, at: form.at, endsAt: Math.min(...path.map((one) => one.notAfter)), chain: path });
  for (const authority of authorities) {
    const path = await findPath(chain, authority.certificates.filter(isSelfIssued), form.at);
    if (path) return build(path, authority.name);
  }
  // Nobody whom we trust made it; still, it must be what it claims under its own chain.
  const path = await findPath(chain, chain.slice(-1).filter(isSelfIssued), form.at);
  if (!path) throw new VerifyError(WRONG);
  return build(path, null);
}

/** A key may stand in two certificates: the token says under which one it was made. */
function checkNamed({ certificates, signer }: TokenForm, chain: readonly Certificate[]): void {
  const wrong = new VerifyError("token.wrong_certificate");
  const own = chain[0]!;
  if (!certificates.some((one) => same(one, own.der))) throw wrong;
  if (!same(signer.issuer, own.issuer) || !same(signer.serial, own.serial) || signer.named.length === 0) throw wrong;
  for (const named of signer.named) {
    // The first is the signer's; others narrow which certificates may stand in its chain.
    if (named.length === 0 || !isNamed(own, named[0]!)) throw wrong;
    if (!named.every((one) => chain.some((each) => isNamed(each, one)))) throw wrong;
  }
}

function isNamed(one: Certificate, named: Named): boolean {
  if (!same(hashWith(named.digest, one.der), named.value)) return false;
  return named.issuer === null || named.serial === null || (same(named.issuer, one.issuer) && same(named.serial, one.serial));
}

/** The beginning of the chain with the root that it leads to; it stands in its order, there is nothing to search. */
async function findPath(chain: readonly Certificate[], roots: readonly Certificate[], at: number): Promise<readonly Certificate[] | null> {
  for (const [place, one] of chain.entries()) {
    for (const root of roots.filter((each) => same(each.subject, one.issuer) || same(each.subject, one.subject))) {
      const path = [...chain.slice(0, same(one.der, root.der) ? place : place + 1), root];
      if (path.length > 1 && (await holds(path, at))) return path;
    }
  }
  return null;
}

async function holds(path: readonly Certificate[], at: number): Promise<boolean> {
  try {
    await checkChain(path, at, WRONG);
    return true;
  } catch (error) {
    if (error instanceof VerifyError) return false;
    throw error;
  }
}

function parseToken(data: Bytes): TokenForm {
  if (data.length > MAXIMUM_BYTES) throw bad();
  const response = openAlone(data);
  if (response.open().small() !== GRANTED) throw new VerifyError("token.refused");
  const token = response.open();
  response.end();
  if (toHex(token.oid()) !== SIGNED_DATA) throw bad();
  const explicit = token.open(tagged(0));
  token.end();
  const body = explicit.open();
  explicit.end();
  if (body.small() !== SIGNED_DATA_VERSION) throw bad();
  body.take(SET); // Of the digest: who signed says it, too, and signs it.
  const content = body.open();
  const certificates: Bytes[] = [];
  const listed = body.openIf(tagged(0));
  while (listed?.hasMore) {
    certificates.push(listed.next().whole);
    if (certificates.length > MAXIMUM_CERTIFICATES) throw bad();
  }
  body.takeIf(tagged(1));
  const signers = body.open(SET);
  body.end();
  const signer = readSigner(signers.open());
  signers.end();
  const info = readContent(content);
  const { imprint, at } = readInfo(openAlone(info));
  if (!same(signer.messageDigest, hashWith(signer.digest, info))) throw new VerifyError(WRONG);
  return { imprint, at, certificates, signer };
}

function openAlone(data: Bytes): Reader {
  const outer = new Reader(data, BAD);
  const inner = outer.open();
  outer.end();
  return inner;
}

/** The bytes of TSTInfo. */
function readContent(content: Reader): Bytes {
  if (toHex(content.oid()) !== TST_INFO) throw bad();
  const explicit = content.open(tagged(0));
  content.end();
  const info = explicit.take(OCTETS).content;
  explicit.end();
  return info;
}

function readInfo(info: Reader): { imprint: Bytes; at: number } {
  if (info.small() !== INFO_VERSION) throw bad();
  info.oid();
  const over = info.open();
  const [digest, imprint] = [over.take(SEQUENCE).whole, over.take(OCTETS).content];
  over.end();
  info.integer();
  const at = info.generalTime();
  readAccuracy(info);
  info.flag(); // Ordering.
  if (info.isNext(INTEGER)) info.integer(); // The nonce: for who asked.
  info.takeIf(tagged(0)); // The authority's name, which its certificate says.
  const extensions = info.openIf(tagged(1));
  info.end();
  while (extensions?.hasMore) {
    const one = extensions.open();
    one.oid();
    if (one.flag()) throw bad(); // Something that must be understood, and is not known here.
    one.take(OCTETS);
    one.end();
  }
  if (findDigest(digest) !== "sha256") throw new VerifyError("token.wrong_imprint");
  return { imprint, at };
}

function readAccuracy(info: Reader): void {
  const accuracy = info.openIf(SEQUENCE);
  if (!accuracy) return;
  if (accuracy.isNext(INTEGER)) accuracy.integer();
  for (const tag of [MILLISECONDS, MICROSECONDS]) accuracy.takeIf(tag);
  accuracy.end();
}

function readSigner(info: Reader): Signer {
  if (info.small() !== SIGNER_VERSION) throw bad();
  const name = info.open();
  const [issuer, serial] = [name.name(), name.integer()];
  name.end();
  const [digestForm, signed] = [info.take(SEQUENCE).whole, info.take(tagged(0)).content];
  const [algorithm, signature] = [info.take(SEQUENCE).whole, info.take(OCTETS).content];
  info.takeIf(tagged(1));
  info.end();
  const digest = findDigest(digestForm);
  if (!digest) throw bad();
  const attributes = readAttributes(new Reader(signed, BAD));
  if (toHex(openOne(attributes, CONTENT_TYPE).oid()) !== TST_INFO) throw bad();
  return {
    issuer,
    serial,
    attributes: asSet(signed),
    named: [SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2].filter((oid) => attributes.has(oid)).map((oid) => readNamed(openOne(attributes, oid), oid === SIGNING_CERTIFICATE_V2)),
    messageDigest: openOne(attributes, MESSAGE_DIGEST).take(OCTETS).content,
    digest,
    algorithm: readAlgorithm(algorithm, BAD),
    signature,
  };
}

/** RFC 5652 section 5.4: what is signed is the SET that the [0] stands for. */
function asSet(content: Bytes): Bytes {
  const size: number[] = [];
  for (let left = content.length; left > 0; left = Math.floor(left / 256)) size.unshift(left % 256);
  const length = content.length < 0x80 ? [content.length] : [0x80 | size.length, ...size];
  return concat(new Uint8Array([SET, ...length]), content);
}

/** The content of each attribute's SET; they stand in the order of DER, each once. */
function readAttributes(listed: Reader): Map<string, Bytes> {
  const found = new Map<string, Bytes>();
  let last = "";
  while (listed.hasMore) {
    const { content, whole } = listed.take(SEQUENCE);
    const one = new Reader(content, BAD);
    const [oid, values] = [toHex(one.oid()), one.take(SET).content];
    one.end();
    const place = toHex(whole);
    if (found.has(oid) || place < last) throw bad();
    found.set(oid, values);
    last = place;
  }
  return found;
}

/** A reader of an attribute that is there and has one value. */
function openOne(attributes: ReadonlyMap<string, Bytes>, oid: string): Reader {
  const values = new Reader(attributes.get(oid) ?? new Uint8Array(0), BAD);
  const value = values.next().whole;
  values.end();
  return new Reader(value, BAD);
}

function readNamed(value: Reader, hasDigest: boolean): readonly Named[] {
  const attribute = value.open();
  value.end();
  const listed = attribute.open();
  attribute.takeIf(SEQUENCE); // Policies.
  attribute.end();
  const found: Named[] = [];
  while (listed.hasMore) found.push(readOneNamed(listed.open(), hasDigest));
  return found;
}

function readOneNamed(one: Reader, hasDigest: boolean): Named {
  const form = hasDigest ? one.takeIf(SEQUENCE) : null;
  const told = form ? findDigest(form.whole) : undefined;
  if (form && !told) throw bad();
  // RFC 5035 section 4: SHA-256 where no hash is named.
  const digest = told ?? (hasDigest ? "sha256" : "sha1");
  const [value, given] = [one.take(OCTETS).content, one.openIf(SEQUENCE)];
  one.end();
  if (!given) return { digest, value, issuer: null, serial: null };
  const [names, serial] = [given.open(), given.integer()];
  given.end();
  const issuer = names.open(tagged(4)).name();
  names.end();
  return { digest, value, issuer, serial };
}
