// SPDX-License-Identifier: Apache-2.0
/**
 * The steps of a package in the order of `spec/policy.md`. Trust comes from the policy alone; a later
 * step never rescues an earlier one.
 */

import { concat, decodeText, encodeText, encodeParts, formatTime, hash, hashLeaf, hashParts, same, toHex, type Bytes } from "./encoding";
import { CARDS, CONSENT, CUSTODY, CUSTODY_PROOF, PACKAGE, checkConsent, findDerived, findReceived, listEvidence, parseChain, parseContents, type Contents, type TokenFiles } from "./contents";
import { VerifyError, placed } from "./errors";
import { compareBytes, type Digest, type Source } from "./files";
import { ED25519, MAXIMUM_NOTE_BYTES, checkInclusion, findSigners, hashEntry, parseCheckpoint, parseNote, parseProof, sameKey, type Checkpoint, type Note } from "./notes";
import { isMet, parseRetirement, type Policy } from "./policy";
import { canCheck } from "./keys";
import { EXPIRED, REVOKED, findAnchor, judgeRow, type Judged, type Stamp } from "./renewals";
import { MAXIMUM_LIST_BYTES } from "./revocation";
import { HEADER_BYTES, checkSealed } from "./sealed";
import { parseCard, type Card } from "./signatures";

export type Result = "passed" | "failed" | "skipped" | "not anchored" | "unknown";

export interface Step {
  readonly number: number;
  readonly name: string;
  readonly result: Result;
  readonly code: string;
  readonly where: string;
  /** What can be said, as a key of the texts and its values. */
  readonly words: readonly (readonly [key: string, ...values: string[]])[];
}

export interface ItemVerdict {
  readonly path: string;
  readonly result: Result;
  readonly sha256: string;
  readonly words: readonly (readonly [key: string, ...values: string[]])[];
}

export interface Verdict {
  readonly steps: readonly Step[];
  readonly items: readonly ItemVerdict[];
  readonly exit: number;
}

type Words = Step["words"];
interface Found {
  readonly result?: Result;
  readonly code?: string;
  readonly words?: Words;
}

const DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const [MANIFEST, TAG_MANIFEST, INFO] = ["manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt"];
const NOTE = `${TAG_MANIFEST}.note`;
const TAG_FILES = ["bagit.txt", INFO, MANIFEST];
const DOCUMENT = /^data\/(?:[a-z]+(?:-[a-z]+)*(?:\.(?:kk|ru|en))?\.(?:html|pdf)|office\/[a-z]+(?:-[a-z]+)*\.(?:kk|ru)\.pdf)$/;
const INFO_NAMES = "Bag-Software-Agent Bagging-Date External-Identifier Payload-Oxum Source-Organization";
const MEBIBYTE = 1024 * 1024;

/** Check the package that `open` gives, which is step 0, as of `now` in Unix seconds. `tell` hears how many bytes were hashed. */
export async function verifyPackage(open: () => Promise<Source>, policy: Policy | null, now: number, tell: (bytes: number) => void): Promise<Verdict> {
  const work = new Work(policy, now, tell);
  const steps: Step[] = [];
  let hasFailed = false;
  const run = async (number: number, name: string, check: () => Promise<Found | void> | void): Promise<void> => {
    const told = { number, name, code: "", where: "", words: [] as Words };
    if (hasFailed) {
      steps.push({ ...told, result: "skipped" });
      return;
    }
    try {
      steps.push({ ...told, result: "passed", ...((await check()) ?? {}) });
    } catch (error) {
      if (!(error instanceof VerifyError)) throw error;
      hasFailed = true;
      steps.push({ ...told, result: "failed", code: error.code, where: makePlain(error.where) });
    }
  };
  await run(0, "files", async () => void (work.source = await open()));
  await run(1, "bag", () => work.checkBag());
  await run(2, "policy", () => work.checkPolicy());
  await run(3, "card", () => work.checkCards());
  await run(4, "checkpoint", () => work.checkCheckpoint());
  await run(5, "tokens", () => work.checkTokens());
  await run(6, "inclusion", () => work.checkInclusions());
  await run(7, "commitment", () => work.checkCommitments());
  await run(8, "items", () => work.checkItems());
  await run(9, "custody", () => work.checkCustody());
  await run(10, "consent", () => work.checkConsents());
  const exit = (): number => (hasFailed ? 1 : steps.some((one) => one.result === "unknown") ? 4 : steps.some((one) => one.result === "not anchored") ? 3 : 0);
  const before = exit();
  const result = before === 0 ? "passed" : before === 4 ? "unknown" : "not anchored";
  await run(11, "verdict", async () => ({
    result,
    words: [["seal", toHex(hash(work.bag!.tagManifest))]],
  }));
  const items = work.items.map((one) => ({ ...one, result: one.result === "unknown" ? one.result : result }) as const);
  return { steps, items: hasFailed ? [] : items, exit: exit() };
}

