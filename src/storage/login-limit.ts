/** Asks the platform if one more login may fail; null where nothing is bound. Where the binding fails, nobody is kept out for it. */
export function loginLimit(limiter: RateLimit | undefined): ((network: string) => Promise<boolean>) | null {
  if (limiter === undefined) return null;
  return (key) =>
    limiter.limit({ key }).then(
      ({ success }) => success,
      () => true,
    );
}
