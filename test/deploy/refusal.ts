import type { Account } from "./account.ts";

/** A call, as its handler gets it. */
export interface Request {
  readonly account: Account;
  readonly query: URLSearchParams;
  readonly body: () => Promise<unknown>;
  readonly form: () => Promise<FormData>;
}
/** Answers a call; `parts` stand for the asterisks of its route. */
export type Handler = (request: Request, ...parts: string[]) => unknown;

/** A refusal in the API's envelope. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
