import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** Where .ci/install-clients puts what it builds. */
const toolsDirectory = resolve(root, ".tools/bin");

/** Only what the installer brings: a client that happens to lie elsewhere must not hide a missing one. */
export const toolsPath = [toolsDirectory, "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(":");