interface Bag {
  readonly payload: ReadonlyMap<string, Digest>;
  readonly tags: ReadonlyMap<string, Digest>;
  readonly tagManifest: Bytes;
  /** Whose package it says it is; the card must say so, too. */
  readonly organisation: string;
}

/** A head whose log signature was checked, and when whom the policy names vouched for it, in Unix seconds. */
interface SeenHead {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  readonly data: Bytes;
  readonly logKey: Bytes;
  /** The earliest moment by which the quorum had cosigned. */
  readonly cosignedAt: number | null;
  /** How many of the policy's witnesses cosigned only after the moment that is judged for. */
  readonly later: number;
  readonly stamps: number[];
}

class Work {
  source!: Source;
  bag: Bag | null = null;
  items: ItemVerdict[] = [];
  private contents!: Contents;
  private cards: readonly Card[] = [];
  private head!: SeenHead;
  /** By the file: the package's own head, and earlier ones. */
  private readonly heads = new Map<string, SeenHead>();
  private readonly custodyWords = new Map<number, Words>();

  /** What was made after it vouches for nothing: the clock is nobody's word, and may be slow by a day. */
  private readonly until: number;

  constructor(private readonly policy: Policy | null, private readonly now: number, private readonly tell: (bytes: number) => void) {
    this.until = now + 86_400;
  }

  /** A tag file with the bytes that step 1 hashed. */
  private async read(name: string, maximum = MEBIBYTE): Promise<Bytes> {
    const data = await this.source.read(name, maximum);
    const known = this.bag!.tags.get(name);
    if (!known || !same(hash(data), known.sha256)) throw new VerifyError("bag.wrong_hash", name);
    return data;
  }

  async checkBag(): Promise<void> {
    const declaration = await this.source.read("bagit.txt", 1_024);
    if (!same(declaration, encodeText(DECLARATION))) throw new VerifyError("bag.bad_declaration", "bagit.txt");
    const manifest = await this.source.read(MANIFEST!, 32 * MEBIBYTE);
    const tagManifest = await this.source.read(TAG_MANIFEST!, 32 * MEBIBYTE);
    const payloadLines = parseManifest(manifest, MANIFEST!);
    const tagLines = parseManifest(tagManifest, TAG_MANIFEST!);
    if (tagLines.get(MANIFEST!) !== toHex(hash(manifest))) throw new VerifyError("bag.wrong_hash", MANIFEST);
    const names = this.source.names;
    checkListed(names.filter((name) => name.startsWith("data/")), payloadLines, MANIFEST!);
    const tagNames = names.filter((name) => !name.startsWith("data/") && name !== TAG_MANIFEST && name !== NOTE);
    checkListed(tagNames, tagLines, TAG_MANIFEST!);
    if (!names.includes(NOTE)) throw new VerifyError("bag.missing", NOTE);
    for (const name of names.filter((one) => one !== TAG_MANIFEST && one !== NOTE)) {
      const isKnown = TAG_FILES.includes(name) || name.startsWith("evidence/") || name.startsWith("data/items/") || DOCUMENT.test(name);
      if (!isKnown) throw new VerifyError("bag.extra", name);
    }
    for (const name of TAG_FILES) if (!names.includes(name!)) throw new VerifyError("bag.missing", name);
    const payload = await this.compare(payloadLines);
    const tags = await this.compare(tagLines);
    this.bag = { payload, tags, tagManifest, organisation: "" };
    const { dated, organisation } = checkInfo(await this.read(INFO!, 65_536), payload);
    this.bag = { payload, tags, tagManifest, organisation };
    this.contents = await placed(PACKAGE, async () => parseContents(await this.read(PACKAGE, 16 * MEBIBYTE)));
    if (dated !== this.contents.madeOn) throw new VerifyError("bag.bad_info", INFO);
    const expected = listEvidence(this.contents);
    const there = [...tags.keys()].filter((name) => name.startsWith("evidence/"));
    for (const name of [...expected].sort(compareBytes)) if (!tags.has(name)) throw new VerifyError("bag.missing", name);
    for (const name of there.sort(compareBytes)) if (!expected.has(name) && !name.startsWith(CARDS)) throw new VerifyError("bag.extra", name);
  }

