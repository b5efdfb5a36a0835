// SPDX-License-Identifier: Apache-2.0
/** The readers of the verifier's page behind a pipe: a question a line, an answer a line. For tests. */

import { createInterface } from "node:readline";

import { parseCertificates } from "../../../client/verify/src/certificates";
import { fromBase64 } from "../../../client/verify/src/encoding";
import { VerifyError } from "../../../client/verify/src/errors";
import { isRevoked } from "../../../client/verify/src/revocation";
import { checkToken } from "../../../client/verify/src/tokens";

const bytes = (text: string) => fromBase64(text, "test.base64");

async function answer(line: string): Promise<string> {
  const { at, chain, data, imprint, roots } = JSON.parse(line);
  try {
    if (at !== null) return String(await isRevoked(bytes(data), parseCertificates(bytes(chain), "test.chain"), at));
    const certificates = parseCertificates(bytes(roots), "test.roots");
    const token = await checkToken(bytes(data), bytes(imprint), bytes(chain), [{ name: "trusted", certificates }]);
    return `${token.authority} ${token.at} ${token.endsAt}`;
  } catch (error) {
    return error instanceof VerifyError ? error.code : `raised ${error}`;
  }
}

(async () => {
  for await (const line of createInterface({ input: process.stdin })) console.log(await answer(line));
})();
