/** Characters. Unlike other secrets this one is chosen by a person, who may choose one that can be guessed. */
const MIN_LENGTH = 32;

/** Says what is wrong with an ADMIN_TOKEN, and what to do; null: nothing. */
export function adminTokenProblem(adminToken: string): string | null {
  if (adminToken.length >= MIN_LENGTH) return null;
  return `ADMIN_TOKEN is too short (${adminToken.length} of at least ${MIN_LENGTH} characters): set a longer one, for example from \`openssl rand -base64 32\``;
}