  private async compare(lines: ReadonlyMap<string, string>): Promise<Map<string, Digest>> {
    const found = new Map<string, Digest>();
    for (const [name, sha256] of lines) {
      const digest = await this.source.digest(name, this.tell);
      if (toHex(digest.sha256) !== sha256) throw new VerifyError("bag.wrong_hash", name);
      found.set(name, digest);
    }
    return found;
  }

  async checkPolicy(): Promise<Found> {
    const policy = this.policy;
    if (!policy) return { result: "not anchored", words: [["no_policy"]] };
    await placed(PACKAGE, () => policy.checkRoot(this.contents.rootKey));
    return { words: [["policy_used", makePlain(policy.name), formatTime(this.now)]] };
  }

  async checkCards(): Promise<Found> {
    const cards: Card[] = [];
    for (const name of this.source.names.filter((one) => one.startsWith(CARDS))) {
      const data = await this.read(name);
      const card = await placed(name, () => parseCard(data, this.contents.rootKey));
      if (name !== `${CARDS}${String(card.version).padStart(6, "0")}.card`) throw new VerifyError("card.bad_form", name);
      cards.push(card);
    }
    const last = cards.at(-1);
    if (!last) throw new VerifyError("card.missing", CARDS);
    cards.forEach((card, at) => {
      const before = cards[at - 1];
      if (before && !same(before.teamId, card.teamId)) throw new VerifyError("card.other_team");
      if (before && card.version <= before.version) throw new VerifyError("card.older");
      if (before && card.version !== before.version + 1) throw new VerifyError("card.gap");
    });
    if (cards.some((card) => !same(card.teamId, this.contents.teamId))) throw new VerifyError("card.other_team", PACKAGE);
    this.cards = cards;
    await placed(NOTE, () => this.checkTagNote(last));
    const names = ["kk", "ru", "en"].map((language) => last.names.text(language));
    if (!names.some((name) => name.split(/\s+/).filter((one) => one !== "").join(" ") === this.bag!.organisation)) throw new VerifyError("bag.bad_info", INFO);
    const key = this.policy === null ? "card_unknown" : "card";
    const words: [string, ...string[]][] = [[key, ...names.map(makePlain), String(last.version), formatTime(last.signedAt)]];
    if (last.state === "trial") words.push(["trial"]);
    return { words };
  }

  /** Only the desk key of the newest card counts: one that was changed may be in other hands. */
  private async checkTagNote(card: Card): Promise<void> {
    const limit = 32 * MEBIBYTE + MAXIMUM_NOTE_BYTES;
    const note = parseNote(await this.source.read(NOTE, limit), limit);
    if (!same(encodeText(note.text), this.bag!.tagManifest)) throw new VerifyError("bag.other_note");
    const key = { name: `${toHex(card.teamId)}/desk`, kind: ED25519, publicKey: card.deskKey };
    if (findSigners(note, [key]).size === 0) throw new VerifyError("note.not_signed");
  }

  async checkCheckpoint(): Promise<Found> {
    const name = this.contents.checkpoint;
    const data = await this.read(name, MAXIMUM_NOTE_BYTES);
    const found = await placed(name, async (): Promise<Found> => {
      this.head = this.openHead(name, data);
      this.heads.set(name, this.head);
      const { checkpoint, cosignedAt: seen } = this.head;
      const later = this.sayLater("later_cosignatures", this.head.later);
      const unsure = await this.isRetired(seen);
      if (unsure) return { result: "unknown" as const, code: "checkpoint.retired", words: [["retired"]] };
      if (seen !== null) return { words: [["cosigned", String(checkpoint.size), formatTime(seen)], ...later] };
      return this.policy === null || this.policy.needsQuorum ? { result: "not anchored" as const, words: [["no_quorum"], ...later] } : {};
    });
    for (const { checkpoint } of this.contents.earlier) await this.openEarlier(checkpoint);
    return found;
  }

