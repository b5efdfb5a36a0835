/** One reporter with one code: sends parts and saves them as files (the API's `ReportSession`). */

import type { Part, Progress, Received, ReportSession, SavedFile, Sending } from "../api";
import { ClientError, hasCode } from "../errors";
import { toHex } from "../protocol/bytes";
import type { VerifiedCard } from "../protocol/card";
import type { MailboxKeys } from "../protocol/receipt-code";
import { buildReceiptFile, receiptFileName, sealedFileName } from "../protocol/receipts";
import { Line } from "./line";
import { saveAsTar } from "./save";
import { SealedPart } from "./sealed-part";
import { Transfer } from "./send";

/** As long as the page is open she decides, not a clock; unfinished uploads die after a day. */
const PATIENCE_MS = 6 * 3_600_000;

type OnProgress = (progress: Progress) => void;
type TellProgress = (progress: Omit<Progress, "retryInSeconds">) => void;

interface Unfinished {
  readonly part: Part;
  readonly sealed: SealedPart;
  readonly transfer: Transfer;
}

export class Session implements ReportSession {
  readonly #card: VerifiedCard;
  readonly #keys: MailboxKeys;
  #lastReportId: string | null;
  #isSending = false;
  #unfinished: Unfinished | null = null;

  constructor(card: VerifiedCard, keys: MailboxKeys, lastReportId: string | null) {
    this.#card = card;
    this.#keys = keys;
    this.#lastReportId = lastReportId;
  }

  get lastReportId(): string | null {
    return this.#lastReportId;
  }

  send(part: Part, onProgress: OnProgress): Sending {
    if (this.#isSending) throw new ClientError("send.in_progress");
    this.#isSending = true;
    const stop = new AbortController();
    const received = this.#transfer(part, onProgress, stop.signal).finally(() => {
      this.#isSending = false;
    });
    return { received, cancel: () => stop.abort() };
  }

  async saveSealedFile(part: Part, onProgress: OnProgress): Promise<SavedFile> {
    const { signal } = new AbortController();
    const sealed = await this.#seal(part, onProgress, signal);
    const totalBytes = sealed.sealedSizes.reduce((total, size) => total + size, 0);
    let doneBytes = 0;
    const blob = await saveAsTar(sealed, {
      signal,
      onSealed: (item, bytes) => {
        doneBytes += bytes;
        onProgress({ phase: "sending", doneBytes, totalBytes, item, secondsLeft: null, retryInSeconds: null });
      },
    });
    return { name: sealedFileName(), blob };
  }

  async #transfer(part: Part, onProgress: OnProgress, signal: AbortSignal): Promise<Received> {
    const { line, tell } = openLine(onProgress, signal);
    const going = await this.#resumeOrSeal(part, { line, tell, onProgress, signal });
    try {
      const { promise, promiseText } = await going.transfer.run();
      this.#lastReportId = promise.reportId;
      this.#unfinished = null;
      return this.#received(going.sealed, promise, promiseText);
    } catch (error) {
      if (hasCode(error, "send.cancelled")) {
        this.#unfinished = null;
        await going.transfer.drop(openLine(() => undefined, new AbortController().signal).line);
      }
      throw error;
    }
  }

  /** The same part again goes on where it stopped, so that no second report comes of it. */
  async #resumeOrSeal(part: Part, { line, tell, onProgress, signal }: {
    line: Line; tell: TellProgress; onProgress: OnProgress; signal: AbortSignal;
  }): Promise<Unfinished> {
    if (this.#unfinished?.part === part) {
      this.#unfinished.transfer.resumeOn(line, tell);
      return this.#unfinished;
    }
    const sealed = await this.#seal(part, onProgress, signal);
    const transfer = new Transfer(sealed, this.#card, { line, onProgress: tell });
    this.#unfinished = { part, sealed, transfer };
    return this.#unfinished;
  }

  #seal(part: Part, onProgress: OnProgress, signal: AbortSignal): Promise<SealedPart> {
    const totalBytes = part.items.reduce((total, { content }) => total + content.size, 0);
    let doneBytes = 0;
    return SealedPart.of(part, { card: this.#card, keys: this.#keys, continues: this.#lastReportId }, {
      signal,
      onRead: (item, bytes) => {
        doneBytes += bytes;
        onProgress({ phase: "reading", doneBytes, totalBytes, item, secondsLeft: null, retryInSeconds: null });
      },
    });
  }

  #received(sealed: SealedPart, promise: { reportId: string; promisedAt: string }, promiseText: string): Received {
    const { reportId, promisedAt } = promise;
    const receipt = buildReceiptFile({
      card: this.#card, commitment: sealed.commitment, mailboxKey: this.#keys.signingKey.publicKey, promise: promiseText, reportId,
    });
    return {
      reportId, promisedAt,
      commitment: toHex(sealed.commitment.value),
      receiptFile: { name: receiptFileName(), blob: new Blob([receipt], { type: "application/json" }) },
    };
  }
}

function openLine(onProgress: OnProgress, signal: AbortSignal): { line: Line; tell: TellProgress } {
  let last: Omit<Progress, "retryInSeconds"> = { phase: "sending", doneBytes: 0, totalBytes: 0, item: null, secondsLeft: null };
  const line = new Line({
    signal,
    patienceMs: PATIENCE_MS,
    onPause: (seconds) => onProgress({ ...last, phase: seconds === null ? last.phase : "waiting", retryInSeconds: seconds }),
  });
  const tell: TellProgress = (progress) => {
    last = progress;
    onProgress({ ...progress, retryInSeconds: null });
  };
  return { line, tell };
}
