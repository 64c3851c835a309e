const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ends servers that were started here when this process is told to end. The servers lead process groups of their own,
 * which Ctrl-C does not reach. Once they have ended, `use` fails and cleans up; then the process ends too.
 */
export async function stopOnSignal<T>(
  stop: () => Promise<unknown>,
  use: (interrupted: AbortSignal) => Promise<T>,
): Promise<T> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    interruption.abort(new Error("interrupted"));
    void stop();
  };
  for (const signal of SIGNALS) process.once(signal, interrupt);
  try {
    return await use(interruption.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    if (interruption.signal.aborted) process.exit(130);
  }
}