  private openHead(name: string, data: Bytes): SeenHead {
    const note = parseNote(data);
    const checkpoint = parseCheckpoint(note.text);
    let logs = this.cards.filter((card) => card.logOrigin === checkpoint.origin).map((card) => ({ name: card.logOrigin, kind: ED25519, publicKey: card.logKey }));
    if (this.policy?.logs.length) logs = logs.filter((log) => this.policy!.logs.some((one) => sameKey(one, log)));
    if (logs.length === 0) throw new VerifyError("checkpoint.other_log");
    const signers = findSigners(note, logs);
    if (signers.size === 0) throw new VerifyError("note.not_signed");
    const witnesses = this.policy?.witnesses ?? [];
    const cosigned = findSigners(note, witnesses.map(([, key]) => key));
    if (name !== `evidence/checkpoints/${checkpoint.size}.checkpoint`) throw new VerifyError("checkpoint.bad_form");
    const inTime = [...cosigned].filter(([, at]) => (at ?? 0) <= this.until);
    const cosignedAt = this.witnessedAt(new Map(inTime.map(([place, at]) => [witnesses[place]![0], at ?? 0])));
    return { checkpoint, note, data, logKey: logs[[...signers.keys()][0]!]!.publicKey, cosignedAt, later: cosigned.size - inTime.length, stamps: [] };
  }

  private sayLater(key: string, count: number): Words {
    return count === 0 ? [] : [[key, formatTime(this.until), String(count)]];
  }

  /** An earlier head says since when the reports are there; whether it is trusted changes no result here. */
  private async openEarlier(name: string): Promise<void> {
    const data = await this.read(name, MAXIMUM_NOTE_BYTES);
    await placed(name, () => {
      const seen = this.openHead(name, data);
      if (seen.checkpoint.origin !== this.head.checkpoint.origin || !same(seen.logKey, this.head.logKey)) throw new VerifyError("checkpoint.other_log");
      if (seen.checkpoint.size >= this.head.checkpoint.size) throw new VerifyError("checkpoint.bad_form");
      this.heads.set(name, seen);
    });
  }

  /** The earliest moment by which the policy's quorum had cosigned, in Unix seconds, or null. */
  private witnessedAt(cosigned: ReadonlyMap<string, number>): number | null {
    const quorum = this.policy?.quorum;
    if (!quorum) return null;
    for (const at of [...cosigned.values()].sort((one, other) => one - other)) {
      if (isMet(quorum, new Set([...cosigned].filter(([, one]) => one <= at).map(([name]) => name)))) return at;
    }
    return null;
  }

  /** By which moments a head must have been seen, since its key was retired or replaced. */
  private listLimits({ logKey, note }: SeenHead): readonly number[] {
    const own = (this.policy?.retirements ?? []).map((text) => parseRetirement(text, this.contents.rootKey)).filter((one) => same(one.logKey, logKey));
    const replacedAt = findReplacedAt(this.cards, logKey);
    // Without a policy nobody is known to have seen anything; a retirement in it goes before the card.
    if (own.length === 0) return this.policy === null || replacedAt === null ? [] : [replacedAt];
    return own.filter((one) => one.lastCheckpoint !== note.text).map((one) => one.retiredAt);
  }

  /** Throws for a head under a retired or replaced key that nobody saw before; true if that cannot be told here. */
  private async isRetired(seen: number | null): Promise<boolean> {
    const limits = this.listLimits(this.head);
    if (limits.length === 0) return false;
    const moments = [...(await this.readStamps()), ...(seen === null ? [] : [seen])];
    if (limits.every((limit) => moments.some((at) => at <= limit))) return false;
    if (canCheck() || !this.contents.tokens.some((one) => one.checkpoint === this.contents.checkpoint)) throw new VerifyError("checkpoint.retired");
    return true;
  }

  /** When good tokens over the package's own head were made; what is wrong with others is for step 5 to say. */
  private async readStamps(): Promise<readonly number[]> {
    const stamps: number[] = [];
    for (const files of canCheck() ? this.contents.tokens.filter((one) => one.checkpoint === this.contents.checkpoint) : []) {
      try {
        const { anchor } = findAnchor(await this.judgeRow(files), this.now, this.until);
        if (anchor) stamps.push(anchor.at);
      } catch (error) {
        if (!(error instanceof VerifyError)) throw error;
      }
    }
    return stamps;
  }

