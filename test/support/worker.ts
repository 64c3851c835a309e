/** The Worker under test. */
export { default, UploadSession } from "../../src/worker.ts";
