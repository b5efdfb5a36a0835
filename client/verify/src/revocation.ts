// SPDX-License-Identifier: Apache-2.0
/**
 * Lists of revoked certificates (CRLs) beside a token: whose they are, and whether they name one. A list counts
 * only against a certificate. Sources: RFC 5280 section 5; RFC 3161 section 4.
 */

import { checkSigned, type Certificate } from "./certificates";
import { ENUMERATED, GENERAL_TIME, INTEGER, OCTETS, Reader, SEQUENCE, UTC_TIME, tagged } from "./der";
import { same, toHex, type Bytes } from "./encoding";
import { VerifyError } from "./errors";

export const MAXIMUM_LIST_BYTES = 4 * 1_048_576;
const BAD = "token.bad_list";
const REASON = "551d15";
/** unspecified, affiliationChanged, superseded, cessationOfOperation (RFC 3161 section 4). */
const HARMLESS = [0, 3, 4, 5];

interface RevocationList {
  readonly signed: Bytes;
  readonly issuer: Bytes;
  readonly entries: Bytes;
  readonly algorithm: Bytes;
  readonly signature: Bytes;
}

/** Whether a list takes its certificate of `chain` from a token that was made `at`. */
export async function isRevoked(data: Bytes, chain: readonly Certificate[], at: number): Promise<boolean> {
  const found = parseList(data);
  for (const [place, one] of chain.slice(0, -1).entries()) {
    const issuer = chain[place + 1]!;
    if (!same(issuer.subject, found.issuer) || !(await isSigned(found, issuer))) continue;
    // All are read: an entry of a wrong form is a fault of the list wherever it stands.
    return findEntries(found, one.serial).map((entry) => takes(entry, at)).includes(true);
  }
  throw new VerifyError(BAD);
}

function parseList(data: Bytes): RevocationList {
  if (data.length > MAXIMUM_LIST_BYTES) throw new VerifyError(BAD);
  const outer = new Reader(data, BAD);
  const parts = outer.open();
  outer.end();
  const signed = parts.take(SEQUENCE);
  const [algorithm, signature] = [parts.take(SEQUENCE).whole, parts.wholeBits()];
  parts.end();
  const body = new Reader(signed.content, BAD);
  const version = body.takeIf(INTEGER);
  if (version && toHex(version.content) !== "01") throw new VerifyError(BAD);
  if (!same(body.take(SEQUENCE).whole, algorithm)) throw new VerifyError(BAD);
  const issuer = body.name();
  body.time();
  if (!body.takeIf(UTC_TIME)) body.takeIf(GENERAL_TIME); // When the next one comes: for who asks today.
  const entries = body.takeIf(SEQUENCE);
  body.takeIf(tagged(0));
  body.end();
  return { signed: signed.whole, issuer, entries: entries?.content ?? new Uint8Array(0), algorithm, signature };
}

async function isSigned(found: RevocationList, issuer: Certificate): Promise<boolean> {
  try {
    await checkSigned(found.signed, found.signature, found.algorithm, issuer, BAD);
    return true;
  } catch (error) {
    if (error instanceof VerifyError) return false;
    throw error;
  }
}

/** A reader behind the serial number of each entry that names it. */
function findEntries(found: RevocationList, serial: Bytes): readonly Reader[] {
  const entries = new Reader(found.entries, BAD);
  const named: Reader[] = [];
  while (entries.hasMore) {
    const entry = entries.open();
    if (same(entry.integer(), serial)) named.push(entry);
  }
  return named;
}

function takes(entry: Reader, at: number): boolean {
  const since = entry.time();
  const extensions = entry.openIf(SEQUENCE);
  entry.end();
  let reason: Bytes | null = null;
  while (extensions?.hasMore) {
    const one = extensions.open();
    const oid = toHex(one.oid());
    one.flag();
    const value = new Reader(one.take(OCTETS).content, BAD);
    one.end();
    if (oid !== REASON) continue;
    reason = value.take(ENUMERATED).content;
    value.end();
  }
  return since <= at || reason?.length !== 1 || !HARMLESS.includes(reason[0]!);
}