  private async judgeRow(files: TokenFiles): Promise<readonly Judged[]> {
    const seen = this.heads.get(files.checkpoint);
    if (!seen) throw new VerifyError("token.other_checkpoint", files.stamps[0].token);
    const row: Stamp[] = [];
    for (const one of files.stamps) {
      const lists: { name: string; data: Bytes }[] = [];
      const [response, chain] = [await this.read(one.token), await this.read(one.chain)];
      for (const name of one.lists) lists.push({ name, data: await this.read(name, MAXIMUM_LIST_BYTES) });
      row.push({ name: one.token, response, chain, lists });
    }
    return judgeRow(row, encodeText(seen.note.text), this.policy?.authorities ?? []);
  }

  /** Check every token; those of the policy's authorities over the package's own head, each once, anchor it. */
  async checkTokens(): Promise<Found> {
    const { tokens } = this.contents;
    if (!canCheck() && tokens.length > 0) return { result: "unknown", words: [["tokens", String(tokens.length)]] };
    const found = new Map<string, number>();
    const codes: string[] = [];
    let [unlisted, later] = [0, 0];
    for (const files of tokens) {
      const row = await this.judgeRow(files);
      const { anchor, code } = findAnchor(row, this.now, this.until);
      later += row.filter(({ token }) => token.authority !== null && token.at > this.until).length;
      codes.push(code);
      if (anchor?.authority == null) continue;
      this.heads.get(files.checkpoint)!.stamps.push(anchor.at);
      if (files.stamps.every((one) => one.lists.length === 0)) unlisted++;
      if (files.checkpoint === this.contents.checkpoint) found.set(anchor.authority, Math.min(anchor.at, found.get(anchor.authority) ?? anchor.at));
    }
    const result = found.size >= (this.policy?.neededTimestamps ?? 0) ? ("passed" as const) : ("not anchored" as const);
    const words: [string, ...string[]][] = [];
    const own = tokens.filter((one) => one.checkpoint === this.contents.checkpoint).length;
    if (own === 0) words.push(["no_tokens"]);
    else if (found.size === 0) words.push(["tokens_none", String(own)]);
    else words.push(["tokens_good", String(found.size), String(own), formatTime(Math.min(...found.values()))]);
    const counted = this.contents.earlier.reduce((sum, one) => sum + this.heads.get(one.checkpoint)!.stamps.length, 0);
    if (tokens.length > own) words.push(["tokens_earlier", String(counted), String(tokens.length - own)]);
    const [ended, revoked] = [EXPIRED, REVOKED].map((each) => codes.filter((one) => one === each).length);
    if (ended) words.push(["tokens_expired", String(ended), formatTime(this.now)]);
    if (revoked) words.push(["tokens_revoked", String(revoked)]);
    if (unlisted) words.push(["tokens_unlisted", String(unlisted)]);
    return { result, code: revoked ? REVOKED : ended ? EXPIRED : "", words: [...words, ...this.sayLater("later_tokens", later)] };
  }

  async checkInclusions(): Promise<Found> {
    const { reports, earlier } = this.contents;
    for (const report of reports) await this.checkProof(report.proof, report.commitment, report.logIndex);
    for (const one of earlier) {
      const head = this.heads.get(one.checkpoint)!;
      for (const [at, { commitment, logIndex }] of reports.entries()) await this.checkProof(one.proofs[at]!, commitment, logIndex, head);
    }
    // Where tokens cannot be checked, step 5 says so, and nothing is known of these times.
    return earlier.length > 0 && this.policy !== null && canCheck() ? { words: this.sayFrom() } : {};
  }

  /** Since when the reports are there, after every proof was found good; and since when the package's own head is. */
  private sayFrom(): Words {
    const own = this.findSince(this.head);
    const known = [...this.heads.values()].map((one) => [this.findSince(one), one.checkpoint.size] as const).filter(([at]) => at !== null);
    if (known.length === 0) return [["earlier_none"]];
    const [at, size] = known.sort(([one, first], [other, second]) => one! - other! || first - second)[0]!;
    const ownSize = String(this.head.checkpoint.size);
    return [["since", formatTime(at!), String(size)], own === null ? ["own_unknown", ownSize] : ["own_since", ownSize, formatTime(own)]];
  }

  /** The earliest moment at which somebody of the policy vouched for a head; none that came after its key was given up. */
  private findSince(head: SeenHead): number | null {
    const moments = [...head.stamps, ...(head.cosignedAt === null ? [] : [head.cosignedAt])];
    const isInTime = this.listLimits(head).every((limit) => moments.some((at) => at <= limit));
    return isInTime && moments.length > 0 ? Math.min(...moments) : null;
  }

