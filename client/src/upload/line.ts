/**
 * Requests over a line that breaks: tries again with growing, jittered pauses.
 *
 * A request that the gate refused for good ends at once with its error; everything else is tried
 * until the caller's patience has passed without one success. By XMLHttpRequest, since Chromium's
 * `fetch` holds a copy of every body until its next collection of garbage, which a video outgrows; what
 * `fetch` would be told is the gate's to say (no-store, no-referrer, no cookies, connect-src 'self').
 * Times in milliseconds.
 */

import { ClientError } from "../errors";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const SHORTEST_WAIT_MS = 30_000;
/** No line that carries a report is slower than this for long, bytes a second. */
const SLOWEST_BYTES_A_SECOND = 1_000;
/** Of a body that goes on where it stopped, a slower line only makes more of it; a silent one is left soon. */
export const SLOWEST_RESUMABLE_BYTES_A_SECOND = 32_000;

export interface LineOptions {
  readonly signal: AbortSignal;
  readonly patienceMs: number;
  /** Told when a pause begins (its length) and when the line works again (null). */
  readonly onPause: (seconds: number | null) => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: Uint8Array;
}

/** What went wrong on the way, or 5xx: worth another try. Never leaves this folder. */
export class LineBroken extends Error {}

export class Line {
  readonly #options: LineOptions;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** One try of one request, given up below `slowest` bytes a second. Throws `LineBroken`, `gate.*` or `send.cancelled`. */
  async once(
    method: string, path: string, headers: Record<string, string> = {}, body: Uint8Array<ArrayBuffer> | null = null,
    slowest = SLOWEST_BYTES_A_SECOND,
  ): Promise<Answer> {
    const { signal } = this.#options;
    if (signal.aborted) throw new ClientError("send.cancelled");
    const request = new XMLHttpRequest();
    const onCancel = (): void => request.abort();
    signal.addEventListener("abort", onCancel);
    try {
      request.open(method, path);
      request.responseType = "arraybuffer";
      request.timeout = SHORTEST_WAIT_MS + ((body?.length ?? 0) / slowest) * 1_000;
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      await new Promise((resolve) => {
        request.onloadend = resolve;
        request.send(body);
      });
      if (signal.aborted) throw new ClientError("send.cancelled");
      checkStatus(request.status);
      return {
        status: request.status,
        headers: { get: (name) => request.getResponseHeader(name) },
        body: new Uint8Array(request.response as ArrayBuffer),
      };
    } finally {
      signal.removeEventListener("abort", onCancel);
    }
  }

  /** Run `attempt` until it does not throw `LineBroken`. Throws `gate.unreachable` in the end. */
  async until<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof LineBroken)) throw error;
      }
      if (performance.now() - startedAt > this.#options.patienceMs) throw new ClientError("gate.unreachable");
      await this.#rest(pause * (0.5 + Math.random() / 2));
    }
  }

  /** `once`, until the line holds. */
  request(method: string, path: string, headers: Record<string, string> = {}, body: Uint8Array<ArrayBuffer> | null = null): Promise<Answer> {
    return this.until(() => this.once(method, path, headers, body));
  }

  /** Pause, shorter if the phone says that the line is back. */
  async #rest(milliseconds: number): Promise<void> {
    const { signal, onPause } = this.#options;
    onPause(Math.ceil(milliseconds / 1_000));
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        removeEventListener("online", done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      addEventListener("online", done);
      signal.addEventListener("abort", done);
    });
    onPause(null);
    if (signal.aborted) throw new ClientError("send.cancelled");
  }
}

function checkStatus(status: number): void {
  // No answer at all: no line, a cut, a timeout.
  if (status === 0) throw new LineBroken();
  if (status === 507) throw new ClientError("gate.full");
  if (status === 413) throw new ClientError("gate.too_large");
  if (status >= 500 || status === 408 || status === 423 || status === 425 || status === 429) throw new LineBroken();
}
