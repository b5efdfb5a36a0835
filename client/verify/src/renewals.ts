// SPDX-License-Identifier: Apache-2.0
/**
 * A row of timestamps: a token, and what renewed it before its certificates died. The same judgment as
 * `aigaq_verify.renewals`. Source: `spec/evidence-package.md`, "Timestamps".
 */

import { encodeParts, hash, type Bytes } from "./encoding";
import { VerifyError, placed } from "./errors";
import type { Authority } from "./policy";
import { isRevoked } from "./revocation";
import { checkToken, type Token } from "./tokens";

const LABEL = "aigaq/timestamp-renewal/v1";
const MAXIMUM_COVERED_BYTES = 64 * 1_048_576;
export const [REVOKED, EXPIRED] = ["token.revoked", "token.expired"] as const;

export interface Stamp {
  readonly name: string;
  readonly response: Bytes;
  readonly chain: Bytes;
  readonly lists: readonly { readonly name: string; readonly data: Bytes }[];
}

export interface Judged {
  readonly token: Token;
  readonly isRevoked: boolean;
}

/** What each token of a row is, the first over `text`, each other over all before. */
export async function judgeRow(row: readonly Stamp[], text: Bytes, authorities: readonly Authority[]): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  let over = text;
  for (const stamp of row) {
    const token = await placed(stamp.name, () => {
      if (over.length > MAXIMUM_COVERED_BYTES) throw new VerifyError("token.bad_form");
      return checkToken(stamp.response, hash(over), stamp.chain, authorities);
    });
    let isTaken = false;
    for (const { name, data } of stamp.lists) {
      const found = await placed(name, () => isRevoked(data, token.chain, token.at));
      isTaken ||= found;
    }
    judged.push({ token, isRevoked: isTaken });
    over = encodeParts(LABEL, over, stamp.response, stamp.chain, encodeParts(...stamp.lists.map((one) => one.data)));
  }
  return judged;
}

/**
 * The first token of a row that is still proof `now`, by an authority of the policy, and the code of why one
 * before it is no proof any more. One is, if no list takes it back, and its chain has not ended by then or
 * another one that is still proof was taken over it before. One made after `until` counts as not there.
 */
export function findAnchor(all: readonly Judged[], now: number, until: number): { readonly anchor: Token | null; readonly code: string } {
  const row = all.filter((one) => one.token.at <= until);
  let [place, livedFrom] = [row.length, Infinity];
  for (let at = row.length - 1; at >= 0; at--) {
    const { token, isRevoked: isTaken } = row[at]!;
    const isProof = token.authority !== null && !isTaken && (now < token.endsAt || livedFrom < token.endsAt);
    livedFrom = isProof ? token.at : Infinity;
    if (isProof) place = at;
  }
  const lost = row.slice(0, place).filter((one) => one.token.authority !== null);
  const code = lost.some((one) => one.isRevoked) ? REVOKED : lost.length > 0 ? EXPIRED : "";
  return { anchor: row[place]?.token ?? null, code };
}
