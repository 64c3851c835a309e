import { env } from "cloudflare:workers";
import { modelSettings, type ModelSettings } from "./run-settings.ts";

/** How much this run tries: little with all other tests, more by `npm run test:long`, most by `npm run model`. */
export const SETTINGS: ModelSettings = modelSettings.parse(JSON.parse(env.MODEL_SETTINGS));

/** Milliseconds after which a test is taken for hanging. */
export const TIME_LIMIT = 300_000 * SETTINGS.runs;
