/**
 * Opens the modules of `seal.js` to the tests of the vectors; never part of the bundle.
 *
 * Built with the same settings as the bundle (`build.mjs --conformance`). Each operation takes and
 * gives JSON; bytes are base64 or hex as in the vectors. A failure comes back as its code.
 */

import { armor, Decrypter } from "age-encryption";

import { decryptWith, encryptTo, identityFromSeed, type Identity, makeIdentity } from "./crypto/age";
import { deriveKey, startHash } from "./crypto/hashing";
import { signingKeyFromSeed } from "./crypto/signing";
import { ClientError } from "./errors";
import { openReport } from "./conformance/open-report";
import { readUstar } from "./conformance/read-ustar";
import { parseMailboxAnswer, requestBody, requestBytes } from "./mailbox/requests";
import { fromBase64, fromHex, toBase64, toHex } from "./protocol/bytes";
import { canonicalJson, type Json, type JsonObject, parseCanonicalJson } from "./protocol/canonical-json";
import { fingerprintOf, verifyCard } from "./protocol/card";
import { cleanReceiptCode, withoutCheckDigits } from "./protocol/check-digits";
import { encodeParts, hashLeaf, treeRoot } from "./protocol/encoding";
import { commitTo, reportLeaves } from "./protocol/manifest";
import { checkOrder, openMessage, parseHead } from "./protocol/message";
import { padmeSize, padToStep, unpadFromStep } from "./protocol/padding";
import { deriveMailboxKeys, makeReceiptCode, stretchReceiptCode } from "./protocol/receipt-code";
import { buildSignedJson, openSignedJson } from "./protocol/signed-json";
import { openFilingReceipt, openPromise } from "./protocol/receipts";
import { reportIdOf } from "./protocol/header";

