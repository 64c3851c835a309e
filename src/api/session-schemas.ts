import { z } from "zod";
import { time, whoamiOutput } from "./schemas.ts";

/** What the console shows buttons for. */
const CONSOLE_RIGHTS = ["manageInstallation", "manageSpace", "readSpace", "pull", "push", "delete"] as const;

export type ConsoleRight = (typeof CONSOLE_RIGHTS)[number];

export const sessionInput = z.strictObject({
  token: z.string().trim().min(1).max(1000).meta({ description: "A token's secret, or ADMIN_TOKEN; it is not kept." }),
});

export const sessionOutput = z
  .object({
    registry: z.string().meta({ description: "The host that clients log in to." }),
    session: whoamiOutput
      .extend({
        email: z
          .string()
          .nullable()
          .meta({ description: "The administrator whom Cloudflare Access let in; null: a token was used to sign in." }),
        may: z.array(z.enum(CONSOLE_RIGHTS)).meta({ description: "What the console offers to whoever signed in." }),
        endsAt: time.meta({ description: "Then one has to sign in again." }),
      })
      .nullable()
      .meta({ description: "Null: nobody is signed in." }),
    refusal: z
      .string()
      .nullable()
      .meta({ description: "Why whoever comes through Cloudflare Access is not signed in by that; else null." }),
  })
  .meta({ id: "ConsoleSession" });
