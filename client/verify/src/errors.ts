// SPDX-License-Identifier: Apache-2.0
/** The one error of this page; `spec/policy.md` lists its codes. */
export class VerifyError extends Error {
  constructor(readonly code: string, readonly where = "") {
    super(where ? `${code} (${where})` : code);
  }

  /** The same error with the place where it was found, if it has none yet. */
  at(where: string): VerifyError {
    return this.where ? this : new VerifyError(this.code, where);
  }
}

/** Run `check`; an error of ours is told with `where`. */
export async function placed<T>(where: string, check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    throw error instanceof VerifyError ? error.at(where) : error;
  }
}
