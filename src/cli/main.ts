/** The command line's entry point: arguments → command → exit code. */
import { run } from "./run.ts";

process.exitCode = await run(process.argv.slice(2), process);