  private async checkProof(name: string, blinded: Bytes, index: number | null, head = this.head): Promise<void> {
    const data = await this.read(name, 2 * MAXIMUM_NOTE_BYTES);
    await placed(name, () => {
      const proof = parseProof(data);
      if (!same(proof.note, head.data)) throw new VerifyError("proof.other_checkpoint");
      if (index !== null && proof.index !== index) throw new VerifyError("proof.wrong_index");
      const { size, root } = head.checkpoint;
      checkInclusion(hashEntry(concat(new Uint8Array([1]), blinded)), proof.index, size, proof.path, root, "proof");
    });
  }

  checkCommitments(): void {
    for (const one of this.contents.reports) {
      const opened = hashParts("aigaq/commitment/v1", one.rootSalt, this.contents.teamId, one.mailboxKey, one.leafCount, one.root);
      if (!same(opened, one.commitment)) throw new VerifyError("commitment.wrong", one.id);
    }
  }

  async checkItems(): Promise<Found> {
    const reports = new Map(this.contents.reports.map((one) => [one.id, one]));
    const payload = this.bag!.payload;
    for (const item of this.contents.items) {
      const report = reports.get(item.report)!;
      const { name, type, size, sha256 } = item.original;
      const leaf = hashLeaf("aigaq/report-leaf/v1", item.salt, "item", item.itemNumber, name, type, size, sha256);
      await placed(item.path, async () => {
        checkInclusion(leaf, item.leafIndex, report.leafCount, item.leafPath, report.root, "item");
        const digest = payload.get(item.path);
        if (!digest) throw new VerifyError("item.missing");
        if (item.sealedTo !== null) {
          checkSealed(await this.readBeginning(item.path), digest.size, item.size, item.sealedTo);
          return;
        }
        if (digest.size !== item.size) throw new VerifyError("item.wrong_size");
        if (!same(digest.sha256, item.sha256)) throw new VerifyError("item.wrong_hash");
      });
    }
    const shown = new Set(this.contents.items.map((one) => one.path));
    for (const name of payload.keys()) if (name.startsWith("data/items/") && !shown.has(name)) throw new VerifyError("item.unlisted", name);
    const { items } = this.contents;
    const sealed = items.filter((one) => one.sealedTo !== null).length;
    const copies = items.filter((one) => one.recipe !== null).length;
    const words: [string, string, string][] = [];
    if (sealed > 0) words.push(["sealed_items", String(sealed), String(items.length)]);
    if (copies > 0) words.push(["copied_items", String(copies), String(items.length)]);
    return { words };
  }

  private async readBeginning(name: string): Promise<Bytes> {
    let beginning = new Uint8Array(0);
    for await (const block of this.source.blocks(name)) {
      beginning = concat(beginning, block.subarray(0, HEADER_BYTES));
      if (beginning.length >= HEADER_BYTES) break;
    }
    return beginning;
  }

  async checkCustody(): Promise<Found> {
    const data = await this.read(CUSTODY, 64 * MEBIBYTE);
    const chain = await placed(CUSTODY, () => parseChain(data));
    const { custodyCount: count, custodyHead, logged, items } = this.contents;
    const wrong = new VerifyError("custody.wrong_chain", CUSTODY);
    if (chain.heads.length - 1 !== count || !same(chain.heads.at(-1)!, custodyHead)) throw wrong;
    for (const item of items) {
      const line = await placed(item.path, () => findReceived(chain, item));
      const where = (at: number, key: string): readonly [string, string] => [at <= (logged?.count ?? 0) ? `${key}_fixed` : `${key}_not_fixed`, String(at)];
      const words = [where(line, "custody")];
      if (item.recipe !== null) words.push(where(await placed(item.path, () => findDerived(chain, item)), "derived"));
      this.custodyWords.set(item.number, words);
    }
    const hidden: Words = chain.hidden === 0 ? [] : [["custody_hidden", String(chain.hidden)]];
    if (!logged) return { result: "not anchored", code: "custody.not_logged", words: [["custody_not_logged", String(count)], ...hidden] };
    if (logged.count < 1 || logged.count >= chain.heads.length) throw wrong;
    const value = encodeParts(logged.count, chain.heads[logged.count]!);
    if (logged.kind !== "custody_head" || !same(logged.value, value)) throw wrong;
    await this.checkProof(CUSTODY_PROOF, hashParts("aigaq/leaf/v1", logged.kind, logged.salt, logged.value), null);
    return { words: [["custody", String(count), String(logged.count), String(count - logged.count)], ...hidden] };
  }

