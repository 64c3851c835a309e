import { z } from "zod";
import { time } from "./schemas.ts";
import { whoamiOutput } from "./whoami.ts";

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
          .meta({ description: "The administrator's address from Cloudflare Access; null: signed in with a token." }),
        may: z.array(z.enum(CONSOLE_RIGHTS)).meta({ description: "What the console offers in this session." }),
        endsAt: time.meta({ description: "When the session ends." }),
      })
      .nullable()
      .meta({ description: "The session; null: nobody is signed in." }),
    refusal: z
      .string()
      .nullable()
      .meta({ description: "Why Cloudflare Access did not sign in the caller; null: it did, or is not used." }),
  })
  .meta({ id: "ConsoleSession" });
