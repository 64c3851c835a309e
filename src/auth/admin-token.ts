/**
 * Least number of characters. Unlike other secrets, a person chooses this one, and may choose one that can be guessed.
 */
const MIN_LENGTH = 32;

/** Returns the fault of an ADMIN_TOKEN and its remedy; null: it has none. */
export function adminTokenProblem(adminToken: string): string | null {
  if (adminToken.length >= MIN_LENGTH) return null;
  return `ADMIN_TOKEN is too short (${adminToken.length} of at least ${MIN_LENGTH} characters): set a longer one, for example from \`openssl rand -base64 32\``;
}
