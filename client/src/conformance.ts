/**
 * Opens the modules of `seal.js` to the tests of the vectors; never part of the bundle.
 *
 * Built with the same settings as the bundle (`build.mjs --conformance`). There is one operation for
 * each file of `spec/vectors`: it takes one vector and gives the members that it computed. A failure
 * comes back as its code.
 */

import { armor, Decrypter } from "age-encryption";

import { openReport } from "./conformance/open-report";
import { checkRequest, readReceiptFile, readRequestBody } from "./conformance/readers";
import { readUstar } from "./conformance/read-ustar";
import { decryptWith, encryptTo, type Identity, identityFromSeed, makeIdentity } from "./crypto/age";
import { deriveKey, startHash } from "./crypto/hashing";
import { checkPublicKey } from "./crypto/signing";
import { ClientError } from "./errors";
import { checkRebind, readAnswer } from "./mailbox/reading";
import { parseMailboxAnswer, requestBody } from "./mailbox/requests";
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "./protocol/bytes";
import { canonicalJson, type Json, parseCanonicalObject } from "./protocol/canonical-json";
import { fingerprintOf, verifyCard, type VerifiedCard } from "./protocol/card";
import { cleanReceiptCode } from "./protocol/check-digits";
import { type EncodedPart, encodeParts, hashLeaf, hashParts, treeRoot } from "./protocol/encoding";
import { checkLogProof } from "./protocol/log-proof";
import { commitTo, reportLeaves } from "./protocol/manifest";
import { checkOrder, openMessage, parseHead, parseHeads } from "./protocol/message";
import { padmeSize, padToStep, unpadFromStep } from "./protocol/padding";
import { qrRows } from "./protocol/qr";
import { deriveMailboxKeys, makeReceiptCode, stretchReceiptCode } from "./protocol/receipt-code";
import { addFilingReceipt, checkPromise, openFilingReceipt } from "./protocol/receipts";
import { openSignedJson } from "./protocol/signed-json";
import { buildUstar } from "./protocol/ustar";

// The vectors are described in spec/vectors/README.md; a shape that is not as described fails its test.
type Vector = Record<string, any>;

function identityOf(vector: Vector): Identity {
  return { secret: vector["identity"] ?? vector["team_identity"], recipient: "" };
}

/** As much of a card as the reading of promises, receipts and messages needs. */
function cardFor(facts: { teamId?: string; logOrigin?: string; logKey?: string; messageKey?: string; maximumDelaySeconds?: number }): VerifiedCard {
  return {
    card: { team_id: facts.teamId, log_origin: facts.logOrigin, maximum_delay_seconds: facts.maximumDelaySeconds } as VerifiedCard["card"],
    text: "",
    teamId: fromHex(facts.teamId ?? "00".repeat(16), 16),
    logKey: fromBase64(facts.logKey ?? "A".repeat(43) + "=", 32),
    messageKey: fromBase64(facts.messageKey ?? "A".repeat(43) + "=", 32),
  };
}

function partOf(part: { integer?: string; bytes?: string; text?: string }): EncodedPart {
  if (part.integer !== undefined) return bigUint64(part.integer);
  return part.bytes === undefined ? part.text ?? "" : fromHex(part.bytes, part.bytes.length / 2);
}

/** Vectors go up to 2^64 - 1, beyond what this side ever writes. */
function bigUint64(decimal: string): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(decimal));
  return bytes;
}

async function openMessageVector(vector: Vector): Promise<Vector> {
  const file = fromBase64(vector["ciphertext"]);
  const message = await openMessage(file, {
    identity: identityOf(vector),
    signer: fromBase64(vector["public_key"], 32),
    direction: vector["direction"],
    names: {
      teamId: fromHex(vector["team_id"], 16),
      mailboxKey: fromBase64(vector["mailbox_key"], 32),
      firstCommitment: fromHex(vector["first_commitment"], 32),
    },
  });
  checkOrder(message, parseHead(vector["head"]));
  const { body, direction, kind, sequence, sentAt, sign } = message;
  const said = vector["message"] as Vector;
  return { message: { ...said, body, direction, kind, sequence, sent_at: sentAt, sign } };
}

