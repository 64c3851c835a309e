import type { SpaceCall } from "../call.ts";
import type { Collectable, StoredInRepository } from "../management/storage-report.ts";
import { isoTimeOrNull, listResponse, pageRequest } from "./answer.ts";
import { readQuery } from "./input.ts";
import { pageQuery } from "./schemas.ts";
import { storageQuery } from "./storage-schemas.ts";

export async function getStorage(call: SpaceCall): Promise<Response> {
  const { storage } = call.registry.management;
  const { grant } = call;
  const request = pageRequest(readQuery(storageQuery, call));
  const [total, page] = await Promise.all([
    request.last === null ? storage.total(grant) : null,
    storage.byRepository(grant, request),
  ]);
  return listResponse(page, repositoryView, ({ path }) => path, { total });
}

export async function previewCollection(call: SpaceCall): Promise<Response> {
  const { storage } = call.registry.management;
  const part = await storage.collectable(call.grant, pageRequest(readQuery(pageQuery, call)));
  return Response.json({ items: part.entries.map(collectableView), next: part.next });
}

/** Shows what a space stored, day by day. */
export async function getStorageHistory(call: SpaceCall): Promise<Response> {
  const { storageHistory } = call.registry.management;
  const page = await storageHistory.days(call.grant, pageRequest(readQuery(pageQuery, call)));
  return listResponse(
    page,
    (day) => day,
    ({ day }) => day,
  );
}

function repositoryView({ path, ...stored }: StoredInRepository): object {
  return { name: path, ...stored };
}

function collectableView({ path, digest, bytes, keptUntil }: Collectable): object {
  return { repository: path, digest, bytes, keptUntil: isoTimeOrNull(keptUntil) };
}
