interface Helpful {
  readonly help: boolean;
}

/**
 * Runs a bench as a command. The exit code is the result of `run`, or 2 if the options do not match the help text.
 * @param read reads the options; null if they do not match
 */
export async function runCommand<O extends Helpful>(
  help: string,
  read: (args: readonly string[]) => O | null,
  run: (options: O) => Promise<number>,
): Promise<void> {
  const options = read(process.argv.slice(2));
  if (options === null) {
    console.error(help);
    process.exitCode = 2;
  } else if (options.help) console.log(help);
  else process.exitCode = await run(options);
}