const operations: Readonly<Record<string, (vector: Vector) => Vector | Promise<Vector>>> = {
  "age/cctv": async ({ armored, file, identities, passphrases }) => {
    const decrypter = new Decrypter();
    for (const identity of identities) decrypter.addIdentity(identity);
    for (const passphrase of passphrases) decrypter.addPassphrase(passphrase);
    const bytes = fromBase64(file);
    const binary = armored === true ? armor.decode(new TextDecoder("latin1").decode(bytes)) : bytes;
    return { plaintext: toBase64(await decrypter.decrypt(binary)) };
  },
  "age/files.json": async (vector) => ({ plaintext: fromUtf8(await decryptWith(identityOf(vector), fromBase64(vector["file"]))) }),
  "age/keys.json": async ({ secret }) => {
    const { secret: identity, recipient } = await identityFromSeed(fromHex(secret, 32));
    return { identity, recipient };
  },
  "age/encrypt": async ({ recipient, plaintext }) => ({ file: toBase64(encryptTo(recipient, fromBase64(plaintext))) }),
  "age/round-trip": async ({ plaintext }) => {
    const identity = await makeIdentity();
    const file = encryptTo(identity.recipient, fromBase64(plaintext));
    return { file: toBase64(file), identity: identity.secret, plaintext: toBase64(await decryptWith(identity, file)) };
  },
  "hashing/stream": async ({ chunks }) => {
    const running = await startHash();
    for (const chunk of chunks) running.update(fromBase64(chunk));
    return { sha256: toHex(running.digest()) };
  },
  "encoding/parts.json": ({ parts }) => {
    const encoded = (parts as []).map(partOf);
    return { encoded: toHex(encodeParts(...encoded)), sha256: toHex(hashParts(...encoded)), leaf: toHex(hashLeaf(...encoded)) };
  },
  "encoding/merkle.json": ({ leaves }) => ({ root: toHex(treeRoot((leaves as string[]).map((leaf) => fromHex(leaf, 32)))) }),
  "encoding/base64.json": ({ text }) => ({ bytes: toHex(fromBase64(text)) }),
  "encoding/json.json": ({ json }) => ({ json: toBase64(utf8(canonicalJson(parseCanonicalObject(fromBase64(json))))) }),
  "encoding/signed-json.json": ({ data, format, public_key: key }) =>
    ({ members: openSignedJson(fromBase64(data), { format, publicKey: fromBase64(key) }) }),
  "encoding/public-keys.json": ({ public_key: key }) => {
    checkPublicKey(fromBase64(key));
    return {};
  },
  "padding/steps.json": ({ padded, step }) => {
    const content = unpadFromStep(fromBase64(padded), step);
    return { content: toBase64(content), padded: toBase64(padToStep(content, step)) };
  },
  "padding/padme.json": ({ size }) => ({ padded: padmeSize(size) }),
  "receipt-code/make": () => ({ code: makeReceiptCode() }),
  "receipt-code/typed.json": ({ typed }) => ({ code: cleanReceiptCode(typed) }),
  "receipt-code/codes.json": async ({ typed, team_id: teamId }) => {
    const code = cleanReceiptCode(typed);
    const team = fromHex(teamId, 16);
    const k = await stretchReceiptCode(code, team);
    const keys = await deriveMailboxKeys(code, team);
    return {
      code,
      k: toHex(k),
      identity_seed: toHex(deriveKey(k, "identity", 32)),
      mailbox_key: toBase64(keys.signingKey.publicKey),
      mailbox_recipient: keys.identity.recipient,
    };
  },
  "commitment/commitments.json": ({ manifest }) => {
    const object = parseCanonicalObject(fromBase64(manifest));
    const { leafCount, root, value } = commitTo(object);
    return { leaves: reportLeaves(object).map(toHex), leaf_count: leafCount, root: toHex(root), commitment: toHex(value) };
  },
  "container/containers.json": ({ tar }) => {
    const members = readUstar(fromBase64(tar));
    const again = toBase64(buildUstar(members));
    return { members: members.map(({ name, content }) => ({ name, content: toBase64(content) })), tar: again };
  },
  "report": async (vector) => {
    const report = await openReport(readUstar(fromBase64(vector["tar"])), { identity: identityOf(vector), teamId: fromHex(vector["team_id"], 16) });
    return { expected: report };
  },
  "card/cards.json": ({ card, root_key: rootKey, team_id: teamId, seen_version: seen }) => {
    const { version, team_id: found } = verifyCard({ cardText: fromUtf8(fromBase64(card)), rootKey }).card;
    // A page has one card, so what a reader with a memory refuses besides is no business of this side.
    return { version: (teamId === null || found === teamId) && version >= seen ? version : null };
  },
  "card/fingerprints.json": ({ root_key: rootKey }) =>
    ({ fingerprint: fingerprintOf(fromBase64(rootKey, 32)).map(({ word, digits }) => `${word} ${digits}`).join(" · ") }),
  "receipts/promises.json": (vector) => {
    const card = cardFor({
      teamId: vector["team_id"], logOrigin: vector["log_origin"], logKey: vector["log_key"],
      maximumDelaySeconds: vector["maximum_delay_seconds"],
    });
    checkPromise(vector["promise"], card, { commitment: fromHex(vector["commitment"], 32), reportId: vector["report_id"] });
    return {};
  },
  "receipts/filing-receipts.json": (vector) => {
    const teamId = (JSON.parse((vector["filing_receipt"] as string).split("\n", 1)[0] ?? "") as Vector)["team_id"] as string;
    openFilingReceipt(vector["filing_receipt"], cardFor({ teamId, messageKey: vector["message_key"] }));
    return {};
  },
  "receipts/receipt-files.json": ({ receipt }) => {
    readReceiptFile(fromBase64(receipt));
    return {};
  },
  "receipts/log-proofs.json": (vector) => {
    const bare = cardFor({ logOrigin: vector["log_origin"], logKey: vector["log_key"] });
    const witnessing = { cosigners: vector["cosigners"], timestamp_authorities: [] };
    const card = { ...bare, card: { ...bare.card, witnessing } as VerifiedCard["card"] };
    const { index, size, isIndependent } = checkLogProof(vector["proof"], card, fromHex(vector["commitment"], 32));
    return { index, size, independent: isIndependent };
  },
  "receipts/qr": ({ text }) => ({ rows: qrRows(text) }),
  "receipts/add-filing-receipt": ({ receipt, filing_receipt: filed, message_key: messageKey, team_id: teamId }) =>
    ({ receipt: toBase64(addFilingReceipt(fromBase64(receipt), filed, cardFor({ teamId, messageKey }))) }),
  "mailbox/requests.json": (vector) => {
    checkRequest(vector);
    return {};
  },
  "mailbox/request-bodies.json": ({ body }) => ({ body: toBase64(requestBody(readRequestBody(fromBase64(body)))) }),
  "mailbox/rebinds.json": ({ rebind, message_key: messageKey, team_id: teamId }) => {
    checkRebind(rebind, cardFor({ teamId, messageKey }));
    return {};
  },
  "mailbox/messages/to-desk.json": openMessageVector,
  "mailbox/messages/to-reporter.json": openMessageVector,
  "mailbox/alarms.json": async (vector) => {
    const names = { teamId: vector["team_id"], messageKey: vector["message_key"] };
    const messages = (vector["messages"] as string[]).map((text) => fromBase64(text));
    const opened = await Promise.all(messages.map((file) => openMessage(file, {
      identity: identityOf(vector), signer: fromBase64(vector["message_key"], 32), direction: "to_reporter",
      names: { teamId: fromHex(vector["team_id"], 16), mailboxKey: fromBase64(vector["mailbox_key"], 32), firstCommitment: null },
    })));
    const reading = await readAnswer({
      firstCommitment: fromHex(vector["first_commitment"], 32),
      heads: parseHeads(vector["heads"] as Json),
      messages: messages.map((ciphertext, index) => ({ ciphertext, sequence: opened[index]?.sequence ?? 0 })),
      more: vector["more"], promises: [], sent: "none",
    }, {
      before: null,
      card: cardFor(names),
      keys: { identity: identityOf(vector), signingKey: { seed: new Uint8Array(32), publicKey: fromBase64(vector["mailbox_key"], 32) } },
    });
    if (reading.alarms.length > 0) throw new ClientError("mailbox.alarm");
    return {};
  },
  "mailbox/answers.json": async (vector) => {
    const padded = await decryptWith(identityOf(vector), fromBase64(vector["answer"]));
    const answer = await parseMailboxAnswer(unpadFromStep(padded, 65_536), identityOf(vector));
    return {
      expected: {
        first_commitment: toHex(answer.firstCommitment),
        heads: {
          to_desk: { sequence: answer.heads.to_desk.sequence, sha256: toHex(answer.heads.to_desk.sha256) },
          to_reporter: { sequence: answer.heads.to_reporter.sequence, sha256: toHex(answer.heads.to_reporter.sha256) },
        },
        messages: answer.messages.map(({ ciphertext, sequence }) => ({ ciphertext: toBase64(ciphertext), sequence })),
        more: answer.more,
        promises: answer.promises.map(({ promise, reportId }) => ({ promise, report_id: reportId })),
        sent: answer.sent,
      },
    };
  },
};

async function run(operation: string, vector: Vector): Promise<{ value: unknown } | { error: string; message: string }> {
  const perform = operations[operation];
  if (perform === undefined) throw new Error(`no operation ${operation}`);
  try {
    return { value: await perform(vector) };
  } catch (error) {
    return { error: error instanceof ClientError ? error.code : "uncoded", message: String(error) };
  }
}

(globalThis as { aigaqConformance?: { run: typeof run } }).aigaqConformance = { run };