  async checkConsents(): Promise<void> {
    const data = await this.read(CONSENT, 16 * MEBIBYTE);
    const given = await placed(CONSENT, () => checkConsent(data, this.contents));
    this.items = this.contents.items.map((item) => ({
      path: item.path,
      result: item.sealedTo === null && item.recipe === null ? "passed" : "unknown",
      sha256: toHex(item.sha256),
      words: [
        ...(item.sealedTo !== null || item.path.endsWith(`/${item.name}`) ? [] : [["listed_as", makePlain(item.name)] as const]),
        ...(item.recipe === null ? [] : [["derived_from", toHex(item.original.sha256)] as const]),
        ...this.custodyWords.get(item.number)!,
        [given.get(item.number)!],
        [`provenance_${item.provenance}`],
        ...(item.sealedTo === null ? [] : [["sealed_to", item.sealedTo] as const]),
      ],
    }));
  }
}

/** When a later card put another key in the place of `logKey`, or null if none did. */
function findReplacedAt(cards: readonly Card[], logKey: Bytes): number | null {
  if (same(cards.at(-1)!.logKey, logKey)) return null;
  const after = cards.filter((card, at) => at > 0 && same(cards[at - 1]!.logKey, logKey) && !same(card.logKey, logKey));
  return after.at(-1)?.signedAt ?? null;
}

const SHORT: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** `text` with what could turn a line round, or cannot be seen, written as escapes. */
function makePlain(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => {
    const code = one.codePointAt(0)!.toString(16);
    return SHORT[one] ?? (code.length < 3 ? `\\x${code.padStart(2, "0")}` : code.length < 5 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`);
  });
}

function parseManifest(data: Bytes, name: string): ReadonlyMap<string, string> {
  const bad = new VerifyError("bag.bad_manifest", name);
  const lines = decodeTextAt(data, name).split("\n");
  if (lines.pop() !== "" || lines.length === 0) throw bad;
  const listed = new Map<string, string>();
  let previous = "";
  for (const line of lines) {
    const found = /^([0-9a-f]{64})  ([^\n]+)$/s.exec(line);
    if (!found || found[2]!.includes("%") || (previous !== "" && compareBytes(found[2]!, previous) <= 0)) throw bad;
    previous = found[2]!;
    listed.set(previous, found[1]!);
  }
  return listed;
}

function decodeTextAt(data: Bytes, name: string): string {
  try {
    return decodeText(data, "bag.bad_manifest");
  } catch {
    throw new VerifyError("bag.bad_manifest", name);
  }
}

function checkListed(there: readonly string[], listed: ReadonlyMap<string, string>, where: string): void {
  const names = new Set(there);
  for (const name of [...listed.keys()].sort(compareBytes)) if (!names.has(name)) throw new VerifyError("bag.missing", name);
  for (const name of there) if (!listed.has(name)) throw new VerifyError("bag.extra", name);
  if (listed.size === 0) throw new VerifyError("bag.bad_manifest", where);
}

/** Check `bag-info.txt` and return its date and organisation. */
function checkInfo(data: Bytes, payload: ReadonlyMap<string, Digest>): { readonly dated: string; readonly organisation: string } {
  const bad = new VerifyError("bag.bad_info", INFO);
  let lines: string[];
  try {
    lines = decodeText(data, "bag.bad_info").split("\n");
  } catch {
    throw bad;
  }
  if (lines.pop() !== "") throw bad;
  const pairs = lines.map((line) => {
    const [name, ...rest] = line.split(": ");
    return [name!, rest.join(": ")] as const;
  });
  if (pairs.map(([name]) => name).join(" ") !== INFO_NAMES) throw bad;
  const values = new Map(pairs);
  const size = [...payload.values()].reduce((sum, one) => sum + one.size, 0);
  if (values.get("Payload-Oxum") !== `${size}.${payload.size}`) throw new VerifyError("bag.wrong_oxum", INFO);
  // eslint-disable-next-line no-control-regex
  if (![...values.values()].every((value) => /^[^\x00-\x1f\x7f]+$/.test(value))) throw bad;
  return { dated: values.get("Bagging-Date")!, organisation: values.get("Source-Organization")! };
}
