interface Helpful {
  readonly help: boolean;
}

/**
 * Runs a bench as a command: its exit code is what `run` returns, or 2 where the options are not those of the help text.
 * @param read the options; null where they are others.
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
