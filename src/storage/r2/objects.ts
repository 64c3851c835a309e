import type { ObjectStore } from "../../upkeep/stores.ts";

/** The bucket as collection sees it: all objects, also those that no row points to. */
export function r2Objects(bucket: R2Bucket): ObjectStore {
  return {
    async list(cursor, limit) {
      const page = await bucket.list({ limit, ...(cursor !== null && { cursor }) });
      return {
        objects: page.objects.map(({ key, uploaded }) => ({ key, uploadedAt: uploaded.getTime() })),
        next: page.truncated ? page.cursor : null,
      };
    },

    async delete(keys) {
      await bucket.delete([...keys]);
    },
  };
}