// Each operation names the shape that it takes; the tests know them, and a wrong one fails there.
const operations: Record<string, (input: never) => unknown> = {
  "age.decrypt": async ({ armored, file, identities, passphrases }: { armored: boolean; file: string; identities: string[]; passphrases: string[] }) => {
    const decrypter = new Decrypter();
    for (const identity of identities) decrypter.addIdentity(identity);
    for (const passphrase of passphrases) decrypter.addPassphrase(passphrase);
    const bytes = fromBase64(file);
    const binary = armored ? armor.decode(new TextDecoder("latin1").decode(bytes)) : bytes;
    return { plaintext: toBase64(await decrypter.decrypt(binary)) };
  },
  "age.round_trip": async ({ plaintext }: { plaintext: string }) => {
    const identity = await makeIdentity();
    const file = await encryptTo(identity.recipient, fromBase64(plaintext));
    return { file: toBase64(file), identity: identity.secret, plaintext: toBase64(await decryptWith(identity, file)) };
  },
  "age.identity": async ({ seed }: { seed: string }) => ({ ...(await identityFromSeed(fromHex(seed, 32))) }),
  "age.encrypt": async ({ recipient, plaintext }: { recipient: string; plaintext: string }) =>
    ({ file: toBase64(await encryptTo(recipient, fromBase64(plaintext))) }),
  "encoding.parts": ({ parts }: { parts: (string | number)[] }) =>
    ({ encoded: toHex(encodeParts(...parts.map((part) => typeof part === "number" ? part : fromBase64(part)))) }),
  "encoding.leaf": ({ parts }: { parts: (string | number)[] }) =>
    ({ leaf: toHex(hashLeaf(...parts.map((part) => typeof part === "number" ? part : fromBase64(part)))) }),
  "encoding.root": ({ leaves }: { leaves: string[] }) => ({ root: toHex(treeRoot(leaves.map((leaf) => fromHex(leaf, 32)))) }),
  "json.canonical": ({ value }: { value: Json }) => ({ text: canonicalJson(value) }),
  "json.parse": ({ data }: { data: string }) => ({ value: parseCanonicalJson(fromBase64(data)) }),
  "padding.step": ({ content, step }: { content: string; step: number }) => ({ padded: toBase64(padToStep(fromBase64(content), step)) }),
  "padding.unstep": ({ padded, step }: { padded: string; step: number }) => ({ content: toBase64(unpadFromStep(fromBase64(padded), step)) }),
  "padding.padme": ({ size }: { size: number }) => ({ padded: padmeSize(size) }),
  "hash.stream": async ({ chunks }: { chunks: string[] }) => {
    const running = await startHash();
    for (const chunk of chunks) running.update(fromBase64(chunk));
    return { sha256: toHex(running.digest()) };
  },
  "signed_json.build": ({ object, seed }: { object: JsonObject; seed: string }) =>
    ({ file: toBase64(buildSignedJson(object, signingKeyFromSeed(fromHex(seed, 32)))) }),
  "signed_json.open": ({ file, format, public_key: key }: { file: string; format: string; public_key: string }) =>
    ({ object: openSignedJson(fromBase64(file), { format, publicKey: fromBase64(key, 32) }) }),
  "receipt_code.make": () => ({ code: makeReceiptCode() }),
  "receipt_code.read": ({ typed }: { typed: string }) => {
    const code = cleanReceiptCode(typed);
    return { code, digits: withoutCheckDigits(code) };
  },
  "receipt_code.derive": async ({ code, team_id: teamId }: { code: string; team_id: string }) => {
    const team = fromHex(teamId, 16);
    const k = await stretchReceiptCode(code, team);
    const keys = await deriveMailboxKeys(code, team);
    return {
      k: toHex(k),
      identity_seed: toHex(deriveKey(k, "identity", 32)),
      mailbox_key: toBase64(keys.signingKey.publicKey),
      mailbox_recipient: keys.identity.recipient,
    };
  },
  "card.verify": ({ card, root_key: rootKey }: { card: string; root_key: string }) => ({ card: verifyCard({ cardText: card, rootKey }).card }),
  "card.fingerprint": ({ root_key: rootKey }: { root_key: string }) =>
    ({ words: fingerprintOf(fromBase64(rootKey, 32)).map(({ word, digits }) => `${word} ${digits}`) }),
  "commitment.of": ({ manifest }: { manifest: JsonObject }) => {
    const { leafCount, root, rootSalt, value } = commitTo(manifest);
    return { commitment: toHex(value), leaf_count: leafCount, leaves: reportLeaves(manifest).map(toHex), root: toHex(root), root_salt: toBase64(rootSalt) };
  },
  "container.read": ({ tar }: { tar: string }) =>
    ({ members: readUstar(fromBase64(tar)).map(({ name, content }) => ({ name, size: content.length })) }),
  "report.open": async ({ tar, team_identity: secret, team_id: teamId }: { tar: string; team_identity: string; team_id: string }) => {
    const report = await openReport(readUstar(fromBase64(tar)), { identity: { secret, recipient: "" }, teamId: fromHex(teamId, 16) });
    return {
      commitment: toHex(report.commitment),
      items: report.items.map((content) => toBase64(content)),
      manifest: report.manifest,
      report_id: reportIdOf(report.header),
    };
  },
  "promise.open": ({ promise, card, root_key: rootKey }: { promise: string; card: string; root_key: string }) => {
    const { commitment, promisedAt, reportId } = openPromise(promise, verifyCard({ cardText: card, rootKey }));
    return { commitment: toHex(commitment), promised_at: promisedAt, report_id: reportId };
  },
  "filing_receipt.open": ({ receipt, card, root_key: rootKey }: { receipt: string; card: string; root_key: string }) => {
    const { registerNumber, reportId, state } = openFilingReceipt(receipt, verifyCard({ cardText: card, rootKey }));
    return { register_number: registerNumber, report_id: reportId, state };
  },
  "mailbox.request_bytes": (input: {
    label: string; team_id: string; gate_origin: string; method: string; path: string; body: string; nonce: string; expiry: number;
  }) => ({
    signed: toHex(requestBytes({
      label: input.label, teamId: fromHex(input.team_id, 16), origin: input.gate_origin, method: input.method, path: input.path,
      body: fromBase64(input.body), nonce: fromBase64(input.nonce, 32), expiry: input.expiry,
    })),
  }),
  "mailbox.request_body": ({ confirm, confirm_promises: confirmPromises, send }: {
    confirm: number[]; confirm_promises: string[]; send: { ciphertext: string; previous: string; sequence: number } | null;
  }) => ({
    body: toBase64(requestBody({
      confirm, confirmPromises,
      send: send === null ? null : { ciphertext: fromBase64(send.ciphertext), previous: fromHex(send.previous, 32), sequence: send.sequence },
    })),
  }),
  "mailbox.answer": async ({ file, identity }: { file: string; identity: string }) => {
    const opened: Identity = { secret: identity, recipient: "" };
    const answer = parseMailboxAnswer(unpadFromStep(await decryptWith(opened, fromBase64(file)), 65_536));
    return {
      first_commitment: toHex(answer.firstCommitment), more: answer.more, sent: answer.sent,
      messages: answer.messages.map(({ sequence }) => sequence), promises: answer.promises.map(({ reportId }) => reportId),
    };
  },
  "message.open": async (input: {
    file: string; identity: string; signer: string; direction: "to_desk" | "to_reporter"; team_id: string; mailbox_key: string;
    first_commitment: string | null; head: Json;
  }) => {
    const message = await openMessage(fromBase64(input.file), {
      identity: { secret: input.identity, recipient: "" },
      signer: fromBase64(input.signer, 32),
      direction: input.direction,
      names: {
        teamId: fromHex(input.team_id, 16),
        mailboxKey: fromBase64(input.mailbox_key, 32),
        firstCommitment: input.first_commitment === null ? null : fromHex(input.first_commitment, 32),
      },
    });
    if (input.head !== null) checkOrder(message, parseHead(input.head));
    return { body: message.body, kind: message.kind, sequence: message.sequence, sign: message.sign };
  },
};

async function run(operation: string, input: unknown): Promise<{ value: unknown } | { error: string; message: string }> {
  const perform = operations[operation];
  if (perform === undefined) throw new Error(`no operation ${operation}`);
  try {
    return { value: await perform(input as never) };
  } catch (error) {
    return { error: error instanceof ClientError ? error.code : "uncoded", message: String(error) };
  }
}

export type Conformance = { run: typeof run };
(globalThis as { aigaqConformance?: Conformance }).aigaqConformance = { run };

