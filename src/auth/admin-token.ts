/** Characters. Unlike other secrets this one is chosen by a person, who may choose one that can be guessed. */
const MIN_LENGTH = 32;

/** Says what is wrong with an ADMIN_TOKEN, and what to do; null: nothing. */
export function adminTokenProblem(adminToken: string): string | null {
  if (adminToken.length >= MIN_LENGTH) return null;
  return `ADMIN_TOKEN has ${adminToken.length} characters, and must have ${MIN_LENGTH} at least: set a longer one, as \`openssl rand -base64 32\` makes it`;
}
