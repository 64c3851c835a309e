import { env } from "cloudflare:workers";
import { modelSettings, type ModelSettings } from "./run-settings.ts";

/** The settings of this run. It tries little together with all other tests, more by `npm run test:long`, most by `npm run model`. */
export const SETTINGS: ModelSettings = modelSettings.parse(JSON.parse(env.MODEL_SETTINGS));

/** Milliseconds after which a test counts as hanging. */
export const TIME_LIMIT = 300_000 * SETTINGS.runs;
