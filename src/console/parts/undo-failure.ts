import * as z from "zod";
import { ApiProblem } from "../api/client.ts";

const missingContent = z.object({ missing: z.array(z.string()) });

/** Awaits an undo. If content is missing for it, throws an error that names the content in plain words. */
export async function withMissing<T>(undo: Promise<T>): Promise<T> {
  try {
    return await undo;
  } catch (fault) {
    const { data } = missingContent.safeParse(fault instanceof ApiProblem ? fault.errors : undefined);
    if (data === undefined) throw fault;
    const message = `It needs content that is no longer stored: ${data.missing.join(", ")}. Push it again from where it was built.`;
    throw new Error(message, { cause: fault });
  }
}
