import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** The directory into which .ci/install-clients puts its builds. */
const toolsDirectory = resolve(root, ".tools/bin");

/** Only what the installer brings: a client from elsewhere on the machine must not hide a missing one. */
export const toolsPath = [toolsDirectory, "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(":");
