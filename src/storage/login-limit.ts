/**
 * Returns a function that asks the platform if one more login may fail; null: no limit is bound. If the binding fails,
 * the login is allowed.
 */
export function loginLimit(limiter: RateLimit | undefined): ((network: string) => Promise<boolean>) | null {
  if (limiter === undefined) return null;
  return (key) =>
    limiter.limit({ key }).then(
      ({ success }) => success,
      () => true,
    );
}
